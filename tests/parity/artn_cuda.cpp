// Saddle searches on the device: the machine on surfaces whose saddles are known, and regions against the host.
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/search.hpp"

namespace {

using namespace mg;
using namespace mg::search_test;

class ArtnOnGpu : public GpuTest {};

TEST_F(ArtnOnGpu, LanczosFindsTheLowestEigenvalue) { expect_lowest_eigenvalue<Cuda>(); }

TEST_F(ArtnOnGpu, SaddlesOfMuellerAndBrown) { expect_saddles_of_mueller_brown<Cuda>(9, 1); }

TEST_F(ArtnOnGpu, SaddlesOfSecondOrderAreLeft) { expect_saddles_of_first_order<Cuda>(); }

/// Searches of a small triclinic alloy, side by side and joined later, take the host's path until rounding tells.
TEST_F(ArtnOnGpu, SearchesOfRegionsAreThoseOfTheHost) {
    const EamPotential& p = engine_test::potential();
    const EamTables<Host> host_tables = make_eam_tables<Host>(p);
    const EamTables<Cuda> device_tables = make_eam_tables<Cuda>(p);
    auto parent = std::make_shared<Minimum>();
    parent->structure = engine_test::structures(1)[0];
    parent->structure.velocity.clear();
    {
        Batch<Host> b = make_batch<Host>({parent->structure}, p.elements, p.masses);
        b.density.resize(b.atoms);
        Neighbors<Host> n = make_neighbors(b, p.cutoff, engine_test::skin);
        ForceWork<Host> w;
        compute_forces(b, n, host_tables, w, Precision::full, Sums::energy);
        parent->density = to_host(b.density);
    }
    const double radius = 0.45 * (smallest_width(parent->structure.box) - p.cutoff);
    const auto start = [&](int k) {
        return random_start(std::make_shared<const Region>(carve(parent, 31 * k + 2, radius, p.cutoff)), radius, 0.1, 1,
                            0, k);
    };
    SearchOptions o;
    o.max_evaluations = 12;  // an early end: later on paths part, as a liquid's do
    o.steps_per_push = 2;
    o.pushes_before_lanczos = 1;
    SearchBatch<Host> host(host_tables, engine_test::skin, o);
    SearchBatch<Cuda> device(device_tables, engine_test::skin, o);
    std::vector<SearchResult> from_host, from_device;
    const auto run = [&](auto& batch, std::vector<SearchResult>& results) {
        batch.add({start(0), start(1)});
        for (int k = 0; k < 5; ++k) batch.step();
        batch.add({start(2)});  // the two go on beside it
        for (int k = 0; k < 16; ++k) batch.step();
        results = batch.collect();
    };
    run(host, from_host);
    run(device, from_device);
    ASSERT_EQ(from_host.size(), 3u);
    ASSERT_EQ(from_device.size(), 3u);
    for (int k = 0; k < 3; ++k) {
        EXPECT_FALSE(from_host[k].region->whole);
        EXPECT_EQ(from_host[k].status, from_device[k].status);
        EXPECT_EQ(from_host[k].evaluations, from_device[k].evaluations);
        EXPECT_GT(from_host[k].force, 0);
        const double eigenvalue = std::abs(from_device[k].eigenvalue / from_host[k].eigenvalue - 1);
        const double force = std::abs(from_device[k].force / from_host[k].force - 1);
        EXPECT_DEVIATION(eigenvalue, 1e-6);
        EXPECT_DEVIATION(force, 1e-7);
    }
}

}  // namespace
