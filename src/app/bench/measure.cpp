#include "app/bench/measure.hpp"

#include <omp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <numeric>
#include <string_view>

#include "core/build_info.hpp"
#include "io/atomic_file.hpp"

namespace mg {
namespace {

/// A device with its clocks, as they are at the end of a measurement.
Json described(const DeviceInfo& d) {
    return {{"name", d.name},
            {"driver", d.driver},
            {"runtime", d.runtime},
            {"capability", d.capability},
            {"multiprocessors", d.multiprocessors},
            {"memory_bytes", d.memory},
            {"l2_bytes", d.l2},
            {"sm_clock_MHz", d.sm_clock},
            {"memory_clock_MHz", d.memory_clock},
            {"sm_clock_most_MHz", d.sm_clock_most},
            {"memory_clock_most_MHz", d.memory_clock_most}};
}

/// The environment variables that change how the program works, MGSTIFF_*, and their values.
Json settings() {
    Json set = Json::object();
    for (char** variable = environ; *variable; ++variable) {
        const std::string_view text = *variable;
        const std::size_t equals = text.find('=');
        if (text.starts_with("MGSTIFF_") && equals != std::string_view::npos)
            set[std::string(text.substr(0, equals))] = text.substr(equals + 1);
    }
    return set;
}

}  // namespace

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double cpu_seconds() {
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * t.tv_usec; };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double sum_over_ranks(Comm& world, double mine) {
    double sum = 0;
    for (const double value : world.all_gather_value(mine)) sum += value;
    return sum;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return n % 2 ? values[n / 2] : 0.5 * (values[n / 2 - 1] + values[n / 2]);
}

double Repeats::fastest() const { return *std::min_element(wall.begin(), wall.end()); }
double Repeats::slowest() const { return *std::max_element(wall.begin(), wall.end()); }
double Repeats::total() const { return std::accumulate(wall.begin(), wall.end(), 0.0); }

template <class Space>
Json head(const char* name, const BenchArguments& a, const BenchSystem& s, long atoms, const Comm& world) {
    Json j;
    j["benchmark"] = name;
    j["version"] = build::version;
    j["git"] = build::git;
    j["backend"] = Space::name;
    j["device"] = device_name(std::is_same_v<Space, Cuda>);
    if constexpr (std::is_same_v<Space, Cuda>) j["gpu"] = described(device_info(Cuda{}));
    j["instruction_set"] = host_instruction_set();
    j["settings"] = settings();
    j["threads"] = omp_get_max_threads();
    j["potential_sha256"] = s.potential.sha256;
    j["start"] = s.start;
    j["tile"] = s.tile;
    j["atoms"] = atoms;
    j["replicas"] = a.replicas;
    j["ranks"] = world.size();
    j["domains"] = a.domains;
    return j;
}

void add_rates(Json& j, const std::string& unit, double atom_calls, const Repeats& r) {
    j["wall_s"] = r.total();
    j["cpu_s"] = r.cpu;
    j[unit + "_per_s"] = atom_calls / median(r.wall);
    j[unit + "_per_s_min"] = atom_calls / r.slowest();
    j[unit + "_per_s_max"] = atom_calls / r.fastest();
    j[unit + "_per_cpu_s"] = atom_calls * static_cast<double>(r.wall.size()) / r.cpu;
}

void say_result(const Json& result, const std::string& file) {
    const std::string text = result.dump(2) + "\n";  // numbers come back with the same bits
    std::cout << text << std::flush;
    if (!file.empty()) write_file_atomically(file, text);
}

#define MG_BENCH_HEAD(Space) \
    template Json head<Space>(const char*, const BenchArguments&, const BenchSystem&, long, const Comm&);
MG_INSTANTIATE(MG_BENCH_HEAD)

}  // namespace mg
