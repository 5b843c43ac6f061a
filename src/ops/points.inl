/// \file Generic body of gather_points; compiled for Host by points.cpp and for Cuda by cuda/points.cu.

#include "ops/domain.hpp"
#include "sweeps/points.hpp"

#define MG_POINT_OPS(Space)                                                                                    \
    template <class Real>                                                                                      \
    void mg::gather_points(mg::Space, int count, const int* slot, const PairPoint<Real>* point,                \
                           PairPoint<Real>* points) {                                                          \
        for_each(mg::Space{}, count, GatherPointsSweep<Real>{slot, point, points});                            \
    }                                                                                                          \
    template void mg::gather_points(mg::Space, int, const int*, const PairPoint<double>*, PairPoint<double>*); \
    template void mg::gather_points(mg::Space, int, const int*, const PairPoint<float>*, PairPoint<float>*);
