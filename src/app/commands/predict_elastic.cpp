#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "app/backend.hpp"
#include "app/commands/predict.hpp"
#include "app/commands/structure_names.hpp"
#include "config/words.hpp"
#include "core/agreed_input.hpp"
#include "elastic/prediction.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_writer.hpp"
#include "physics/hessian.hpp"
#include "study/results/elastic_file.hpp"

namespace mg {
namespace {

using ElasticJson = nlohmann::ordered_json;

/// All that can be refused before anything runs, and what is then predicted.
struct ElasticTask {
    ElasticModel model;
    bool cuda = false;
    std::vector<Structure> structures;  ///< their species are the model's
    std::vector<std::string> outputs;   ///< file of each structure
};

ElasticTask prepare_elastic_task(const PredictArguments& a) {
    ElasticTask task;
    task.model = study::read_elastic_model(a.model).model;
    task.cuda = use_cuda(a.backend);
    const ElasticNetwork& n = task.model.network;
    for (const std::string& path : a.structures) {
        task.structures.push_back(in_species_of(n.elements, n.masses, io::read_structure(path, a.elements), path));
        if (a.relax) check_width(path, task.structures.back(), as_potential(n));
    }
    task.outputs = output_names(a.structures, a.output, ".stiffness.xyz");
    return task;
}

template <class Space>
ElasticJson predict_one_elastic(const ElasticTask& task, bool relax, const std::string& path, const Structure& given,
                                const std::string& output) {
    const ElasticNetwork& n = task.model.network;
    const Structure s = relax ? relax_elastic<Space>(n, given) : given;
    std::optional<ElasticPrediction> found;
    try {
        found = predict_elastic<Space>(task.model, s, {});
    } catch (const PhysicsError&) {
        throw PhysicsError(path + ": the elastic network is not stable there",
                           "it knows no such structure, or the structure is not at rest",
                           relax ? "use a model that was trained on structures like this one"
                                 : "minimise it, or let the network do so with --relax");
    }
    const ElasticPrediction& p = *found;
    std::vector<long> novel;
    for (const double x : p.novelty) novel.push_back(x > 1 ? 1 : 0);
    const long flagged = std::count(novel.begin(), novel.end(), 1);
    ElasticJson j;
    j["structure"] = path;
    j["atoms"] = s.size();
    add_mean(s, {}, p.stiffness, j);
    j["mean_standard_deviation_eV_per_A2"] = mean_over(s, p.deviation);
    j["mean_gruneisen"] = mean_over(s, p.gruneisen);
    j["scheme"] = io::word_of(p.scheme);
    j["relative_error_of_inversion"] = p.error;
    j["mean_force_eV_per_A"] = mean_over(s, p.force);
    j["mean_force_in_training_eV_per_A"] = task.model.calibration.force_rms;
    j["out_of_distribution_atoms"] = flagged;
    j["output"] = output;
    if (flagged * 100 > s.size())
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: {} of {} atoms are unlike those that the network was trained on (forces, "
            "virials or "
            "bonds are beyond them); their values are guesses{}\n",
            path, flagged, s.size(), relax ? "" : "; a structure that is not at rest needs --relax");
    std::vector<double> low(p.stiffness), high(p.stiffness), anisotropy;
    for (int i = 0; i < s.size(); ++i) {
        low[i] -= p.interval_90[i];
        high[i] += p.interval_90[i];
        anisotropy.push_back(fractional_anisotropy(p.compliance[i]));
    }
    // The atoms stay where the file has them, as for the other kind of model.
    Structure shown = given;
    shown.velocity.clear();
    const std::string xyz = io::xyz_text(output, shown,
                                         {{"stiffness", 1, p.stiffness},
                                          {"standard_deviation", 1, p.deviation},
                                          {"stiffness_low", 1, low},
                                          {"stiffness_high", 1, high},
                                          {"anisotropy", 1, anisotropy},
                                          {"gruneisen", 1, p.gruneisen},
                                          {"novelty", 1, p.novelty},
                                          {"out_of_distribution", 1, {}, novel}},
                                         "stiffness_unit=eV/A^2 interval=90%");
    return {{"summary", j}, {"xyz", xyz}};
}

}  // namespace

void predict_with_elastic_network(Comm& world, const PredictArguments& a) {
    ElasticTask task;
    agreed_input(world, [&] { task = prepare_elastic_task(a); });
    const std::vector<ElasticJson> parts = deal_out_structures(world, a.structures.size(), [&](std::size_t k) {
        ElasticJson part;
        with_space(task.cuda, [&](auto space) {
            part = predict_one_elastic<decltype(space)>(task, a.relax, a.structures[k], task.structures[k],
                                                        task.outputs[k]);
        });
        return part;
    });
    if (world.rank() != 0) return;
    ElasticJson result;
    result["model"] = a.model;
    result["kind"] = "elastic";
    result["relaxed"] = a.relax;
    result["structures"] = write_structures(parts);
    std::cout << result.dump(2) << '\n';
}

}  // namespace mg
