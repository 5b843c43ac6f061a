// Saddle searches whose neighbour rows turn out too short on their way: the device is asked for it now and then only.
#include <cmath>
#include <limits>

#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/search.hpp"

namespace {

using namespace mg;

class SearchRowsOnGpu : public GpuTest {};

constexpr double skin = 0.5;

/// 4^3 copper atoms so far apart that rows hold 32 neighbours at most, the shortest that there are.
std::shared_ptr<const Minimum> sparse_cluster() {
    auto m = std::make_shared<Minimum>();
    Structure& s = m->structure;
    s.elements = engine_test::potential().elements;
    s.masses = engine_test::potential().masses;
    s.box = orthorhombic(60, 60, 60);
    const double spacing = (engine_test::potential().cutoff + skin) / 2.02;
    for (int k = 0; k < 64; ++k) {
        s.id.push_back(k + 1);
        s.species.push_back(0);
        s.position.push_back(spacing * Vec3{1.0 * (k % 4), 1.0 * (k / 4 % 4), 1.0 * (k / 16)});
    }
    m->density.assign(64, 0.0);
    return m;
}

/// A search that begins with the cluster contracted: its rows are built anew at the first step, and are too short.
SearchStart contracted(const std::shared_ptr<const Region>& whole, long ticket) {
    SearchStart start = random_start(whole, 1e9, 0.1, 1, 0, static_cast<int>(ticket));
    start.ticket = ticket;
    const std::vector<Vec3>& x = whole->parent->structure.position;
    for (std::size_t m = 0; m < x.size(); ++m) start.displacement[m] = -0.3 * (x[m] - 1.5 * x[21]);
    return start;
}

struct Ends {
    std::vector<SearchResult> results;
    int held = 0;  ///< collects that found no search ended although each had made all its steps
};

/// Searches to their end, collected every `interval` steps. One of them begins at positions that are not numbers.
template <class Space>
Ends run(int interval) {
    SearchOptions o;
    o.max_evaluations = 10;
    o.max_energy = 1e6;
    o.steps_per_push = 2;
    o.pushes_before_lanczos = 1;
    const EamTables<Space> tables = make_eam_tables<Space>(engine_test::potential());
    const auto parent = sparse_cluster();
    const auto whole = std::make_shared<const Region>(
        carve(parent, 21, std::numeric_limits<double>::infinity(), engine_test::potential().cutoff));
    SearchStart broken = random_start(whole, 1e9, 0.1, 1, 0, 0);
    broken.displacement[5].x = std::numeric_limits<double>::quiet_NaN();
    SearchBatch<Space> batch(tables, skin, o);
    batch.add({broken, contracted(whole, 1), contracted(whole, 2)});
    Ends all;
    for (int step = 1; step < 100 && all.results.size() < 3; ++step) {
        batch.step();
        if (step % interval != 0) continue;
        const std::vector<SearchResult> ended = batch.collect();
        all.held += ended.empty() && step > o.max_evaluations;
        all.results.insert(all.results.end(), ended.begin(), ended.end());
    }
    return all;
}

/// Short rows are noticed whatever else goes wrong at the same step, and no step counts that was made with them: the
/// searches wait, and go the same way to the bit however seldom the device is asked.
TEST_F(SearchRowsOnGpu, ThatAreTooShortAreWaitedFor) {
    const Ends host = run<Host>(1), each = run<Cuda>(1), seldom = run<Cuda>(16);
    ASSERT_EQ(host.results.size(), 3u);
    ASSERT_EQ(each.results.size(), 3u);
    ASSERT_EQ(seldom.results.size(), 3u);
    EXPECT_EQ(host.held, 0);
    EXPECT_EQ(seldom.held, 1);  // so rows were too short at all
    for (int k = 0; k < 3; ++k) {
        const SearchResult &a = each.results[k], &b = seldom.results[k], &h = host.results[k];
        EXPECT_EQ(a.status, h.status);
        EXPECT_EQ(a.status, k == 0 ? SearchStatus::exploded : SearchStatus::max_evaluations);
        EXPECT_EQ(a.status, b.status);
        EXPECT_EQ(a.evaluations, b.evaluations);
        EXPECT_EQ(a.evaluations, h.evaluations);
        if (k == 0) continue;
        EXPECT_EQ(a.force, b.force);
        EXPECT_EQ(a.eigenvalue, b.eigenvalue);
        EXPECT_GT(h.force, 0);
        const double force = std::abs(a.force / h.force - 1);
        EXPECT_DEVIATION(force, 1e-7);
    }
}

/// A search that joins is a new batch, whose rows are long enough: those that waited go on.
TEST_F(SearchRowsOnGpu, ThatAreTooShortAreLongEnoughInTheNextBatch) {
    SearchOptions o;
    o.max_evaluations = 6;
    o.max_energy = 1e6;
    const EamTables<Cuda> tables = make_eam_tables<Cuda>(engine_test::potential());
    const auto whole = std::make_shared<const Region>(
        carve(sparse_cluster(), 21, std::numeric_limits<double>::infinity(), engine_test::potential().cutoff));
    SearchBatch<Cuda> batch(tables, skin, o);
    batch.add({contracted(whole, 1)});
    for (int k = 0; k < 3; ++k) batch.step();
    batch.add({contracted(whole, 2)});
    std::vector<SearchResult> ended;
    for (int k = 0; k < 50 && ended.size() < 2; ++k) {
        batch.step();
        for (SearchResult& r : batch.collect()) ended.push_back(std::move(r));
    }
    ASSERT_EQ(ended.size(), 2u);
    EXPECT_EQ(ended[0].evaluations, 7);
    EXPECT_EQ(ended[1].evaluations, 7);
}

}  // namespace
