#include "study/harmonic_labels.hpp"

#include "config/words.hpp"
#include "core/macros.hpp"
#include "core/random.hpp"
#include "md/dynamics.hpp"

namespace mg {
namespace {

constexpr int most_shakes = 2;
constexpr double shake_length = 0.02;  // [A] standard deviation of each coordinate

void shake(Structure& s, std::uint64_t seed, int sample, int attempt) {
    const RandomStream random(seed, RandomUse::probe, static_cast<std::uint32_t>(16 * sample + 2 + attempt));
    for (int i = 0; i < s.size(); ++i) {
        const auto k = 3 * static_cast<std::uint64_t>(i);
        s.position[i] += shake_length * Vec3{random.normal(k), random.normal(k + 1), random.normal(k + 2)};
    }
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
                                            const HarmonicOptions& options, std::uint64_t seed, int sample,
                                            const std::function<bool()>& give_up) {
    const EamPotential& potential = smooth.potential;
    Structure s = inherent;
    s.velocity.clear();
    for (int attempt = 0;; ++attempt) {
        {
            Dynamics<Space> d(make_batch<Space>({s}, potential.elements, potential.masses), potential, Precision::full,
                              skin);
            if (d.relax(LbfgsOptions{}, 20000, give_up).empty()) return std::nullopt;
            s.position = d.structures().at(0).position;
        }
        try {
            const std::optional<HarmonicStiffness> h = harmonic_stiffness<Space>(s, potential, options, give_up);
            if (!h) return std::nullopt;
            HarmonicFile f{s.position, {}, word_of(h->scheme), h->error, h->force_max, attempt};
            for (const Sym3& c : h->compliance)
                f.compliance.insert(f.compliance.end(), {c.xx, c.yy, c.zz, c.yz, c.xz, c.xy});
            return f;
        } catch (const PhysicsError&) {
            if (attempt == most_shakes) throw;
            shake(s, seed, sample, attempt);
        }
    }
}

#define MG_HARMONIC_LABELS(Space)                                                                                 \
    template std::optional<HarmonicFile> harmonic_labels<Space>(const Structure&, const SmoothPotential&, double, \
                                                                const HarmonicOptions&, std::uint64_t, int,       \
                                                                const std::function<bool()>&);
MG_INSTANTIATE(MG_HARMONIC_LABELS)

}  // namespace mg
