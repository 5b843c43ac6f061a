#include "study/study_size.hpp"
#include "config/samples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/box.hpp"
#include "core/error.hpp"
#include "io/eam_reader.hpp"
#include "io/structure_reader.hpp"
#include "physics/eam_potential.hpp"
#include "study/protocols.hpp"

namespace mg::study {
namespace {

/// Bytes of positions, velocities, forces, energies, virials, their snapshot and accumulators of one atom, and of the
/// host loops' windows (40 bytes for each of up to nine slabs that touch it).
constexpr double state_bytes_per_atom = 960;
/// Numbers stored per mean neighbour: rows a quarter longer; on the host half of them, and a copy of those within the
/// cutoff.
constexpr double row_margin = 1.6;

void measure_lattice(const StudyFile& study, const EamPotential& potential, StudySize& size) {
    size.atoms = study.system.atoms;
    size.counts = composition_counts(study.system.fractions, size.atoms);
    size.lattice = fcc_cells(size.atoms).value();
    for (int s = 0; s < potential.species(); ++s) {
        double volume = crystal_volume(potential, s);
        if (volume == 0) {
            volume = unknown_crystal_volume;
            size.warnings.push_back(fmt::format(
                "the potential file has no lattice constant of {}; 17.5 A^3 per atom were assumed", size.elements[s]));
        }
        size.volume_per_atom_A3 += volume * size.counts[s] / size.atoms;
    }
    const double edge = std::cbrt(4 * size.volume_per_atom_A3);
    for (int k = 0; k < 3; ++k) size.cell_A[k] = edge * size.lattice[k];
    size.atoms_of_all = size.sample_count() * size.atoms;
}

void measure_structures(const StudyFile& study, StudySize& size) {
    double narrowest = 0, volume = 0;
    for (const std::string& path : study.system.structures) {
        const Structure structure = io::read_structure(path, study.system.elements);
        const int atoms = structure.size();
        size.atoms = std::max(size.atoms, atoms);
        size.atoms_of_all += atoms;
        volume += structure.box.volume;
        const Vec3 widths = perpendicular_widths(structure.box);
        if (narrowest == 0 || smallest_width(structure.box) < narrowest) {
            narrowest = smallest_width(structure.box);
            size.cell_A = {widths.x, widths.y, widths.z};
        }
    }
    size.volume_per_atom_A3 = volume / size.atoms_of_all;
}

}  // namespace

double StudySize::steps_in(double ps) const { return std::ceil(ps / (timestep_fs / 1000) - 1e-9); }

double StudySize::atoms_within(double radius) const {
    return 4.0 / 3.0 * std::numbers::pi * radius * radius * radius / volume_per_atom_A3;
}

double StudySize::batch_bytes(double replicas) const {
    if (replicas_per_batch) replicas = std::min(replicas, static_cast<double>(*replicas_per_batch));
    return replicas * atoms_of_sample() * (atoms_within(cutoff_A + skin_A) * row_margin * 4 + state_bytes_per_atom);
}

StudySize study_size(const StudyFile& study, double atom_steps_per_second) {
    if (!(atom_steps_per_second > 0) || !std::isfinite(atom_steps_per_second))
        throw InputError(fmt::format("a rate of {} atom-steps/s", atom_steps_per_second), "it is a measured speed",
                         "give a positive number");
    StudySize size;
    size.atom_steps_per_second = atom_steps_per_second;
    size.samples = samples_of(study);
    size.timestep_fs = study.quench.timestep_fs;
    size.quench_K = study.quench.melt_K - study.quench.final_K;
    size.skin_A = study.compute.skin_A.value_or(1.0);
    size.replicas_per_batch = study.compute.replicas_per_batch;
    const EamPotential potential = io::read_potential(study.system.potential, study.system.elements);
    size.elements = potential.elements;
    size.cutoff_A = potential.cutoff;
    if (study.quenches())
        measure_lattice(study, potential, size);
    else
        measure_structures(study, size);
    const double width = *std::min_element(size.cell_A.begin(), size.cell_A.end());
    const double needed = 2 * (size.cutoff_A + size.skin_A);
    if (width < needed) {
        const int larger = static_cast<int>(std::ceil(needed / std::cbrt(4 * size.volume_per_atom_A3) * 1.01));
        size.warnings.push_back(
            fmt::format("the cell is {:.1f} A wide, narrower than 2 (cutoff {} + skin {}) = {:.1f} A; "
                        "{} atoms would do",
                        width, size.cutoff_A, size.skin_A, needed, 4L * larger * larger * larger));
    }
    return size;
}

std::string picoseconds_text(double ps) {
    return ps < 1000 ? fmt::format("{:.4g} ps", ps) : fmt::format("{:.4g} ns", ps / 1000);
}

}  // namespace mg::study
