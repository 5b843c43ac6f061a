#include "study/evaluation.hpp"
#include "config/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "nn/metrics.hpp"
#include "ops/coarse_grain.hpp"

namespace mg::study {
namespace {

using nlohmann::json;

json to_json(const Metrics& m, const std::vector<std::string>& elements) {
    json species = json::object();
    for (std::size_t k = 0; k < m.species.size(); ++k)
        if (m.species[k].atoms > 0) species[elements[k]] = m.species[k].pearson;
    return {{"atoms", m.all.atoms},
            {"R", m.all.pearson},
            {"spearman", m.all.spearman},
            {"rmse", m.all.rmse},
            {"mae", m.all.mae},
            {"bias", m.all.bias},
            {"slope", m.all.slope},
            {"R_species", species},
            {"atoms_per_bin", m.by_real.atoms_per_bin},
            {"R_bins_real", m.by_real.pearson},
            {"slope_bins_real", m.by_real.slope},
            {"R_bins_pre", m.by_predicted.pearson},
            {"slope_bins_pre", m.by_predicted.slope}};
}

/// Agreement of a training with its test, which is `test`.
json tested(const LearningData& data, const Dataset& test, const std::vector<double>& predicted) {
    json j = to_json(evaluate(test.target, predicted, test.species, test.species_count, data.study.report.bin_atoms),
                     data.elements);
    j["mean_real"] = mean(test.target);
    j["mean_predicted"] = mean(predicted);
    return j;
}

/// Mean of some numbers of several objects, and its standard error under the name with _error, null where there is
/// one alone. Objects with the same "sample" count once, with their mean: networks differ less than glasses.
json averaged(const json& list, const std::vector<std::string>& names) {
    json j = json::object();
    for (const std::string& name : names) {
        std::map<std::size_t, std::vector<double>> by_sample;
        for (std::size_t k = 0; k < list.size(); ++k)
            by_sample[list[k].contains("sample") ? list[k]["sample"].get<std::size_t>() : k].push_back(
                list[k].at(name).get<double>());
        std::vector<double> values;
        for (const auto& [sample, of_sample] : by_sample) values.push_back(mean(of_sample));
        const MeanError m = mean_and_error(values);
        j[name] = m.mean;
        j[name + "_error"] = values.size() > 1 ? json(m.error) : json();
        j["independent"] = values.size();
    }
    j["trainings"] = list.size();
    return j;
}

const std::vector<std::string> averaged_names{"R", "rmse", "slope", "bias", "R_bins_real"};

/// A row per network that was cross-validated.
json cross_validation(const LearningData& data, const HeldOutPrediction& held_out) {
    json folds = json::array(), networks = json::array();
    for (std::size_t task = 0; task < data.plan.size(); ++task) {
        const Training& t = data.plan[task];
        if (t.purpose != TrainingPurpose::fold) continue;
        const Dataset all = data.of(t.samples);
        const std::vector<int> fold = assign_folds(all, t.folds, t.seed);
        folds.push_back(tested(data, inside_fold(all, fold, t.fold), held_out(task, 0)));
        if (static_cast<int>(folds.size()) < t.folds) continue;
        json network = averaged(folds, averaged_names), by_fold = json::array();
        for (const json& j : folds) by_fold.push_back(j.at("R"));
        network["R_by_fold"] = by_fold;
        network["hidden"] = t.hidden;
        network["activation"] = t.activation;
        network["reach_A"] = t.reach > 0 ? t.reach : data.study.descriptors.r_max_A;
        networks.push_back(network);
        folds = json::array();
    }
    return networks;
}

/// An object per training of that purpose and sample that it was tested on.
json tests_of(const LearningData& data, TrainingPurpose purpose, const HeldOutPrediction& held_out) {
    json list = json::array();
    for (std::size_t task = 0; task < data.plan.size(); ++task) {
        const Training& t = data.plan[task];
        if (t.purpose != purpose) continue;
        for (std::size_t k = 0; k < t.tests.size(); ++k) {
            json j = tested(data, data.of({t.tests[k]}), held_out(task, k));
            j["sample"] = t.tests[k];
            j["rate_K_per_s"] = data.samples[t.tests[k]].rate_K_per_s;
            j["reliability"] = data.labelled.at(t.tests[k]).last_reliability();
            if (purpose == TrainingPurpose::transfer) j["train_rates_K_per_s"] = t.rates;
            list.push_back(j);
        }
    }
    return list;
}

/// A row per pair of rates trained at and rate tested at.
json transfer_table(const json& tests) {
    json table = json::array();
    std::vector<std::pair<json, json>> done;
    for (const json& j : tests) {
        const std::pair<json, json> key{j["train_rates_K_per_s"], j["rate_K_per_s"]};
        if (std::find(done.begin(), done.end(), key) != done.end()) continue;
        done.push_back(key);
        json same = json::array();
        for (const json& other : tests)
            if (other["train_rates_K_per_s"] == key.first && other["rate_K_per_s"] == key.second) same.push_back(other);
        json row = averaged(same, {"R", "rmse", "slope", "bias", "R_bins_real", "mean_real", "mean_predicted"});
        row["train_rates_K_per_s"] = key.first;
        row["test_rate_K_per_s"] = key.second;
        table.push_back(row);
    }
    return table;
}

/// What the atoms of a split add up to.
struct SplitSums {
    std::vector<double> real, predicted, real_grained, predicted_grained, reliability, covered;
    std::vector<int> species;
};

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
    to.insert(to.end(), from.begin(), from.end());
}

template <class T>
std::vector<T> chosen(const std::vector<T>& of, const std::vector<int>& which) {
    std::vector<T> values;
    for (const int i : which) values.push_back(of.at(i));
    return values;
}

json split_metrics(const LearningData& data, const SplitSums& s, bool calibrated, const std::string& name,
                   const std::function<void(const std::string&)>& say) {
    const StudyFile::Report& report = data.study.report;
    const Metrics m =
        evaluate(s.real, s.predicted, s.species, static_cast<int>(data.elements.size()), report.bin_atoms);
    json j = to_json(m, data.elements);
    j["R_coarse_grained"] = pearson(s.real_grained, s.predicted_grained);
    j["coarse_grain_A"] = report.coarse_grain_A;
    j["reliability"] = mean(s.reliability);
    if (calibrated) j["coverage_90"] = mean(s.covered);
    const double reliability = mean(s.reliability);
    say(fmt::format("{}: R {:.3f} over {} atoms{}, slope {:.3f}, rmse {:.4f} {}, bins of {} R {:.3f}, {} A R {:.3f}",
                    name, m.all.pearson, m.all.atoms,
                    std::isfinite(reliability) ? fmt::format(" (labels' own reliability {:.3f})", reliability) : "",
                    m.all.slope, m.all.rmse, data.study.train.label.unit, report.bin_atoms, m.by_real.pearson,
                    report.coarse_grain_A, j["R_coarse_grained"].get<double>()));
    return j;
}

}  // namespace

std::vector<int> Labelled::known() const {
    std::vector<int> atoms;
    for (std::size_t i = 0; i < target.size(); ++i)
        if (std::isfinite(target[i])) atoms.push_back(static_cast<int>(i));
    return atoms;
}

double Labelled::last_reliability() const {
    return reliability.empty() ? std::numeric_limits<double>::quiet_NaN() : reliability.back();
}

Dataset LearningData::of(const std::vector<int>& chosen) const {
    Dataset data;
    data.species_count = static_cast<int>(elements.size());
    for (const int k : chosen) {
        const Labelled& l = labelled.at(k);
        const std::size_t width = l.features.size() / l.target.size();
        data.features_per_atom = static_cast<int>(width);
        for (const int i : l.known()) {
            const auto row = l.features.begin() + static_cast<std::ptrdiff_t>(i * width);
            data.features.insert(data.features.end(), row, row + static_cast<std::ptrdiff_t>(width));
            data.target.push_back(l.target[i]);
            data.species.push_back(l.species[i]);
            data.group.push_back(k);
        }
    }
    return data;
}

bool LearningData::is_excluded(int sample) const {
    return std::find(excluded.begin(), excluded.end(), sample) != excluded.end();
}

int LearningData::split_of(int sample) const {
    return is_excluded(sample) ? excluded_split : study::split_of(study, sample);
}

ErrorModel calibrated_errors(const LearningData& data, const std::vector<Model>& ensemble, const TrainOptions& options,
                             const HeldOutPrediction& held_out, const NetworkPrediction& predict) {
    std::vector<double> real, predicted;
    std::vector<int> species;
    const auto add = [&](const Dataset& unseen, const std::vector<double>& p) {
        append(real, unseen.target);
        append(predicted, p);
        append(species, unseen.species);
    };
    int folds = 0;
    for (std::size_t task = 0; task < data.plan.size(); ++task) {
        const Training& t = data.plan[task];
        if (t.purpose != TrainingPurpose::fold) continue;  // the first folds are those of the network itself
        if (folds == t.folds) break;
        ++folds;
        const Dataset all = data.of(t.samples);
        add(inside_fold(all, assign_folds(all, t.folds, t.seed), t.fold), held_out(task, 0));
    }
    for (std::size_t k = 0; folds == 0 && k < ensemble.size(); ++k) {
        TrainOptions o = options;
        o.seed = data.plan[k].seed;
        const Dataset all = data.of(data.plan[k].samples);
        const Dataset unseen = select_rows(all, validation_rows(all.size(), o));
        add(unseen, predict(ensemble[k], unseen.features));
    }
    if (real.size() < 10) return {};
    return calibrate_errors(real, predicted, species, static_cast<int>(data.elements.size()));
}

json ensemble_metrics(const LearningData& data, const std::vector<Prediction>& predictions, bool calibrated,
                      const std::function<Structure(int sample)>& inherent,
                      const std::function<void(const std::string&)>& say) {
    const StudyFile::Report& report = data.study.report;
    json metrics = json::object(), by_sample = json::array();
    std::map<int, SplitSums> splits;
    for (int k = 0; k < static_cast<int>(data.samples.size()); ++k) {
        const Labelled& l = data.labelled[k];
        const Prediction& p = predictions[k];
        const std::vector<int> known = l.known();
        const std::vector<double> real = chosen(l.target, known), predicted = chosen(p.value, known);
        const std::vector<int> species = chosen(l.species, known);
        std::vector<double> covered;
        for (const int i : known) covered.push_back(std::abs(l.target[i] - p.value[i]) <= p.interval_90[i] ? 1.0 : 0.0);
        const int split = data.split_of(k);
        json j = to_json(evaluate(real, predicted, species, static_cast<int>(data.elements.size()), report.bin_atoms),
                         data.elements);
        j["sample"] = k;
        j["rate_K_per_s"] = data.samples[k].rate_K_per_s;
        j["split"] = split == excluded_split ? "excluded" : split == 0 ? "train" : "test";
        j["reliability"] = l.last_reliability();
        if (calibrated) j["coverage_90"] = mean(covered);
        j["novel_atoms"] = std::count_if(p.novelty.begin(), p.novelty.end(), [](double x) { return x > 1; });
        by_sample.push_back(j);
        // Other cooling rates stand in by_sample alone.
        if (split == excluded_split || data.samples[k].is_further_test) continue;
        Structure structure = inherent(k);
        structure.position = chosen(structure.position, known);  // spheres count the atoms with a label
        structure.species = species;
        SplitSums& s = splits[split];
        append(s.real, real);
        append(s.predicted, predicted);
        append(s.covered, covered);
        append(s.real_grained, coarse_grain(structure, real, report.coarse_grain_A));
        append(s.predicted_grained, coarse_grain(structure, predicted, report.coarse_grain_A));
        append(s.species, species);
        s.reliability.push_back(l.last_reliability());
    }
    for (const auto& [split, sums] : splits) {
        const std::string name = split == 0 ? "train" : "test";
        metrics[name] = split_metrics(data, sums, calibrated, name, say);
    }
    metrics["by_sample"] = by_sample;
    return metrics;
}

void add_held_out_metrics(json& metrics, const LearningData& data, const Model& first_member,
                          const HeldOutPrediction& held_out, const NetworkPrediction& predict) {
    const json networks = cross_validation(data, held_out);
    if (!networks.empty()) metrics["cross_validation"] = networks;
    json rotation = tests_of(data, TrainingPurpose::rotation, held_out);
    if (!rotation.empty()) {
        // The first network of the ensemble is the one whose turn holds the test sample out.
        const int test = test_sample_of(data.study);
        const Dataset unseen = data.of({test});
        json j = tested(data, unseen, predict(first_member, unseen.features));
        j["sample"] = test;
        j["rate_K_per_s"] = data.samples[test].rate_K_per_s;
        rotation.push_back(j);
        metrics["rotation"] = averaged(rotation, averaged_names);
        metrics["rotation"]["by_sample"] = rotation;
    }
    const json transfer = tests_of(data, TrainingPurpose::transfer, held_out);
    if (!transfer.empty()) metrics["transfer"] = {{"table", transfer_table(transfer)}, {"trainings", transfer}};
}

}  // namespace mg::study
