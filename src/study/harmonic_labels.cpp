#include "study/harmonic_labels.hpp"

#include "config/words.hpp"
#include "core/macros.hpp"
#include "md/dynamics.hpp"
#include "md/modes.hpp"

namespace mg::study {
namespace {

constexpr int most_saddles = 5;
constexpr double saddle_step = 0.1;  // [A] of the atom that moves farthest

template <class Space>
bool add_modes(const Hessian<Space>& h, const std::vector<double>& mass, const Structure& s, int count,
               const std::function<bool()>& give_up, HarmonicFile& f) {
    const std::optional<SoftestModes> modes = softest_modes(h, mass, {.count = count}, give_up);
    if (!modes) return false;
    const std::optional<DensityOfStates> density =
        density_of_states(h, mass, s.species, static_cast<int>(s.elements.size()), density_bins, give_up);
    if (!density) return false;
    f.mode_frequency = modes->frequency;
    f.participation_ratio = modes->participation_ratio;
    f.participation = modes->participation;
    f.density_frequency = density->frequency;
    f.density_of_states = density->total;
    f.density_of_species = density->of_species;
    return true;
}

}  // namespace

std::vector<double> HarmonicFile::stiffness() const {
    std::vector<double> k;
    for (std::size_t i = 0; i + 5 < compliance.size(); i += 6)
        k.push_back(harmonic_stiffness({compliance[i], compliance[i + 1], compliance[i + 2], 0, 0, 0}));
    return k;
}

template <class Space>
std::optional<HarmonicFile> harmonic_labels(const Structure& inherent, const SmoothPotential& smooth, double skin,
                                            const HarmonicOptions& options, int modes,
                                            const std::function<bool()>& give_up) {
    const EamPotential& potential = smooth.potential;
    const EamTables<Space> tables = make_eam_tables<Space>(potential);
    Structure s = inherent;
    s.velocity.clear();
    for (int saddles = 0;; ++saddles) {
        {
            Dynamics<Space> d(make_batch<Space>({s}, potential.elements, potential.masses), potential, Precision::full,
                              skin);
            if (d.relax(LbfgsOptions{}, 20000, give_up).empty()) return std::nullopt;
            s.position = d.structures().at(0).position;
        }
        const Batch<Space> batch = make_batch<Space>({s}, potential.elements, potential.masses);
        const std::vector<double> mass = to_host(batch.mass);
        const Hessian<Space> h = make_hessian(batch, tables);
        try {
            const std::optional<HarmonicStiffness> k = harmonic_stiffness(h, s, options, give_up);
            if (!k) return std::nullopt;
            HarmonicFile f;
            f.position = s.position;
            f.scheme = io::word_of(k->scheme);
            f.error = k->error;
            f.force_max = k->force_max;
            f.saddles = saddles;
            f.compliance = voigt_rows(k->compliance);
            if (modes > 0 && !add_modes(h, mass, s, modes, give_up, f)) return std::nullopt;
            return f;
        } catch (const PhysicsError&) {
            if (saddles == most_saddles) throw;
            const std::optional<SoftestModes> soft = softest_modes(h, mass, {.count = 1}, give_up);
            if (!soft) return std::nullopt;
            if (!(soft->frequency.at(0) < 0)) throw;
            for (int i = 0; i < s.size(); ++i) s.position[i] += saddle_step * soft->softest[i];
        }
    }
}

#define MG_HARMONIC_LABELS(Space)                                \
    template std::optional<HarmonicFile> harmonic_labels<Space>( \
        const Structure&, const SmoothPotential&, double, const HarmonicOptions&, int, const std::function<bool()>&);
MG_INSTANTIATE(MG_HARMONIC_LABELS)

}  // namespace mg::study
