#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "app/backend.hpp"
#include "app/commands/each.hpp"
#include "app/commands/predict.hpp"
#include "app/commands/structure_names.hpp"
#include "app/commands/warnings.hpp"
#include "core/agreed_input.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "io/text.hpp"
#include "io/xyz_writer.hpp"
#include "md/dynamics.hpp"
#include "study/inputs.hpp"
#include "study/model_file.hpp"
#include "study/results/elastic_file.hpp"

namespace mg {

Structure in_species_of(const std::vector<std::string>& elements, const std::vector<double>& masses, Structure s,
                        const std::string& path) {
    std::vector<int> index;
    for (const std::string& name : s.elements) {
        const auto at = std::find(elements.begin(), elements.end(), name);
        index.push_back(at == elements.end() ? -1 : static_cast<int>(at - elements.begin()));
    }
    std::set<std::string> unknown;
    for (int& t : s.species) {
        if (index.at(t) < 0) unknown.insert(s.elements[t]);
        t = index[t];
    }
    if (!unknown.empty())
        throw InputError(path + ": the model does not know " + io::comma_separated({unknown.begin(), unknown.end()}),
                         "it was trained on " + io::comma_separated(elements),
                         "use a model that was trained on all species of the structure");
    s.elements = elements;
    s.masses = masses;
    return s;
}

namespace {

using Json = nlohmann::ordered_json;

/// [eV] per atom: 3/2 k_B T at 2,000 K, where an atom of a solid has at most as much of potential energy.
constexpr double most_released = 0.26;

struct Predicted {
    Json summary;
    std::string xyz;
};

template <class Space>
Predicted predict_one(const study::ModelFile& model, const EamPotential* potential, const std::string& path,
                      const Structure& given, const std::string& output) {
    Predicted result;
    Json& j = result.summary;
    j["structure"] = path;
    j["atoms"] = given.size();
    Structure s = given;
    if (potential) {
        s.velocity.clear();
        Dynamics<Space> d(make_batch<Space>({s}, potential->elements, potential->masses), *potential, Precision::full,
                          choose_skin(smallest_width(s.box), potential->cutoff));
        const double before = to_host(d.batch().potential_energy)[0];
        const FireState state = d.minimize(FireOptions{}).at(0);
        if (!state.converged)
            std::cerr << fmt::format("mgstiff-gpu: warning: {}: minimised to a largest force of {:.1e} eV/A only\n",
                                     path, state.force_max);
        s.position = d.structures().at(0).position;
        j["energy_eV_per_atom"] = before / s.size();
        const double after = to_host(d.batch().potential_energy)[0];
        j["minimised_energy_eV_per_atom"] = after / s.size();
        if ((before - after) / s.size() > most_released)
            std::cerr << fmt::format(
                "mgstiff-gpu: warning: {}: its minimisation releases {:.2f} eV per atom, more than any heat of a "
                "solid: "
                "are the elements in their order ({}), and the units those of LAMMPS's metal?\n",
                path, (before - after) / s.size(), fmt::join(model.elements, ", "));
    }
    const auto inputs = study::compute_inputs<Space>(s, model, model.elements, model.masses);
    if (inputs->relaxed)
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: not stable under the elastic network that the model reads, which relaxed it\n",
            path);
    const double volume = s.box.volume / s.size();
    const study::Prediction p =
        study::predict_atoms(Space{}, model, {inputs->values, s.species, inputs->around, volume});

    std::vector<long> novel;
    for (const double x : p.novelty) novel.push_back(x > 1 ? 1 : 0);
    const long flagged = std::count(novel.begin(), novel.end(), 1);
    const auto& [property, unit] = model.property;
    add_mean(s, model.property, p.value, j);
    j["mean_standard_deviation" + key_of_unit(unit)] = mean_over(s, p.deviation);
    j["out_of_distribution_atoms"] = flagged;
    j["output"] = output;
    if (study::composition_novelty(model, s.species) > 1)
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: the model was trained on no such alloy; all atoms are flagged, and their values "
            "are guesses\n",
            path);
    else if (model.known.novelty_of_volume(volume) > 1)
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: {:.2f} A^3 per atom, where the model was trained on {:.2f} to {:.2f}: stretched "
            "or "
            "compressed, or in other units; all atoms are flagged, and their values are guesses\n",
            path, volume, model.known.least_volume, model.known.largest_volume);
    else if (flagged * 100 > s.size())
        std::cerr << fmt::format(
            "mgstiff-gpu: warning: {}: {} of {} atoms resemble none that the model was trained on (a thousandth of "
            "those it was trained on is flagged); their values are guesses\n",
            path, flagged, s.size());

    // The atoms stay where the file has them: what was minimised served the descriptors.
    std::vector<double> low(p.value), high(p.value);
    for (int i = 0; i < s.size(); ++i) {
        low[i] -= p.interval_90[i];
        high[i] += p.interval_90[i];
    }
    Structure shown = given;
    shown.velocity.clear();
    std::vector<io::XyzColumn> columns{{property, 1, p.value}, {"standard_deviation", 1, p.deviation}};
    if (model.errors.calibrated()) {
        columns.push_back({property + "_low", 1, low});
        columns.push_back({property + "_high", 1, high});
    }
    columns.push_back({"novelty", 1, p.novelty});
    columns.push_back({"out_of_distribution", 1, {}, novel});
    for (io::XyzColumn& column : columns) column.has_gaps = !model.learned.empty();
    // In a unit of the user's own a comma or a bracket would make an array of it where no quotes stand around it.
    result.xyz = io::xyz_text(output, shown, columns, property + "_unit=\"" + unit + "\" interval=90%");
    return result;
}

/// All that can be refused before anything runs, and what is then predicted.
struct Task {
    study::ModelFile model;
    bool cuda = false, minimise = false;
    EamPotential potential;             ///< where structures are minimised
    std::vector<Structure> structures;  ///< their species are the model's
    std::vector<std::string> outputs;   ///< file of each structure
};

/// Throws InputError for a model, structures and outputs that do not go together.
Task prepare(const PredictArguments& a) {
    Task task;
    if (a.relax)
        throw InputError(a.model + " has no laws of force", "--relax is for models of elastic networks",
                         "leave it out: the structure is minimised with the potential that the model carries");
    task.model = study::read_model(a.model);
    task.minimise = !a.no_minimise && task.model.positions == "inherent";
    if (task.minimise) {
        const std::vector<unsigned char>& bytes = task.model.potential_bytes;
        if (bytes.empty())
            throw InputError(a.model + " has no potential",
                             "it was trained on minimised structures, and yours is to be minimised alike",
                             "minimise the structure yourself and use --no-minimise");
        task.potential = io::parse_potential(a.model + ": " + task.model.potential_name, {bytes.begin(), bytes.end()},
                                             task.model.elements);
    }
    task.cuda = use_cuda(a.backend);
    for (const std::string& path : a.structures) {
        task.structures.push_back(
            in_species_of(task.model.elements, task.model.masses, io::read_structure(path, a.elements), path));
        if (task.minimise) check_width(path, task.structures.back(), task.potential);
    }
    task.outputs = output_names(a.structures, a.output, "." + task.model.property.name + ".xyz");
    return task;
}

/// What the user should know of the model's positions.
void say_notes(const study::ModelFile& model, bool no_minimise) {
    if (model.positions == "inherent" && no_minimise)
        std::cerr << "mgstiff-gpu: note: the model was trained on minimised structures; on others its values are "
                     "rougher\n";
    if (model.positions != "inherent")
        std::cerr << "mgstiff-gpu: note: the model was trained on "
                  << (model.positions == "mean" ? "time-averaged" : "instantaneous")
                  << " positions; the structure is taken as such, and is not minimised\n";
}

/// Writes the files and says the summaries; `parts` are in the order of the structures.
void write_results(const PredictArguments& a, const Task& task, const std::vector<Json>& parts) {
    Json result;
    result["model"] = a.model;
    result["networks"] = task.model.ensemble.size();
    result["descriptor"] = task.model.descriptor.kind;
    result["elastic_features"] = task.model.elastic.has_value();
    result["averages_over_neighbours"] = task.model.averages;
    if (!task.model.learned.empty()) result["predicted_species"] = task.model.learned;
    result["positions"] = task.model.positions;
    result["minimised"] = task.minimise;
    result["structures"] = write_structures(parts);
    std::cout << result.dump(2) << '\n';
}

void predict_structures(Comm& world, const PredictArguments& a) {
    bool elastic = false;
    agreed_input(world, [&] { elastic = study::is_elastic_model(a.model); });
    if (elastic) return predict_with_elastic_network(world, a);
    Task task;
    agreed_input(world, [&] { task = prepare(a); });
    say_warnings(world, task.potential);
    if (world.rank() == 0) say_notes(task.model, a.no_minimise);

    const std::vector<Json> parts = deal_out_structures(world, a.structures.size(), [&](std::size_t k) {
        Json part;
        with_space(task.cuda, [&](auto space) {
            using Space = decltype(space);
            const Predicted p = predict_one<Space>(task.model, task.minimise ? &task.potential : nullptr,
                                                   a.structures[k], task.structures[k], task.outputs[k]);
            part = {{"summary", p.summary}, {"xyz", p.xyz}};
        });
        return part;
    });
    if (world.rank() != 0) return;
    write_results(a, task, parts);
}

}  // namespace

void add_predict(CLI::App& app, Comm& world) {
    const auto a = std::make_shared<PredictArguments>();
    CLI::App* command = app.add_subcommand("predict", "stiffness of every atom of a structure, from a trained model");
    command->add_option("model", a->model, "model.h5 or elastic_model.h5 of a study")->required();
    command->add_option("structures", a->structures, "LAMMPS data or dump, or extended XYZ")->required();
    command->add_option("--elements", a->elements, "elements of types 1, 2, ..., e.g. Cu,Zr")
        ->delimiter(',')
        ->allow_extra_args(false);
    command->add_flag("--no-minimise,--no-minimize", a->no_minimise,
                      "take the positions as they are: they are those of an inherent structure");
    command->add_flag("--relax", a->relax, "of an elastic network: bring the atoms to rest under its own laws first");
    command->add_option("--backend", a->backend, "auto, host or cuda")->check(CLI::IsMember({"auto", "host", "cuda"}));
    command->add_option(
        "--out", a->output,
        "extended XYZ for all structures, as frames, or a folder; without it each gets NAME.stiffness.xyz here");
    command->callback([a, &world] { predict_structures(world, *a); });
}

}  // namespace mg
