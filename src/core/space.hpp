#pragma once
/// \file Space: a tag that says where data live and where work runs.

namespace mg {

struct Host {
    static constexpr const char* name = "host";
};

struct Cuda {
    static constexpr const char* name = "cuda";
};

}  // namespace mg
