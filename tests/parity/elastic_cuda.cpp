// The learned elastic network's ops and the softest modes on the device, against those of the host.
#include <cmath>
#include <random>
#include <vector>

#include "md/modes.hpp"
#include "ops/elastic.hpp"
#include "ops/smooth_potential.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class ElasticOnGpu : public GpuTest {};

/// An fcc crystal of two species whose atoms are moved a little.
const Structure& mixed_crystal() {
    static const Structure moved = [] {
        Structure s = oracle::fcc(4, 4, 4, 4.0);
        for (int i = 0; i < s.size(); ++i) s.species[i] = i * 7 % 2;
        std::mt19937 random(5);
        std::uniform_real_distribution<double> shift(-0.05, 0.05);
        for (Vec3& x : s.position) x = x + Vec3{shift(random), shift(random), shift(random)};
        return s;
    }();
    return moved;
}

/// Springs, forces, and both kinds of derivatives, one after the other.
template <class Space>
std::vector<double> everything() {
    const ElasticShape shape{2, CubicBasis({2, 2.5, 3, 3.5, 4, 5, 6}), CubicBasis({2, 3, 4, 5, 6})};
    std::vector<double> mean(4 * static_cast<std::size_t>(shape.density.size()), -1.0), parameter;
    for (int p = 0; p < shape.parameters(); ++p) parameter.push_back(std::sin(1.7 * p));
    ElasticGlass<Space> g = prepare_elastic<Space>(shape, mixed_crystal(), mean);
    set_parameters(g, parameter, 0.3);
    std::vector<double> result;
    for (const HessianBond& b : to_host(g.hessian.bond))
        result.insert(result.end(), {b.perpendicular, b.excess, b.here, b.there});
    for (const Vec3& f : to_host(g.hessian.force)) result.insert(result.end(), {f.x, f.y, f.z});
    Array<double, Space> rows, virials, gradient, work;
    force_derivatives(g, rows, virials);
    for (const double v : to_host(virials)) result.push_back(v);
    const std::vector<double> r = to_host(rows);
    result.insert(result.end(), r.begin(), r.end());
    Panels<Space> x(g.hessian.slots, 2);
    std::vector<double> values;
    for (long k = 0; k < x.size(); ++k) values.push_back(std::sin(0.37 * static_cast<double>(k)));
    copy(to_space<Space>(values), x.value);
    compliance_derivatives(g, x, gradient, work);
    const std::vector<double> d = to_host(gradient);
    double size = 0;
    for (const double y : d) size = std::max(size, std::abs(y));
    for (const double y : d) result.push_back(y / size);
    return result;
}

TEST_F(ElasticOnGpu, OpsAreThoseOfTheHost) {
    EXPECT_DEVIATION(largest_relative(everything<Cuda>(), everything<Host>()), 1e-12);
}

TEST_F(ElasticOnGpu, ModesAreThoseOfTheHost) {
    static const EamPotential p = oracle::analytic_potential(2, true);  // its short rows are half the work
    const auto vibrations = [&](auto space) {
        using Space = decltype(space);
        const Batch<Space> batch = make_batch<Space>({mixed_crystal()}, p.elements, p.masses);
        const Hessian<Space> h = make_hessian(batch, make_eam_tables<Space>(p));
        const std::vector<double> mass = to_host(batch.mass);
        std::vector<double> result = softest_modes(h, mass, {.count = 3, .tolerance = 0.1})->frequency;
        const std::vector<double> g = density_of_states(h, mass, mixed_crystal().species, 2, 20)->of_species;
        result.insert(result.end(), g.begin(), g.end());
        return result;
    };
    EXPECT_DEVIATION(largest_relative(vibrations(Cuda{}), vibrations(Host{})), 1e-8);
}

}  // namespace
