#pragma once
/// \file The harmonic stiffness of one sample as a stage has it made.

#include <functional>
#include <optional>

#include "md/harmonic.hpp"
#include "ops/smooth_potential.hpp"
#include "study/results/result_file.hpp"

namespace mg::study {

/// What the Hessian of a sample of n atoms leaves in checkpoints/.
struct HarmonicFile {
    std::vector<Vec3> position;      ///< [A] (n) at rest on the smoothed potential
    std::vector<double> compliance;  ///< [A^2/eV] (n, 6) in Voigt order
    std::string scheme;
    double error = 0;      ///< relative, root mean square
    double force_max = 0;  ///< [eV/A]
    long saddles = 0;      ///< how often it stood on one and was moved on
    // Where modes were asked for.
    std::vector<double> mode_frequency;       ///< [THz] (modes)
    std::vector<double> participation_ratio;  ///< (modes)
    std::vector<double> participation;        ///< (n)
    std::vector<double> density_frequency;    ///< [THz] (bins)
    std::vector<double> density_of_states;    ///< [1/THz] (bins)
    std::vector<double> density_of_species;   ///< [1/THz] (species, bins)

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/position", f.position);
        v.data("/compliance", f.compliance);
        v.attribute("/", "scheme", f.scheme);
        v.attribute("/", "error", f.error);
        v.attribute("/", "force_max", f.force_max);
        v.attribute("/", "saddles", f.saddles);
        v.optional_data("/mode_frequency", f.mode_frequency);
        v.optional_data("/participation_ratio", f.participation_ratio);
        v.optional_data("/participation", f.participation);
        v.optional_data("/density_frequency", f.density_frequency);
        v.optional_data("/density_of_states", f.density_of_states);
        v.optional_data("/density_of_species", f.density_of_species);
    }
    /// [eV/A^2] (n)
    std::vector<double> stiffness() const;
};

/// Relaxes the atoms of `inherent` on the smoothed potential, to 1e-6 eV/A at fixed cell, and asks the Hessian there,
/// and its `modes` softest modes and density of states where that is not 0. A structure that turns out to stand on a
/// saddle is moved by 0.1 A along its softest mode and relaxed again, five times at most. Throws PhysicsError where
/// that does not come off. `give_up`, asked now and then: returns nothing.
template <class Space>
std::optional<HarmonicFile> harmonic_labels(const Structure& inherent, const SmoothPotential& smooth, double skin,
                                            const HarmonicOptions& options, int modes,
                                            const std::function<bool()>& give_up);

}  // namespace mg::study
