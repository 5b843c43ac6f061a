#pragma once
/// \file Packing of pair points for another rank.

#include "physics/pair_geometry.hpp"

namespace mg {

template <class Real>
struct GatherPointsSweep {
    const int* slot;
    const PairPoint<Real>* point;
    PairPoint<Real>* points;
    MG_HD void operator()(int k) const { points[k] = point[slot[k]]; }
};

}  // namespace mg
