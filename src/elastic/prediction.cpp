#include "elastic/prediction.hpp"

#include <algorithm>
#include <cmath>

#include "core/macros.hpp"
#include "md/dynamics.hpp"
#include "md/elasticity.hpp"

namespace mg {
namespace {

// What is new: a structure whose forces are so many times those of training, or whose mean virial lies so many standard
// deviations off; an atom whose force is so many times the largest but a thousandth, whose virial lies so far off, or
// of which a bond is shorter than any in training by this part.
constexpr double structure_force = 2, structure_virial = 0.5, atom_force = 1.5, atom_virial = 6, shortest_bond = 0.03;

// The relative change of lengths in which K is asked for once more: it changes by some parts in a thousand, and at soft
// spots by a tenth.
constexpr double compression = -1e-3;

constexpr double normal_90 = 1.645;  // within so many standard deviations lie 90 % of normal values

double quantile(std::vector<double> values, double part) {
    const auto k = static_cast<std::size_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(k), values.end());
    return values[k];
}

double root_mean_square(const std::vector<double>& values) {
    double sum = 0;
    for (const double x : values) sum += x * x / static_cast<double>(values.size());
    return std::sqrt(sum);
}

/// Of the structure that `at_rest` was found in, the change of ln K with the strain divided by that of a squared
/// frequency with the volume.
template <class Space>
std::optional<std::vector<double>> gruneisen_parameters(const ElasticNetwork& n, const Structure& s,
                                                        const HarmonicStiffness& at_rest, HarmonicOptions options,
                                                        const std::function<bool()>& give_up) {
    options.scheme = at_rest.scheme;
    if (at_rest.scheme == HarmonicScheme::clusters) options.reach = at_rest.reach;
    // What is stable in neither direction changes by all it has.
    std::vector<double> gamma(at_rest.compliance.size(), 1 / std::abs(6 * compression));
    for (const double strain : {compression, -compression}) {
        const Structure strained = deformed(s, strain * identity());
        ElasticGlass<Space> g = prepare_elastic<Space>(n.shape(), strained, n.mean);
        set_parameters(g, n.parameter);
        try {
            const auto h = harmonic_stiffness(g.hessian, strained, options, give_up);
            if (!h) return std::nullopt;
            const std::vector<double> before = at_rest.stiffness(), after = h->stiffness();
            for (std::size_t i = 0; i < gamma.size(); ++i)
                gamma[i] = -std::log(after[i] * at_rest.scale / before[i]) / (6 * std::log1p(strain));
            break;
        } catch (const PhysicsError&) {
        }
    }
    return gamma;
}

}  // namespace

double error_scale(double gruneisen) { return std::hypot(gruneisen, ordinary_gruneisen); }

template <class Space>
std::optional<ElasticPrediction> predict_elastic(const ElasticModel& model, const Structure& s,
                                                 const HarmonicOptions& options, const std::function<bool()>& give_up) {
    const ElasticNetwork& n = model.network;
    const ElasticShape shape = n.shape();
    ElasticGlass<Space> g = prepare_elastic<Space>(shape, s, n.mean);
    set_parameters(g, n.parameter);
    std::optional<HarmonicStiffness> h = harmonic_stiffness(g.hessian, s, options, give_up);
    if (!h) return std::nullopt;
    ElasticPrediction p;
    p.stiffness = h->stiffness();
    std::optional<std::vector<double>> gamma = gruneisen_parameters<Space>(n, s, *h, options, give_up);
    if (!gamma) return std::nullopt;
    p.gruneisen = std::move(*gamma);
    p.compliance = std::move(h->compliance);
    p.scheme = h->scheme;
    p.error = h->error;
    const auto atoms = static_cast<std::size_t>(s.size());
    p.force.assign(atoms, 0.0);
    p.virial.assign(atoms, 0.0);
    p.closest.assign(atoms * shape.species, shape.cutoff());
    p.along.assign(atoms * shape.species, 0.0);
    p.across.assign(atoms * shape.species, 0.0);
    const std::vector<ElasticBond> bond = to_host(g.bond);
    const std::vector<HessianBond> spring = to_host(g.hessian.bond);
    const std::vector<int> first = to_host(g.hessian.first);
    const std::vector<Vec3> force = to_host(g.hessian.force);
    for (int slot = 0; slot < s.size(); ++slot) {
        const int i = g.hessian.atom_of_slot[slot];
        p.force[i] = std::sqrt(norm2(force[slot]));
        for (int k = first[slot]; k < first[slot + 1]; ++k) {
            const double r = 1 / bond[k].inverse_length;
            p.virial[i] += spring[k].perpendicular * r * r;
            const int other = s.species[g.hessian.atom_of_slot[spring[k].neighbor]];
            const std::size_t place = static_cast<std::size_t>(i) * shape.species + other;
            p.closest[place] = std::min(p.closest[place], r);
            p.along[place] += spring[k].perpendicular + spring[k].excess;
            p.across[place] += spring[k].perpendicular;
        }
    }
    if (model.calibration.calibrated()) judge(model, s.species, p);
    return p;
}

ElasticCalibration calibrate(const ElasticNetwork& n, const std::vector<CalibrationSample>& samples,
                             const std::vector<CalibrationSample>& held_out) {
    const ElasticShape shape = n.shape();
    const auto species = static_cast<std::size_t>(shape.species);
    std::vector<std::vector<double>> off(species), virial(species);  // relative errors over their scales
    const auto add_error = [&](const CalibrationSample& s, std::size_t i) {
        off[s.species[i]].push_back(std::abs(s.stiffness.at(i) / s.prediction.stiffness[i] - 1) /
                                    error_scale(s.prediction.gruneisen.at(i)));
    };
    std::vector<double> force;
    ElasticCalibration c;
    c.closest.assign(static_cast<std::size_t>(shape.pairs()), shape.cutoff());
    for (const CalibrationSample& s : samples) {
        std::vector<char> learned(s.species.size(), 0);
        for (const int atom : s.labelled) learned[atom] = 1;
        for (std::size_t i = 0; i < s.species.size(); ++i) {
            const int t = s.species[i];
            if (!learned[i] && held_out.empty()) add_error(s, i);
            virial[t].push_back(s.prediction.virial[i]);
            force.push_back(s.prediction.force[i]);
            for (int other = 0; other < shape.species; ++other) {
                double& closest = c.closest[shape.pair_of(t, other)];
                closest = std::min(closest, s.prediction.closest[i * species + other]);
            }
        }
    }
    for (const CalibrationSample& s : held_out)
        for (std::size_t i = 0; i < s.species.size(); ++i) add_error(s, i);
    c.force = quantile(force, 0.999);
    c.force_rms = root_mean_square(force);
    for (std::size_t t = 0; t < species; ++t) {
        c.deviation.push_back(off[t].empty() ? 0.0 : root_mean_square(off[t]));
        c.interval_90.push_back(off[t].empty() ? 0.0 : quantile(off[t], 0.9));
        double mean = 0;
        for (const double v : virial[t]) mean += v / static_cast<double>(virial[t].size());
        for (double& v : virial[t]) v -= mean;
        c.virial.push_back(mean);
        c.virial_deviation.push_back(virial[t].empty() ? 1.0 : root_mean_square(virial[t]));
    }
    return c;
}

void judge(const ElasticModel& model, const std::vector<int>& species, ElasticPrediction& p) {
    const ElasticShape shape = model.network.shape();
    const ElasticCalibration& c = model.calibration;
    double mean_virial = 0;
    std::vector<double> virial;
    for (std::size_t i = 0; i < species.size(); ++i) {
        const int t = species[i];
        virial.push_back((p.virial[i] - c.virial[t]) / c.virial_deviation[t]);
        mean_virial += virial.back() / static_cast<double>(species.size());
    }
    const double whole =
        std::max(root_mean_square(p.force) / (structure_force * c.force_rms), std::abs(mean_virial) / structure_virial);
    p.deviation.clear();
    p.interval_90.clear();
    p.novelty.clear();
    for (std::size_t i = 0; i < species.size(); ++i) {
        const int t = species[i];
        double shortest = 1;  // over the shortest of training
        for (int other = 0; other < shape.species; ++other)
            shortest = std::min(shortest, p.closest[i * shape.species + other] / c.closest[shape.pair_of(t, other)]);
        const double scale = error_scale(p.gruneisen.at(i)) * p.stiffness[i];
        // The laws are off, and so is the inversion.
        const double inversion = p.error * p.stiffness[i];
        p.deviation.push_back(std::hypot(c.deviation[t] * scale, inversion));
        p.interval_90.push_back(std::hypot(c.interval_90[t] * scale, normal_90 * inversion));
        p.novelty.push_back(std::max({whole, p.force[i] / (atom_force * c.force), std::abs(virial[i]) / atom_virial,
                                      (1 - shortest) / shortest_bond}));
    }
}

template <class Space>
Structure relax_elastic(const ElasticNetwork& network, const Structure& structure) {
    const EamPotential potential = as_potential(network);
    Structure s = structure;
    s.velocity.clear();
    Dynamics<Space> d(make_batch<Space>({s}, potential.elements, potential.masses), potential, Precision::full,
                      choose_skin(smallest_width(s.box), potential.cutoff));
    d.relax(LbfgsOptions{});
    s.position = d.structures().at(0).position;
    return s;
}

#define MG_ELASTIC_PREDICTION(Space)                                                                  \
    template std::optional<ElasticPrediction> predict_elastic<Space>(                                 \
        const ElasticModel&, const Structure&, const HarmonicOptions&, const std::function<bool()>&); \
    template Structure relax_elastic<Space>(const ElasticNetwork&, const Structure&);
MG_INSTANTIATE(MG_ELASTIC_PREDICTION)

}  // namespace mg
