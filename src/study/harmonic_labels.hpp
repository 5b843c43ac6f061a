#pragma once
/// \file The harmonic stiffness of one sample as a stage has it made.

#include <functional>
#include <optional>

#include "md/harmonic.hpp"
#include "ops/smooth_potential.hpp"
#include "study/results/result_file.hpp"

namespace mg {

/// What the Hessian of a sample of n atoms leaves in checkpoints/.
struct HarmonicFile {
    std::vector<Vec3> position;      ///< [A] (n) at rest on the smoothed potential
    std::vector<double> compliance;  ///< [A^2/eV] (n, 6) in Voigt order
    std::string scheme;
    double error = 0;      ///< relative, root mean square
    double force_max = 0;  ///< [eV/A]
    long shakes = 0;       ///< how often it had to be shaken off a saddle

    template <class Visitor, class File>
    static void visit(Visitor& v, File& f) {
        v.data("/position", f.position);
        v.data("/compliance", f.compliance);
        v.attribute("/", "scheme", f.scheme);
        v.attribute("/", "error", f.error);
        v.attribute("/", "force_max", f.force_max);
        v.attribute("/", "shakes", f.shakes);
    }
    /// [eV/A^2] (n)
    std::vector<double> stiffness() const;
};

/// Relaxes the atoms of `inherent` on the smoothed potential, to 1e-6 eV/A at fixed cell, and asks the Hessian there. A
/// structure that turns out to stand on a saddle is shaken by 0.02 A and relaxed again, twice at most, with random
/// numbers of (seed, sample). Throws PhysicsError where it does not come off. `give_up`, asked now and then: returns
/// nothing.
template <class Space>
std::optional<HarmonicFile> harmonic_labels(const Structure& inherent, const SmoothPotential& smooth, double skin,
                                            const HarmonicOptions& options, std::uint64_t seed, int sample,
                                            const std::function<bool()>& give_up);

}  // namespace mg
