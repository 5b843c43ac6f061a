#pragma once
/// \file 3x3 matrices of doubles, row-major, and symmetric ones as six numbers.

#include "core/vec3.hpp"

namespace mg {

struct Mat3 {
    double m[9] = {0, 0, 0, 0, 0, 0, 0, 0, 0};

    MG_HD double operator()(int row, int column) const { return m[3 * row + column]; }
    MG_HD double& operator()(int row, int column) { return m[3 * row + column]; }
    MG_HD Vec3 column(int k) const { return {m[k], m[3 + k], m[6 + k]}; }
    MG_HD Vec3 row(int k) const { return {m[3 * k], m[3 * k + 1], m[3 * k + 2]}; }
};

MG_HD Mat3 diagonal(double a, double b, double c) { return {{a, 0, 0, 0, b, 0, 0, 0, c}}; }
MG_HD Mat3 identity() { return diagonal(1, 1, 1); }

MG_HD Mat3 operator+(const Mat3& a, const Mat3& b) {
    Mat3 c;
    for (int k = 0; k < 9; ++k) c.m[k] = a.m[k] + b.m[k];
    return c;
}
MG_HD Mat3 operator-(const Mat3& a, const Mat3& b) {
    Mat3 c;
    for (int k = 0; k < 9; ++k) c.m[k] = a.m[k] - b.m[k];
    return c;
}
MG_HD Mat3 operator*(double s, const Mat3& a) {
    Mat3 c;
    for (int k = 0; k < 9; ++k) c.m[k] = s * a.m[k];
    return c;
}
MG_HD Vec3 operator*(const Mat3& a, Vec3 v) {
    return {a.m[0] * v.x + a.m[1] * v.y + a.m[2] * v.z, a.m[3] * v.x + a.m[4] * v.y + a.m[5] * v.z,
            a.m[6] * v.x + a.m[7] * v.y + a.m[8] * v.z};
}
MG_HD Mat3 operator*(const Mat3& a, const Mat3& b) {
    Mat3 c;
    for (int i = 0; i < 3; ++i)
        for (int j = 0; j < 3; ++j) c(i, j) = a(i, 0) * b(0, j) + a(i, 1) * b(1, j) + a(i, 2) * b(2, j);
    return c;
}
MG_HD Mat3 transpose(const Mat3& a) {
    return {{a.m[0], a.m[3], a.m[6], a.m[1], a.m[4], a.m[7], a.m[2], a.m[5], a.m[8]}};
}
MG_HD double trace(const Mat3& a) { return a.m[0] + a.m[4] + a.m[8]; }
MG_HD double determinant(const Mat3& a) { return dot(a.row(0), cross(a.row(1), a.row(2))); }
/// The inverse; undefined where the determinant is zero.
MG_HD Mat3 inverse(const Mat3& a) {
    const Vec3 p = cross(a.row(1), a.row(2)), q = cross(a.row(2), a.row(0)), r = cross(a.row(0), a.row(1));
    const double s = 1.0 / dot(a.row(0), p);
    return {{s * p.x, s * q.x, s * r.x, s * p.y, s * q.y, s * r.y, s * p.z, s * q.z, s * r.z}};
}
/// An upper bound of the spectral norm: sqrt(|A|_1 |A|_inf); exact for diagonal matrices.
MG_HD double norm_bound(const Mat3& a) {
    double rows = 0, columns = 0;
    for (int i = 0; i < 3; ++i) {
        double r = 0, c = 0;
        for (int j = 0; j < 3; ++j) {
            r += a(i, j) < 0 ? -a(i, j) : a(i, j);
            c += a(j, i) < 0 ? -a(j, i) : a(j, i);
        }
        rows = r > rows ? r : rows;
        columns = c > columns ? c : columns;
    }
    return __builtin_sqrt(rows * columns);
}

/// A symmetric 3x3 matrix in Voigt order: xx, yy, zz, yz, xz, xy.
struct Sym3 {
    double xx = 0, yy = 0, zz = 0, yz = 0, xz = 0, xy = 0;
};

MG_HD Sym3 operator+(const Sym3& a, const Sym3& b) {
    return {a.xx + b.xx, a.yy + b.yy, a.zz + b.zz, a.yz + b.yz, a.xz + b.xz, a.xy + b.xy};
}
MG_HD Sym3 operator*(double s, const Sym3& a) { return {s * a.xx, s * a.yy, s * a.zz, s * a.yz, s * a.xz, s * a.xy}; }
MG_HD double trace(const Sym3& a) { return a.xx + a.yy + a.zz; }
MG_HD Sym3 symmetric_outer(Vec3 v) { return {v.x * v.x, v.y * v.y, v.z * v.z, v.y * v.z, v.x * v.z, v.x * v.y}; }
MG_HD Mat3 to_matrix(const Sym3& a) { return {{a.xx, a.xy, a.xz, a.xy, a.yy, a.yz, a.xz, a.yz, a.zz}}; }
/// The upper half of a symmetric matrix.
MG_HD Sym3 to_symmetric(const Mat3& a) { return {a.m[0], a.m[4], a.m[8], a.m[5], a.m[2], a.m[1]}; }

}  // namespace mg
