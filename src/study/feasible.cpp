#include "study/feasible.hpp"
#include "config/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "elastic/features.hpp"
#include "io/structure_reader.hpp"
#include "io/text.hpp"
#include "study/learning.hpp"
#include "study/results/elastic_file.hpp"
#include "study/start.hpp"

namespace mg::study {
namespace {

void check_boxes(const StudyFile& study, const EamPotential& potential) {
    const double needed = 2 * (potential.cutoff + *study.compute.skin_A);
    const auto too_small = [&](const std::string& what, double width, const std::string& remedy) {
        throw InputError(what + " is too small",
                         fmt::format("its smallest perpendicular width is {:.3f} A and must be {:.3f} A = 2 (cutoff {} "
                                     "+ skin {}) at least",
                                     width, needed, potential.cutoff, *study.compute.skin_A),
                         remedy);
    };
    if (study.quenches()) {
        const double width = smallest_width(start_lattice_of(study, potential, 0).box);
        const auto cells = fcc_cells(study.system.atoms);
        const double edge = width / *std::min_element(cells->begin(), cells->end());
        const long n = std::lround(std::ceil(needed / (quench_shrinkage * edge)));
        if (width < needed)
            too_small(fmt::format("a box of {} atoms", study.system.atoms), width,
                      fmt::format("use system.atoms = {} or more", 4 * n * n * n));
    } else {
        for (const std::string& path : study.system.structures) {
            const double width = smallest_width(io::read_structure(path, potential.elements).box);
            if (width < needed) too_small(path + ": the box", width, "repeat the structure along its short edges");
        }
    }
}

/// That the study has the elements whose atoms alone are to be learned from.
void check_species(const StudyFile& study, const EamPotential& potential) {
    for (const std::string& element : study.train.species)
        if (std::find(potential.elements.begin(), potential.elements.end(), element) == potential.elements.end())
            throw InputError(fmt::format("train.species names {}, which the study has not", io::shown(element)),
                             "its elements are " + io::comma_separated(potential.elements),
                             "choose among these, or remove train.species to learn from all atoms");
}

/// In every structure there are some, not all alike.
void check_own_labels(const StudyFile& study, const EamPotential& potential) {
    constexpr std::size_t fewest = 10;
    for (const std::string& path : study.system.structures) {
        const std::vector<double> all = io::read_property(path, study.train.label.name);
        const Structure s = io::read_structure(path, potential.elements);
        const std::vector<bool> learned = learned_species(study, s.elements);
        std::vector<double> known;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (std::isfinite(all[i]) && learned[s.species[i]]) known.push_back(all[i]);
        if (known.size() < fewest)
            throw InputError(fmt::format("{}: {} atoms have a {}", path, known.size(), study.train.label.name),
                             fmt::format("every sample has {} at least, to learn from or to test with", fewest),
                             "leave the structure out of system.structures");
        const auto [low, high] = std::minmax_element(known.begin(), known.end());
        if (*low == *high)
            throw InputError(fmt::format("{}: {} is {:g} for all atoms", path, study.train.label.name, *low),
                             "there is nothing to learn from it", "leave the structure out of system.structures");
    }
}

void check_training(const StudyFile& study, const EamPotential& potential) {
    const double width = expected_width(study, potential);
    if (study.report.coarse_grain_A > 0.5 * width)
        throw InputError(fmt::format("report.coarse_grain_A = {} is too long", study.report.coarse_grain_A),
                         fmt::format("half the smallest width of a sample is about {:.1f} A", 0.5 * width),
                         "use a shorter one, or more atoms");
    check_species(study, potential);
    if (!study.train.label.is_stiffness()) check_own_labels(study, potential);
    for (int k = 0; k < static_cast<int>(samples_of(study).size()); ++k)
        if (split_of(study, k) == 0) return;
    throw InputError(
        "no sample is left to train on",
        study.train.train_rates.empty() ? "the only one is the test sample" : "train.train_rates has the rate of none",
        study.quenches() ? "use quench.samples = 2 or more, or leave training out: --stage quench "
                           "--stage stiffness --stage descriptors"
                         : "give two or more system.structures, or leave training out: --stage "
                           "stiffness --stage descriptors");
}

/// That the elastic network whose features are inputs can be read, and knows all species.
void check_elastic_model(const StudyFile& study, const EamPotential& potential) {
    const std::string& path = study.descriptors.elastic_model;
    if (!is_elastic_model(path))
        throw InputError("descriptors.elastic_model: " + path + " is no elastic network",
                         "it is a model of neural networks, or another HDF5 file",
                         "give the elastic_model.h5 of a study, or jobs/models/cuzr-elastic.h5");
    const std::vector<std::string> unknown =
        unknown_elements(read_elastic_model(path).model.network, potential.elements);
    if (!unknown.empty())
        throw InputError("descriptors.elastic_model: " + path + " does not know " + io::comma_separated(unknown),
                         "it was trained on other species", "use one that was trained on all species of the study");
}

}  // namespace

void check_feasible(const StudyFile& study, const EamPotential& potential, bool trains) {
    check_boxes(study, potential);
    if (study.descriptors.reads_elastic()) check_elastic_model(study, potential);
    if (trains) check_training(study, potential);
}

}  // namespace mg::study
