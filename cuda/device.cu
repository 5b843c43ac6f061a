// The device's description and its clocks: the device's half of core/device.hpp.

#include "core/device.hpp"

#include <dlfcn.h>

#include "stream.cuh"

namespace mg {
namespace {

/// Reads clocks and the driver's version by NVIDIA's management library, which comes with the driver. Its header comes
/// with no compiler, so what is used of its (stable) binary interface is declared here.
void ask_management_library(int device, DeviceInfo& info) {
    void* const opened = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!opened) return;
    using Handle = void*;
    constexpr int sm = 1, memory = 2;  // nvmlClockType_t
    const auto find = [&](const char* name, auto& function) {
        function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(opened, name));
        return function != nullptr;
    };
    int (*init)();
    int (*driver_version)(char*, unsigned);
    int (*by_bus)(const char*, Handle*);
    int (*clock)(Handle, int, unsigned*);
    int (*most_clock)(Handle, int, unsigned*);
    char bus[32] = {}, text[96] = {};
    Handle handle = nullptr;
    if (!find("nvmlInit_v2", init) || !find("nvmlSystemGetDriverVersion", driver_version) ||
        !find("nvmlDeviceGetHandleByPciBusId_v2", by_bus) || !find("nvmlDeviceGetClockInfo", clock) ||
        !find("nvmlDeviceGetMaxClockInfo", most_clock) || init() != 0)
        return;
    if (driver_version(text, sizeof text) == 0) info.driver = text;
    if (cudaDeviceGetPCIBusId(bus, sizeof bus, device) != cudaSuccess || by_bus(bus, &handle) != 0) return;
    const auto ask = [&](int (*function)(Handle, int, unsigned*), int which) {
        unsigned value = 0;
        return function(handle, which, &value) == 0 ? static_cast<int>(value) : 0;
    };
    info.sm_clock = ask(clock, sm);
    info.memory_clock = ask(clock, memory);
    info.sm_clock_most = ask(most_clock, sm);
    info.memory_clock_most = ask(most_clock, memory);
}

/// A pair of events, made once: creating them takes longer than a small kernel.
struct Events {
    cudaEvent_t begin = nullptr, end = nullptr;
    Events() {
        check(cudaEventCreate(&begin), "make an event");
        check(cudaEventCreate(&end), "make an event");
    }
};

}  // namespace

DeviceInfo device_info(Cuda) {
    DeviceInfo info;
    int device = 0, driver = 0;
    cudaDeviceProp properties{};
    check(cudaGetDevice(&device), "say which device is in use");
    check(cudaGetDeviceProperties(&properties, device), "describe itself");
    check(cudaDriverGetVersion(&driver), "say its driver's version");
    check(cudaRuntimeGetVersion(&info.runtime), "say its runtime's version");
    info.name = properties.name;
    info.driver = "for CUDA " + std::to_string(driver / 1000) + "." + std::to_string(driver % 1000 / 10);
    info.capability = 10 * properties.major + properties.minor;
    info.multiprocessors = properties.multiProcessorCount;
    info.memory = static_cast<double>(properties.totalGlobalMem);
    info.l2 = properties.l2CacheSize;
    ask_management_library(device, info);
    return info;
}

double seconds_of(Cuda, const std::function<void()>& f) {
    // Never destroyed: the driver may have gone by then.
    static const Events& events = *new Events;
    check(cudaEventRecord(events.begin, stream()), "record an event");
    f();
    check(cudaEventRecord(events.end, stream()), "record an event");
    check(cudaEventSynchronize(events.end), "finish its work");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, events.begin, events.end), "tell the time between two events");
    return 1e-3 * milliseconds;
}

}  // namespace mg
