#pragma once
/// \file Accumulation of displacements during a run.

#include "physics/displacement.hpp"

namespace mg {

/// Mass-weighted displacement of a replica's atoms since the first frame.
struct MassMoment {
    Vec3 moment;
    double mass = 0;
};
MG_HD MassMoment operator+(const MassMoment& a, const MassMoment& b) { return {a.moment + b.moment, a.mass + b.mass}; }

struct MassMomentTerm {
    const double* mass;
    const Vec3* position;
    const Vec3* first;
    MG_HD MassMoment operator()(int i) const { return {mass[i] * (position[i] - first[i]), mass[i]}; }
};

struct AccumulateSweep {
    const int* replica_of;
    const MassMoment* drift;
    const Vec3* position;
    const Vec3* first;
    DisplacementSums* sums;
    MG_HD void operator()(int i) const {
        const MassMoment& m = drift[replica_of[i]];
        const Vec3 u = position[i] - first[i] - (1.0 / m.mass) * m.moment;
        sums[i] = sums[i] + DisplacementSums{u, norm2(u)};
    }
};

}  // namespace mg
