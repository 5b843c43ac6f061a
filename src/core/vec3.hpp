#pragma once
/// \file Three-vectors of doubles.

#include "core/macros.hpp"

namespace mg {

struct Vec3 {
    double x = 0, y = 0, z = 0;
};

MG_HD Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
MG_HD Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
MG_HD Vec3 operator-(Vec3 a) { return {-a.x, -a.y, -a.z}; }
MG_HD Vec3 operator*(double s, Vec3 a) { return {s * a.x, s * a.y, s * a.z}; }
MG_HD Vec3 operator*(Vec3 a, double s) { return s * a; }
MG_HD Vec3& operator+=(Vec3& a, Vec3 b) { return a = a + b; }
MG_HD Vec3& operator-=(Vec3& a, Vec3 b) { return a = a - b; }
MG_HD double dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
MG_HD double norm2(Vec3 a) { return dot(a, a); }
MG_HD Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }

}  // namespace mg
