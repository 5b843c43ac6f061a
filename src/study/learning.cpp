#include "study/learning.hpp"

#include <algorithm>

namespace mg {

int split_of(const StudyFile& study, int sample) {
    if (sample == test_sample_of(study)) return 1;
    const Sample what = samples_of(study)[sample];
    const std::vector<double>& rates = study.train.train_rates;
    if (rates.empty()) return what.is_further_test ? 1 : 0;
    return std::find(rates.begin(), rates.end(), what.rate_K_per_s) != rates.end() ? 0 : 1;
}

namespace {

bool contains(const std::vector<int>& list, int k) { return std::find(list.begin(), list.end(), k) != list.end(); }

void plan_transfer(const StudyFile& study, const std::vector<int>& excluded, const Training& base,
                   std::vector<Training>& plan) {
    const std::vector<Sample> samples = samples_of(study);
    std::vector<double> rates;
    for (int k = 0; k < static_cast<int>(samples.size()); ++k)
        if (!contains(excluded, k) && std::find(rates.begin(), rates.end(), samples[k].rate_K_per_s) == rates.end())
            rates.push_back(samples[k].rate_K_per_s);
    if (rates.size() < 2) return;
    const auto at = [&](double rate) {
        std::vector<int> of_rate;
        for (int k = 0; k < static_cast<int>(samples.size()); ++k)
            if (!contains(excluded, k) && samples[k].rate_K_per_s == rate) of_rate.push_back(k);
        return of_rate;
    };
    std::vector<std::vector<double>> sets;
    for (const double rate : rates) sets.push_back({rate});
    sets.push_back(rates);
    for (std::size_t out = 0; rates.size() > 2 && out < rates.size(); ++out) {
        sets.push_back(rates);
        sets.back().erase(sets.back().begin() + static_cast<std::ptrdiff_t>(out));
    }
    for (const std::vector<double>& set : sets) {
        std::size_t turns = 1;
        for (const double rate : set) turns = std::max(turns, at(rate).size());
        for (std::size_t turn = 0; turn < turns; ++turn) {
            Training t = base;
            t.purpose = TrainingPurpose::transfer;
            t.rates = set;
            for (const double rate : rates) {
                const std::vector<int> of_rate = at(rate);
                if (std::find(set.begin(), set.end(), rate) == set.end()) {
                    t.tests.insert(t.tests.end(), of_rate.begin(), of_rate.end());
                    continue;
                }
                for (std::size_t k = 0; k < of_rate.size(); ++k)
                    (of_rate.size() > 1 && k == turn % of_rate.size() ? t.tests : t.samples).push_back(of_rate[k]);
            }
            std::sort(t.samples.begin(), t.samples.end());
            std::sort(t.tests.begin(), t.tests.end());
            plan.push_back(t);
        }
    }
}

}  // namespace

std::vector<Training> plan_trainings(const StudyFile& study, const std::vector<int>& excluded) {
    const StudyFile::Train& train = study.train;
    const int all = static_cast<int>(samples_of(study).size()), test = test_sample_of(study);
    Training base;
    base.hidden = train.hidden;
    base.activation = train.activation;
    base.seed = study.study.seed;
    std::vector<int> pool;
    for (int k = 0; k < all; ++k)
        if (split_of(study, k) == 0 && !contains(excluded, k)) pool.push_back(k);

    std::vector<Training> plan;
    for (int k = 0; k < train.seeds; ++k) {
        Training t = base;
        t.samples = pool;
        t.seed += static_cast<std::uint64_t>(k);
        plan.push_back(t);
    }
    if (train.folds >= 2) {
        std::vector<Training> networks{base};
        for (const std::vector<int>& hidden : train.grid) {
            networks.push_back(base);
            networks.back().hidden = hidden;
        }
        for (const std::string& activation : train.activations) {
            networks.push_back(base);
            networks.back().activation = activation;
        }
        for (const double reach : train.reach_A) {
            networks.push_back(base);
            networks.back().reach = reach;
        }
        const auto same = [](const Training& a, const Training& b) {
            return a.hidden == b.hidden && a.activation == b.activation && a.reach == b.reach;
        };
        for (std::size_t k = 0; k < networks.size(); ++k) {
            Training t = networks[k];
            if (std::any_of(networks.begin(), networks.begin() + static_cast<std::ptrdiff_t>(k),
                            [&](const Training& before) { return same(before, t); }))
                continue;
            t.purpose = TrainingPurpose::fold;
            t.samples = pool;
            t.folds = pool.size() < 2 ? train.folds : std::min(train.folds, static_cast<int>(pool.size()));
            for (t.fold = 0; t.fold < t.folds; ++t.fold) plan.push_back(t);
        }
    }
    if (train.rotate) {
        std::vector<int> ring = pool;
        ring.push_back(test);
        for (const int held_out : pool) {
            Training t = base;
            t.purpose = TrainingPurpose::rotation;
            for (const int k : ring)
                if (k != held_out) t.samples.push_back(k);
            std::sort(t.samples.begin(), t.samples.end());
            t.tests = {held_out};
            plan.push_back(t);
        }
    }
    if (train.transfer) plan_transfer(study, excluded, base, plan);
    return plan;
}

}  // namespace mg
