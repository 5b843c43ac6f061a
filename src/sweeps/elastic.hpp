#pragma once
/// \file Sweeps of the learned elastic network: springs from parameters, and derivatives by them.

#include "physics/elastic_network.hpp"
#include "sweeps/hessian.hpp"

namespace mg {

/// A structure as the network sees it, by slot.
struct ElasticView {
    int slots, density_basis, species;
    int parameters;     ///< those of V' first, then those of g, (species, species, density_basis), then c (species)
    int first_density;  ///< where those of g begin
    int first_cubic;    ///< and c
    const int* kind;    ///< (slots) species
    const int* first;   ///< (slots + 1)
    const ElasticBond* bond;
    const double* integral;  ///< (slots, species, density_basis) sum_j G of each B-spline, less its mean

    /// Parameters of g of the atoms of a slot's species, for all neighbours.
    MG_HD int densities_of(int slot) const { return first_density + kind[slot] * species * density_basis; }
    MG_HD ElasticEmbedding embedding(const double* parameter, const double* s, int slot) const {
        return elastic_embedding(s[slot], parameter[first_cubic + kind[slot]]);
    }
    MG_HD const double* integrals(int slot) const {
        return integral + static_cast<long>(slot) * species * density_basis;
    }
};

MG_HD double combination(const double* parameter, const double* basis) {
    return parameter[0] * basis[0] + parameter[1] * basis[1] + parameter[2] * basis[2] + parameter[3] * basis[3];
}

/// s of each atom.
struct ElasticDensitySweep {
    ElasticView e;
    const double* parameter;
    double* s;  ///< (slots)

    MG_HD void operator()(int slot) const {
        const double* const p = parameter + e.densities_of(slot);
        const double* const q = e.integrals(slot);
        double sum = 0;
        for (int k = 0; k < e.species * e.density_basis; ++k) sum += p[k] * q[k];
        s[slot] = sum;
    }
};

/// The springs of a slot's bonds, whose directions and neighbours are there already, and the force on its atom.
struct ElasticBondSweep {
    ElasticView e;
    const double* parameter;
    const double* s;
    HessianBond* bond;
    double* curvature;  ///< (slots) F''
    Vec3* force;
    double* virial;  ///< [eV] (slots) sum_j f_ij r_ij

    MG_HD void operator()(int slot) const {
        Vec3 sum;
        double tensions = 0;
        const ElasticEmbedding own = e.embedding(parameter, s, slot);
        curvature[slot] = own.curvature;
        for (int k = e.first[slot]; k < e.first[slot + 1]; ++k) {
            const ElasticBond& b = e.bond[k];
            HessianBond& h = bond[k];
            const double mine = own.slope, other = e.embedding(parameter, s, h.neighbor).slope;
            h.here = combination(parameter + b.here, b.value);
            h.there = combination(parameter + b.there, b.value);
            const double tension = combination(parameter + b.pair, b.pair_value) + mine * h.here + other * h.there;
            const double along = combination(parameter + b.pair, b.pair_slope) +
                                 mine * combination(parameter + b.here, b.slope) +
                                 other * combination(parameter + b.there, b.slope);
            h.perpendicular = tension * b.inverse_length;
            h.excess = along - h.perpendicular;
            sum += tension * Vec3{h.x, h.y, h.z};
            tensions += tension / b.inverse_length;
        }
        force[slot] = sum;
        virial[slot] = tensions;
    }
};

/// Rows 3 slot + i of the derivatives of the forces by the parameters, (3 slots, parameters), column-major, and of the
/// virials, (slots, parameters).
struct ElasticForceSweep {
    ElasticView e;
    const double* parameter;
    const double* s;
    const HessianBond* bond;
    double *row, *virial;

    /// `value` times what a tension of 1 does along `u`, of a length r.
    MG_HD void add(int slot, int parameter, double value, Vec3 u, double r) const {
        double* const at = row + parameter * (3L * e.slots) + 3L * slot;
        at[0] += value * u.x;
        at[1] += value * u.y;
        at[2] += value * u.z;
        virial[static_cast<long>(parameter) * e.slots + slot] += value * r;
    }
    MG_HD void operator()(int slot) const {
        for (int p = 0; p < e.parameters; ++p) {
            for (int i = 0; i < 3; ++i) row[p * (3L * e.slots) + 3L * slot + i] = 0;
            virial[static_cast<long>(p) * e.slots + slot] = 0;
        }
        const int per_atom = e.species * e.density_basis;
        const ElasticEmbedding mine = e.embedding(parameter, s, slot);
        Vec3 own;
        double own_virial = 0;
        for (int k = e.first[slot]; k < e.first[slot + 1]; ++k) {
            const ElasticBond& b = e.bond[k];
            const HessianBond& h = bond[k];
            const Vec3 u{h.x, h.y, h.z};
            const double r = 1 / b.inverse_length;
            const ElasticEmbedding other = e.embedding(parameter, s, h.neighbor);
            for (int j = 0; j < 4; ++j) {
                if (b.pair_value[j] != 0) add(slot, b.pair + j, b.pair_value[j], u, r);
                if (b.value[j] == 0) continue;
                add(slot, b.here + j, mine.slope * b.value[j], u, r);
                add(slot, b.there + j, other.slope * b.value[j], u, r);
            }
            own += h.here * u;
            own_virial += h.here * r;
            const double* const q = e.integrals(h.neighbor);
            for (int j = 0; j < per_atom; ++j)
                add(slot, e.densities_of(h.neighbor) + j, other.curvature * h.there * q[j], u, r);
            add(slot, e.first_cubic + e.kind[h.neighbor], other.slope_by_c * h.there, u, r);
        }
        const double* const q = e.integrals(slot);
        for (int j = 0; j < per_atom; ++j) add(slot, e.densities_of(slot) + j, mine.curvature * q[j], own, own_virial);
        add(slot, e.first_cubic + e.kind[slot], mine.slope_by_c, own, own_virial);
    }
};

/// Labels whose three vectors stand side by side in a panel; one column is left over.
inline constexpr int labels_per_panel = panel_width / 3;
/// Slots whose share of a derivative one index sums.
inline constexpr int elastic_chunk = 128;

/// partial (panels, chunks, labels_per_panel, parameters): the chunk's share of d tr (H^-1)_ii / d parameter, for the
/// labels of a panel of x = H^-1 e. Cost: some 100 operations for each directed bond and label.
struct ElasticGradientSweep {
    ElasticView e;
    int chunks;
    const double* parameter;
    const double* s;
    const HessianBond* bond;
    const double* x;  ///< (panels, 3 slots, panel_width)
    double* partial;

    MG_HD void operator()(int index) const {
        const int panel = index / chunks, chunk = index % chunks;
        const int begin = chunk * elastic_chunk,
                  end = begin + elastic_chunk < e.slots ? begin + elastic_chunk : e.slots;
        double* const out = partial + static_cast<long>(index) * labels_per_panel * e.parameters;
        for (int k = 0; k < labels_per_panel * e.parameters; ++k) out[k] = 0;
        const double* const from = x + 3L * panel * e.slots * panel_width;
        for (int slot = begin; slot < end; ++slot) slot_share(slot, from, out);
    }

private:
    MG_HD void slot_share(int slot, const double* from, double* out) const {
        const double* const mine = from + 3L * slot * panel_width;
        const int per_atom = e.species * e.density_basis;
        const ElasticEmbedding own = e.embedding(parameter, s, slot);
        const double cubic = parameter[e.first_cubic + e.kind[slot]];
        double q[panel_width], by_slope[labels_per_panel];
        for (int c = 0; c < panel_width; ++c) q[c] = 0;
        for (int l = 0; l < labels_per_panel; ++l) by_slope[l] = 0;
        for (int k = e.first[slot]; k < e.first[slot + 1]; ++k) {
            const ElasticBond& b = e.bond[k];
            const HessianBond& h = bond[k];
            double along[panel_width], total[panel_width];
            differences(mine, from + 3L * h.neighbor * panel_width, h, along, total);
            for (int c = 0; c < panel_width; ++c) q[c] -= h.here * along[c];
            const double slope = combination(parameter + b.here, b.slope);
            for (int l = 0; l < labels_per_panel; ++l) {
                double par = 0, across = 0;
                for (int w = 3 * l; w < 3 * l + 3; ++w) {
                    par += along[w] * along[w];
                    across += total[w] - along[w] * along[w];
                }
                const double by_par = -par, by_tension = -across * b.inverse_length;
                by_slope[l] += by_par * slope + by_tension * h.here;
                double* const at = out + static_cast<long>(l) * e.parameters;
                for (int j = 0; j < 4; ++j) {
                    at[b.pair + j] += 0.5 * (by_par * b.pair_slope[j] + by_tension * b.pair_value[j]);
                    at[b.here + j] += own.slope * (by_par * b.slope[j] + by_tension * b.value[j]);
                }
            }
        }
        for (int k = e.first[slot]; k < e.first[slot + 1]; ++k) {
            const ElasticBond& b = e.bond[k];
            const HessianBond& h = bond[k];
            double along[panel_width], total[panel_width];
            differences(mine, from + 3L * h.neighbor * panel_width, h, along, total);
            for (int l = 0; l < labels_per_panel; ++l) {
                double sum = 0;
                for (int w = 3 * l; w < 3 * l + 3; ++w) sum += q[w] * along[w];
                double* const at = out + static_cast<long>(l) * e.parameters;
                for (int j = 0; j < 4; ++j) at[b.here + j] += 2 * own.curvature * sum * b.value[j];
            }
        }
        const double* const integrals = e.integrals(slot);
        for (int l = 0; l < labels_per_panel; ++l) {
            double by_curvature = 0;
            for (int w = 3 * l; w < 3 * l + 3; ++w) by_curvature -= q[w] * q[w];
            double* const row = out + static_cast<long>(l) * e.parameters;
            double* const at = row + e.densities_of(slot);
            const double by_s = own.curvature * by_slope[l] + cubic * by_curvature;
            for (int j = 0; j < per_atom; ++j) at[j] += by_s * integrals[j];
            row[e.first_cubic + e.kind[slot]] += own.slope_by_c * by_slope[l] + own.curvature_by_c * by_curvature;
        }
    }
    /// u . (x_i - x_j) and |x_i - x_j|^2 of each column.
    MG_HD static void differences(const double* mine, const double* other, const HessianBond& h, double* along,
                                  double* total) {
        for (int c = 0; c < panel_width; ++c) {
            const double dx = mine[c] - other[c], dy = mine[panel_width + c] - other[panel_width + c],
                         dz = mine[2 * panel_width + c] - other[2 * panel_width + c];
            along[c] = h.x * dx + h.y * dy + h.z * dz;
            total[c] = dx * dx + dy * dy + dz * dz;
        }
    }
};

/// gradient (panels, labels_per_panel, parameters): the chunks' shares in their order.
struct ElasticGradientFinishSweep {
    int chunks, row;  ///< of labels_per_panel * parameters
    const double* partial;
    double* gradient;

    MG_HD void operator()(int index) const {
        const int panel = index / row, k = index % row;
        double sum = 0;
        for (int c = 0; c < chunks; ++c) sum += partial[(static_cast<long>(panel) * chunks + c) * row + k];
        gradient[index] = sum;
    }
};

}  // namespace mg
