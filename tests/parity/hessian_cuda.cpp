// The Hessian's ops and the schemes of harmonic stiffness on the device, against those of the host. (Matrices are the
// host's under the emulation; on a device they are cuSOLVER's and cuBLAS's.)
#include <cmath>
#include <random>
#include <vector>

#include "md/harmonic.hpp"
#include "ops/panels.hpp"
#include "ops/smooth_potential.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class HessianOnGpu : public GpuTest {};

const EamPotential& smooth() {
    static const EamPotential p =
        smooth_potential(oracle::read_setfl(oracle::source_root() + "/jobs/potentials/Cu-Zr_2.eam.fs", true)).potential;
    return p;
}

/// An fcc crystal whose atoms are moved a little: not at rest, but where the energy is convex.
const Structure& disordered() {
    static const Structure moved = [] {
        Structure s = oracle::fcc(4, 4, 4, 3.639);
        for (int& t : s.species) t = 0;
        std::mt19937 random(5);
        std::uniform_real_distribution<double> shift(-0.05, 0.05);
        for (Vec3& x : s.position) x = x + Vec3{shift(random), shift(random), shift(random)};
        return s;
    }();
    return moved;
}

template <class Space>
Hessian<Space> hessian_of() {
    return make_hessian(make_batch<Space>({disordered()}, smooth().elements, smooth().masses),
                        make_eam_tables<Space>(smooth()));
}

template <class Space>
std::vector<double> products() {
    const Hessian<Space> h = hessian_of<Space>();
    Panels<Space> v(h.slots, 2), hv(h.slots, 2), z(h.slots, 2);
    std::vector<double> start;
    for (long k = 0; k < v.size(); ++k) start.push_back(std::sin(0.37 * static_cast<double>(k)));
    copy(to_space<Space>(start), v.value);
    Array<double, Space> work;
    multiply(h, v, hv, work);
    precondition(inverse_diagonal_blocks(h), hv, z);
    ColumnNumbers<Space> sum;
    dot(hv, z, sum, work);
    combine<Space>(&sum, v, nullptr, z);
    std::vector<double> result = to_host(z.value), sums = to_host(sum);
    result.insert(result.end(), sums.begin(), sums.end());
    const std::vector<int> chosen = {7, 3, 100, 9};
    std::vector<int> place(h.slots, -1);
    for (int k = 0; k < 4; ++k) place[chosen[k]] = k;
    Array<double, Space> block(12 * 12);
    fill_zero(block);
    const Array<int, Space> c = to_space<Space>(chosen), p = to_space<Space>(place);
    assemble_block(h, c.data(), 4, p.data(), 0.5, block.data(), 12);
    const std::vector<double> b = to_host(block);
    result.insert(result.end(), b.begin(), b.end());
    return result;
}

TEST_F(HessianOnGpu, OpsAreThoseOfTheHost) {
    EXPECT_DEVIATION(largest_relative(products<Cuda>(), products<Host>()), 1e-12);
}

TEST_F(HessianOnGpu, SchemesAreThoseOfTheHost) {
    for (const HarmonicScheme scheme : {HarmonicScheme::dense, HarmonicScheme::clusters}) {
        const HarmonicOptions options{.scheme = scheme, .tolerance = 0.05};
        EXPECT_DEVIATION(largest_relative(harmonic_stiffness<Cuda>(disordered(), smooth(), options)->stiffness(),
                                          harmonic_stiffness<Host>(disordered(), smooth(), options)->stiffness()),
                         1e-8);
    }
    const std::vector<int> slots = {0, 50, 249};
    const auto traces = [&](const auto& hessian) {
        std::vector<double> t;
        const CgResult cg = *cg_compliance(hessian, slots, 1e-6, {});
        for (const Sym3& c : cg.compliance) t.push_back(trace(c));
        return t;
    };
    EXPECT_DEVIATION(largest_relative(traces(hessian_of<Cuda>()), traces(hessian_of<Host>())), 1e-8);
}

}  // namespace
