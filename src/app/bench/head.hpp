#pragma once
/// \file What every benchmark of atoms says of its machine and its system.

#include "app/bench/measure.hpp"
#include "app/bench/system.hpp"

namespace mg {

/// The keys that every benchmark of atoms begins with; `atoms` are those of one replica.
template <class Space>
Json head(const char* name, const BenchArguments& a, const BenchSystem& s, long atoms, const Comm& world);

}  // namespace mg
