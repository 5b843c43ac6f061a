#include "config/samples.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mg {

std::vector<Sample> samples_of(const StudyFile& study) {
    if (!study.quenches()) return std::vector<Sample>(study.system.structures.size());
    std::vector<Sample> samples(static_cast<std::size_t>(study.quench.samples), {study.quench.rate_K_per_s, false});
    for (double rate : study.quench.test_rates_K_per_s)
        samples.insert(samples.end(), static_cast<std::size_t>(study.quench.samples_per_test_rate), {rate, true});
    return samples;
}

std::vector<int> all_samples(const StudyFile& study) {
    std::vector<int> all(samples_of(study).size());
    std::iota(all.begin(), all.end(), 0);
    return all;
}

int test_sample_of(const StudyFile& study) {
    const int samples = study.quenches() ? study.quench.samples : static_cast<int>(study.system.structures.size());
    return study.train.test_sample < 0 ? samples - 1 : study.train.test_sample;
}

std::vector<int> searched_samples(const StudyFile& study) {
    const io::Selection& which = study.barriers.samples;
    if (which.kind == io::Selection::Kind::list) return {which.list.begin(), which.list.end()};
    if (which.word == "test") return {test_sample_of(study)};
    return all_samples(study);
}

std::vector<int> composition_counts(const std::vector<double>& fractions, int atoms) {
    std::vector<int> counts, order;
    std::vector<double> remainder;
    int rest = atoms;
    for (double fraction : fractions) {
        // The sum of fractions is 1 to rounding only: 0.3 x 1000 must not become 299.
        const double exact = fraction * atoms, whole = std::floor(exact + 1e-6);
        counts.push_back(static_cast<int>(whole));
        remainder.push_back(exact - whole);
        order.push_back(static_cast<int>(order.size()));
        rest -= counts.back();
    }
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return remainder[static_cast<std::size_t>(a)] > remainder[static_cast<std::size_t>(b)];
    });
    for (std::size_t k = 0; rest > 0 && !order.empty(); k = (k + 1) % order.size(), --rest)
        ++counts[static_cast<std::size_t>(order[k])];
    return counts;
}

std::optional<std::array<int, 3>> fcc_cells(int atoms) {
    if (atoms < 4 || atoms % 4 != 0) return std::nullopt;
    const long cells = atoms / 4;
    for (long nx = static_cast<long>(std::cbrt(static_cast<double>(cells)) + 1e-6); nx >= 1; --nx) {
        if (cells % nx != 0) continue;
        const long face = cells / nx;
        if (static_cast<double>(nx) * 1.5 * 1.5 * static_cast<double>(nx) < static_cast<double>(face)) break;
        for (long ny = static_cast<long>(std::sqrt(static_cast<double>(face)) + 1e-6); ny >= nx; --ny)
            if (face % ny == 0 && 2 * (face / ny) <= 3 * nx)
                return std::array<int, 3>{static_cast<int>(nx), static_cast<int>(ny), static_cast<int>(face / ny)};
    }
    return std::nullopt;
}

}  // namespace mg
