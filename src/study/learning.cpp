#include "study/learning.hpp"

#include <algorithm>

#include "config/samples.hpp"

namespace mg::study {

namespace {

template <class T>
bool contains(const std::vector<T>& list, T item) {
    return std::find(list.begin(), list.end(), item) != list.end();
}

}  // namespace

std::vector<bool> learned_species(const StudyFile& study, const std::vector<std::string>& elements) {
    std::vector<bool> learned;
    for (const std::string& element : elements)
        learned.push_back(study.train.species.empty() || contains(study.train.species, element));
    return learned;
}

int split_of(const StudyFile& study, int sample) {
    if (sample == test_sample_of(study)) return 1;
    const Sample what = samples_of(study)[sample];
    const std::vector<double>& rates = study.train.train_rates;
    if (rates.empty()) return what.is_further_test ? 1 : 0;
    return contains(rates, what.rate_K_per_s) ? 0 : 1;
}

namespace {

void plan_transfer(const StudyFile& study, const std::vector<int>& excluded, const Training& base,
                   std::vector<Training>& plan) {
    const std::vector<Sample> samples = samples_of(study);
    std::vector<double> rates;
    for (int k = 0; k < static_cast<int>(samples.size()); ++k)
        if (!contains(excluded, k) && !contains(rates, samples[k].rate_K_per_s))
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
                if (!contains(set, rate)) {
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
    base.activation = io::word_of(train.activation);
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
        std::vector<Training> networks;
        const auto add = [&](const Training& t) {
            const auto same = [&](const Training& before) {
                return before.hidden == t.hidden && before.activation == t.activation && before.reach == t.reach;
            };
            if (std::none_of(networks.begin(), networks.end(), same)) networks.push_back(t);
        };
        add(base);
        for (const std::vector<int>& hidden : train.grid) {
            Training t = base;
            t.hidden = hidden;
            add(t);
        }
        for (const std::string& activation : train.activations) {
            Training t = base;
            t.activation = activation;
            add(t);
        }
        for (const double reach : train.reach_A) {
            Training t = base;
            t.reach = reach;
            add(t);
        }
        for (Training t : networks) {
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

}  // namespace mg::study
