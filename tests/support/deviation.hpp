#pragma once
/// \file Deviations that tests bound are shown at the end of each test, the largest of each kind with its bound: on
/// another device it is of interest how far below the bound they are.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

namespace mg {

/// The largest deviation of each kind that a test has met, relative to its bound; printed as the test ends.
class Deviations : public testing::EmptyTestEventListener {
public:
    /// `text` is what was compared, as it stands in the test.
    void note(const char* text, double value, double bound) {
        for (Entry& e : entries_)
            if (e.text == text) {
                if (!(value / bound <= e.value / e.bound)) e = {text, value, bound};
                return;
            }
        entries_.push_back({text, value, bound});
    }

private:
    struct Entry {
        std::string text;
        double value, bound;
    };
    std::vector<Entry> entries_;

    void OnTestEnd(const testing::TestInfo&) override {
        for (const Entry& e : entries_)
            std::printf("[deviation ] %.2e of %.1e in %s\n", e.value, e.bound, e.text.c_str());
        entries_.clear();
    }
};

inline Deviations& deviations() {
    // GoogleTest owns its listeners.
    static auto* const made = [] {
        auto* const d = new Deviations;
        testing::UnitTest::GetInstance()->listeners().Append(d);
        return d;
    }();
    return *made;
}
inline const Deviations& listening = deviations();  // before the first test begins

inline double noted(const char* text, double value, double bound) {
    deviations().note(text, value, bound);
    return value;
}

/// The largest difference of two series of one length over the largest element of the second.
inline double largest_relative(const std::vector<double>& a, const std::vector<double>& b) {
    EXPECT_EQ(a.size(), b.size());
    double worst = 0, size = 0;
    for (std::size_t k = 0; k < a.size(); ++k) {
        worst = std::max(worst, std::abs(a[k] - b[k]));
        size = std::max(size, std::abs(b[k]));
    }
    return worst / size;
}

}  // namespace mg

/// EXPECT_LT(value, bound) of a deviation, which is noted.
#define EXPECT_DEVIATION(value, bound) EXPECT_LT(::mg::noted(#value, (value), (bound)), bound)
