#include "app/bench/head.hpp"

#include <omp.h>
#include <unistd.h>

#include <string_view>

#include "core/build_info.hpp"
#include "ops/forces.hpp"

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

#define MG_BENCH_HEAD(Space) \
    template Json head<Space>(const char*, const BenchArguments&, const BenchSystem&, long, const Comm&);
MG_INSTANTIATE(MG_BENCH_HEAD)

}  // namespace mg
