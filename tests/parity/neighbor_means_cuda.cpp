// Means over neighbours in either space, against an oracle that counts every periodic image.
#include <omp.h>

#include <vector>

#include "ops/neighbor_means.hpp"
#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/oracle_io.hpp"

namespace {

using namespace mg;
using namespace mg::engine_test;

class NeighborMeansOnGpu : public GpuTest {};

constexpr int columns = 3;

std::vector<double> values_of(std::size_t atoms) {
    oracle::Random random(9);
    std::vector<double> values;
    for (std::size_t k = 0; k < columns * atoms; ++k) values.push_back(random.between(-1, 2));
    return values;
}

template <class Space>
std::vector<double> means_of(const std::vector<Structure>& s, double reach) {
    const Batch<Space> batch = batch_of<Space>(s);
    Array<double, Space> means;
    average_over_neighbors(batch, reach, to_space<Space>(values_of(static_cast<std::size_t>(batch.atoms))), means);
    return to_host(means);
}

/// Two alloys, one of four atoms whose neighbours are images of themselves, and one whose only atom is alone.
std::vector<Structure> cases() {
    std::vector<Structure> s = structures(2);
    s.push_back(oracle::triclinic_alloy(1, 2, 31));
    for (Structure& one : s) one.velocity.clear();
    s.push_back(oracle::detail::empty_structure(2, orthorhombic(20, 20, 20)));
    oracle::detail::add_atom(s.back(), 0, {1, 2, 3});
    return s;
}

template <class Space>
void expect_means_of_the_oracle() {
    const std::vector<Structure> s = cases();
    const double reach = 3.5;
    std::size_t first = 0;
    for (const Structure& one : s) first += one.position.size();
    const std::vector<double> value = values_of(first);
    std::vector<double> expected(value.size(), 0.0);
    std::vector<int> count(first, 0);
    first = 0;
    for (const Structure& one : s) {
        for (const oracle::Neighbor& p : oracle::neighbors(one.position, one.box, reach + 0.01)) {
            EXPECT_GT(std::abs(p.r - reach), 1e-9) << "the shell is ambiguous";
            if (p.r >= reach) continue;
            ++count[first + p.i];
            for (std::size_t k = 0; k < columns; ++k)
                expected[columns * (first + p.i) + k] += value[columns * (first + p.j) + k];
        }
        first += one.position.size();
    }
    EXPECT_EQ(count.back(), 0);
    for (std::size_t k = 0; k < expected.size(); ++k)
        if (count[k / columns] > 0) expected[k] /= count[k / columns];
    EXPECT_DEVIATION(largest_difference(means_of<Space>(s, reach), expected), 1e-14);
}

TEST(NeighborMeans, AreThoseOfTheOracle) { expect_means_of_the_oracle<Host>(); }
TEST_F(NeighborMeansOnGpu, AreThoseOfTheOracle) { expect_means_of_the_oracle<Cuda>(); }

TEST(NeighborMeans, HaveTheSameBitsForAnyNumberOfThreads) {
    const int before = omp_get_max_threads();
    omp_set_num_threads(1);
    const std::vector<double> one = means_of<Host>(cases(), 3.5);
    omp_set_num_threads(3);
    EXPECT_TRUE(same_bits(means_of<Host>(cases(), 3.5), one));
    omp_set_num_threads(before);
}

}  // namespace
