#pragma once
/// \file What the device is, and how long work takes there; cuda/device.cu defines these.

#include <functional>
#include <string>

#include "core/space.hpp"

namespace mg {

/// A GPU as driver and runtime describe it. Clocks are those of the moment; 0 where the driver's library for them
/// (libnvidia-ml) is absent.
struct DeviceInfo {
    std::string name, driver;  ///< the driver's version, or that of the CUDA it supports where only this is known
    int runtime = 0;           ///< version of the CUDA runtime, 1000 major + 10 minor
    int capability = 0;        ///< compute capability, 10 major + minor
    int multiprocessors = 0;
    double memory = 0, l2 = 0;                     ///< [bytes]
    int sm_clock = 0, memory_clock = 0;            ///< [MHz] now
    int sm_clock_most = 0, memory_clock_most = 0;  ///< [MHz]
};

/// The device in use. Throws Error where there is none.
DeviceInfo device_info(Cuda);

/// Seconds from the beginning to the end of the work that f() gives to the device, by events there, which see neither
/// how long the host takes to wait nor what was given before.
double seconds_of(Cuda, const std::function<void()>& f);

}  // namespace mg
