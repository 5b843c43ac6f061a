#include "study/start.hpp"
#include "config/samples.hpp"

#include <algorithm>

#include "io/structure_reader.hpp"
#include "study/protocols.hpp"

namespace mg::study {

Structure start_lattice_of(const StudyFile& study, const EamPotential& potential, std::uint32_t sample) {
    const auto cells = fcc_cells(study.system.atoms);
    return start_lattice(potential, composition_counts(study.system.fractions, study.system.atoms), (*cells)[0],
                         (*cells)[1], (*cells)[2], study.study.seed, sample);
}

double expected_width(const StudyFile& study, const EamPotential& potential) {
    if (study.quenches()) return quench_shrinkage * smallest_width(start_lattice_of(study, potential, 0).box);
    double width = 1e9;
    for (const std::string& path : study.system.structures)
        width = std::min(width, 0.98 * smallest_width(io::read_structure(path, potential.elements).box));
    return width;
}

}  // namespace mg::study
