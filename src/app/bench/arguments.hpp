#pragma once
/// \file What the benchmarks of atoms are asked for: which system, on what, how often.

#include <fmt/format.h>

#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "ops/forces.hpp"

namespace CLI {
class App;
}

namespace mg {

class Comm;

/// Options of bench md, rdf and artn. Skin and domains can be chosen for md alone.
struct BenchArguments {
    long atoms = 4000;
    int replicas = 1;
    int domains = 1;
    std::string structure;
    std::vector<int> tile = {1, 1, 1};
    int melt_atoms = 4000;
    std::string potential;
    std::vector<std::string> elements;
    std::string precision = "mixed", backend = "auto";
    double temperature = 300;    // [K]
    std::optional<double> skin;  // [A]
    int repeat = 5;
    std::string json;
};

/// Throws InputError, which names the option, where the value is not in [least, most].
template <class T>
void require_range(const char* option, T value, T least, T most) {
    if (!(value >= least && value <= most))
        throw InputError(fmt::format("{} {} is out of range", option, value),
                         fmt::format("it takes {} to {}", least, most), "give a number in that range");
}

void add_common_arguments(CLI::App& command, BenchArguments& a);

/// Throws InputError for values out of range, and for replicas and domains that do not go with the number of ranks.
void check_common_arguments(const BenchArguments& a, const Comm& world);

/// Throws InputError where a result cannot be written to the file of that name; an empty name is none.
void check_output(const std::string& name);

Precision precision_of(const BenchArguments& a);

}  // namespace mg
