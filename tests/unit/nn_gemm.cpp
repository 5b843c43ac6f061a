// Matrix products against naive loops, on sizes around the host's row block and on the vector special cases.
#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "ops/gemm.hpp"

namespace {

using mg::Host;
using mg::Matrix;

struct Stored {
    std::vector<double> data;
    int rows, columns, stride;
    Stored(int r, int c, int padding, std::mt19937_64& engine)
        : data(r * (c + padding)), rows(r), columns(c), stride(c + padding) {
        std::normal_distribution<double> normal;
        for (double& x : data) x = normal(engine);
    }
    double at(int i, int j) const { return data[i * stride + j]; }
    Matrix<double, Host> view() { return {data.data(), rows, columns, stride}; }
};

class Gemm : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(Gemm, MatchesNaiveLoops) {
    const auto [rows, n, k] = GetParam();
    std::mt19937_64 engine(7);
    Stored x(rows, k, 1, engine), w(n, k, k == 1 ? 0 : 1, engine), v(k, n, 0, engine), y(rows, n, 1, engine);
    // A result may not depend on what stood in it before.
    for (double& value : y.data) value = std::numeric_limits<double>::quiet_NaN();
    mg::multiply_transposed(x.view(), w.view(), y.view());
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < n; ++j) {
            double sum = 0, size = 0;
            for (int l = 0; l < k; ++l) {
                sum += x.at(i, l) * w.at(j, l);
                size += std::abs(x.at(i, l) * w.at(j, l));
            }
            EXPECT_NEAR(y.at(i, j), sum, 1e-14 * size);
        }
    EXPECT_TRUE(std::isnan(y.data[n])) << "the padding was written";

    mg::multiply(x.view(), v.view(), y.view());
    for (int i = 0; i < rows; ++i)
        for (int j = 0; j < n; ++j) {
            double sum = 0, size = 0;
            for (int l = 0; l < k; ++l) {
                sum += x.at(i, l) * v.at(l, j);
                size += std::abs(x.at(i, l) * v.at(l, j));
            }
            EXPECT_NEAR(y.at(i, j), sum, 1e-14 * size);
        }

    const int blocks = mg::row_blocks(Host{}, rows), distance = k * n + 3;
    ASSERT_EQ(blocks, (rows + mg::host_row_block - 1) / mg::host_row_block);
    std::vector<double> partials(blocks * distance, std::numeric_limits<double>::quiet_NaN());
    mg::multiply_blocks(x.view(), y.view(), partials.data(), distance);
    for (int b = 0; b < blocks; ++b)
        for (int i = 0; i < k; ++i)
            for (int j = 0; j < n; ++j) {
                double sum = 0, size = 0;
                for (int l = b * mg::host_row_block; l < std::min(rows, (b + 1) * mg::host_row_block); ++l) {
                    sum += x.at(l, i) * y.at(l, j);
                    size += std::abs(x.at(l, i) * y.at(l, j));
                }
                EXPECT_NEAR(partials[b * distance + i * n + j], sum, 1e-14 * size);
            }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Gemm,
                         testing::Values(std::tuple{1, 1, 1}, std::tuple{63, 5, 3}, std::tuple{64, 1, 41},
                                         std::tuple{65, 17, 1}, std::tuple{256, 20, 41}, std::tuple{300, 3, 7}));

TEST(GemmThreads, SameBits) {
    std::mt19937_64 engine(8);
    Stored x(500, 41, 0, engine), w(30, 41, 0, engine), y(500, 30, 0, engine), z(500, 30, 0, engine);
    const int before = omp_get_max_threads();
    std::vector<double> p(8 * 41 * 30), q(8 * 41 * 30);
    omp_set_num_threads(1);
    mg::multiply_transposed(x.view(), w.view(), y.view());
    mg::multiply_blocks(x.view(), y.view(), p.data(), 41 * 30);
    omp_set_num_threads(3);
    mg::multiply_transposed(x.view(), w.view(), z.view());
    mg::multiply_blocks(x.view(), z.view(), q.data(), 41 * 30);
    omp_set_num_threads(before);
    EXPECT_EQ(std::memcmp(y.data.data(), z.data.data(), y.data.size() * sizeof(double)), 0);
    EXPECT_EQ(std::memcmp(p.data(), q.data(), p.size() * sizeof(double)), 0);
}

}  // namespace
