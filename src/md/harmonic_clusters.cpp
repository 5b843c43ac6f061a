/// \file Blocks of the inverse Hessian from clusters in a smooth medium: Galerkin's approximation in two levels.
///
/// For atoms of a group all displacements of the atoms within `reach` of it are allowed (columns of the unit matrix),
/// and of the whole glass the columns of P, a few smooth displacements per nanometre: (H^-1)_ee is at least
/// e^T Q (Q^T H Q)^-1 Q^T e for Q = [cluster, P], and more of it the more Q allows. With L L^T = H of the cluster,
///
///   W = L^-1 (H P)_cluster,  S = P^T H P - W^T W,  L_s L_s^T = S,  Y = L^-1 e,  V = L_s^-1 (P^T e - W^T Y)
///   (H^-1)_ee = Y^T Y + V^T V
///
/// P starts as hat functions on a regular grid, as finite elements of a homogeneous body have them. A glass does not
/// follow them affinely: Chebyshev's polynomial of D^-1 H (D: the diagonal blocks) takes from P what costs much energy
/// and leaves what is smooth, as multigrid methods by smoothed aggregation do (P. Vanek, J. Mandel, M. Brezina,
/// Computing 56, 179 (1996)). Without it the medium is too stiff by the share of the non-affine modulus.
/// The matrix is H + c/N for equal directions, which lifts the translations to c; 1/(c N) is taken off again.

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <type_traits>

#include <omp.h>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "md/chebyshev.hpp"
#include "md/harmonic.hpp"
#include "ops/cholesky.hpp"
#include "ops/panels.hpp"

namespace mg {
namespace {

constexpr double smoothed_part = 60;  // Chebyshev's interval reaches down to this part of the largest eigenvalue
constexpr int panels_at_a_time = 6;

/// Fractions of the cell by slot.
std::vector<Vec3> fractions(const Structure& s, const std::vector<int>& atom_of_slot) {
    std::vector<Vec3> result;
    for (const int atom : atom_of_slot) result.push_back(wrap_fractions(s.box.inverse * s.position[atom]));
    return result;
}

/// Cells of about `length` along each vector of the box.
std::array<int, 3> grid_of(const Box& box, double length) {
    const Vec3 w = perpendicular_widths(box);
    const auto cells = [&](double width) { return std::max(1, static_cast<int>(std::lround(width / length))); };
    return {cells(w.x), cells(w.y), cells(w.z)};
}

/// The hat functions' panels [first, first + panels): column 3 node + direction.
void add_hats(const std::vector<Vec3>& fraction, const std::array<int, 3>& n, int first, int panels,
              std::vector<double>& value) {
    const long slots = static_cast<long>(fraction.size());
    value.assign(static_cast<std::size_t>(panels) * 3 * slots * panel_width, 0.0);
    for (long slot = 0; slot < slots; ++slot) {
        const double s[3] = {fraction[slot].x, fraction[slot].y, fraction[slot].z};
        int cell[3];
        double part[3];
        for (int k = 0; k < 3; ++k) {
            cell[k] = std::min(static_cast<int>(s[k] * n[k]), n[k] - 1);
            part[k] = s[k] * n[k] - cell[k];
        }
        for (int corner = 0; corner < 8; ++corner) {
            double weight = 1;
            int node = 0;
            for (int k = 2; k >= 0; --k) {
                const int up = corner >> k & 1;
                weight *= up ? part[k] : 1 - part[k];
                node = node * n[k] + (cell[k] + up) % n[k];
            }
            for (int k = 0; k < 3; ++k) {
                const int column = 3 * node + k, panel = column / panel_width - first;
                if (panel >= 0 && panel < panels)
                    value[((static_cast<long>(panel) * slots + slot) * 3 + k) * panel_width + column % panel_width] +=
                        weight;
            }
        }
    }
}

/// Atoms whose blocks are wanted, and all that are free with them, the former first; both by slot.
struct Cluster {
    std::vector<int> free;
    int own = 0;
};

std::vector<Cluster> make_clusters(const Structure& s, const std::vector<int>& atom_of_slot,
                                   const ClusterOptions& options) {
    const std::vector<Vec3> fraction = fractions(s, atom_of_slot);
    const std::array<int, 3> n = grid_of(s.box, options.group);
    std::vector<Cluster> clusters(static_cast<std::size_t>(n[0]) * n[1] * n[2]);
    const int slots = static_cast<int>(fraction.size());
    for (int slot = 0; slot < slots; ++slot) {
        const double f[3] = {fraction[slot].x, fraction[slot].y, fraction[slot].z};
        int cell = 0;
        for (int k = 2; k >= 0; --k) cell = cell * n[k] + std::min(static_cast<int>(f[k] * n[k]), n[k] - 1);
        clusters[cell].free.push_back(slot);
        ++clusters[cell].own;
    }
    std::erase_if(clusters, [](const Cluster& c) { return c.own == 0; });
    const double reach2 = options.reach * options.reach;
#pragma omp parallel for schedule(dynamic)
    for (std::size_t k = 0; k < clusters.size(); ++k) {
        Cluster& c = clusters[k];
        std::vector<char> is_own(slots, 0);
        for (const int slot : c.free) is_own[slot] = 1;
        for (int slot = 0; slot < slots; ++slot) {
            if (is_own[slot]) continue;
            for (int j = 0; j < c.own; ++j)
                if (norm2(s.box.h * nearest_difference(fraction[c.free[j]], fraction[slot])) < reach2) {
                    c.free.push_back(slot);
                    break;
                }
        }
    }
    return clusters;
}

/// Matrices of one cluster at a time.
template <class Space>
struct Workspace {
    std::vector<int> place;  ///< (slots) -1 but while a cluster is at work
    Array<int, Space> chosen, places;
    Array<double, Space> h, w, s, v;
    Array<Sym3, Space> block;
};

/// Blocks of the cluster's own atoms; false where a matrix is not positive definite.
template <class Space>
bool solve_cluster(const Hessian<Space>& hessian, const ClusterMedium<Space>& m, const Cluster& c, Workspace<Space>& w,
                   std::vector<Sym3>& result) {
    const int atoms = static_cast<int>(c.free.size()), n = 3 * atoms, own = 3 * c.own;
    w.place.resize(hessian.slots, -1);
    for (int k = 0; k < atoms; ++k) w.place[c.free[k]] = k;
    copy(to_space<Space>(c.free), w.chosen);
    copy(to_space<Space>(w.place), w.places);
    for (const int slot : c.free) w.place[slot] = -1;
    w.h.resize(static_cast<std::size_t>(n) * n);
    assemble_block(hessian, w.chosen.data(), atoms, w.places.data(), lifted_translations / hessian.slots, w.h.data(),
                   n);
    if (factor(Space{}, n, w.h.data(), n) != 0) return false;
    // W and Y side by side.
    w.w.resize(static_cast<std::size_t>(n) * (m.columns + own));
    double* const y = w.w.data() + static_cast<long>(n) * m.columns;
    gather_rows(m.hp, m.columns, w.chosen.data(), atoms, m.lift.data(), w.w.data(), 1, n);
    set_unit_columns(Space{}, n, own, y, n);
    solve_lower(Space{}, n, m.columns + own, w.h.data(), n, w.w.data(), n);
    copy(m.php, w.s);
    subtract_gram(Space{}, m.columns, n, w.w.data(), n, w.s.data(), m.columns);
    if (factor(Space{}, m.columns, w.s.data(), m.columns) != 0) return false;
    // V, transposed: P^T e - W^T Y for the own atoms.
    w.v.resize(static_cast<std::size_t>(m.columns) * own);
    gather_rows(m.p, m.columns, w.chosen.data(), c.own, nullptr, w.v.data(), m.columns, 1);
    add_product(Space{}, m.columns, own, n, -1.0, w.w.data(), n, y, n, w.v.data(), m.columns);
    solve_lower(Space{}, m.columns, own, w.s.data(), m.columns, w.v.data(), m.columns);
    w.block.resize(static_cast<std::size_t>(c.own));
    fill_zero(w.block);
    add_gram_blocks(Space{}, c.own, n, y, n, w.block.data());
    add_gram_blocks(Space{}, c.own, m.columns, w.v.data(), m.columns, w.block.data());
    const std::vector<Sym3> block = to_host(w.block);
    for (int k = 0; k < c.own; ++k) result[c.free[k]] = without_translations(block[k], hessian.slots);
    return true;
}

/// On the host each thread has a cluster of its own; the device is filled by one.
template <class Space>
constexpr bool on_threads = std::is_same_v<Space, Host>;

/// body(worker, k) for k in [0, count), each k on one of the workers. It must not throw on the host.
template <class Space, class Body>
void for_each_cluster(int count, const Body& body) {
    if constexpr (on_threads<Space>) {
#pragma omp parallel for schedule(dynamic)
        for (int k = 0; k < count; ++k) body(omp_get_thread_num(), k);
    } else {
        for (int k = 0; k < count; ++k) body(0, k);
    }
}

}  // namespace

template <class Space>
std::optional<ClusterMedium<Space>> make_medium(const Hessian<Space>& h, const Structure& s,
                                                const ClusterOptions& options, const std::function<bool()>& give_up) {
    const std::array<int, 3> n = grid_of(s.box, options.coarse);
    const std::vector<Vec3> fraction = fractions(s, h.atom_of_slot);
    ClusterMedium<Space> m;
    m.columns = 3 * n[0] * n[1] * n[2];
    const int panels = (m.columns + panel_width - 1) / panel_width;
    m.p = Panels<Space>(h.slots, panels);
    m.hp = Panels<Space>(h.slots, panels);
    const Array<Mat3, Space> inverse = inverse_diagonal_blocks(h);
    const double largest = largest_eigenvalue(h, inverse);
    const SpectralInterval rough{largest / smoothed_part, 1.1 * largest};
    const long panel_size = 3L * h.slots * panel_width;
    Array<double, Space> work;
    std::vector<double> hats, lift(3 * static_cast<std::size_t>(m.columns));
    for (int first = 0; first < panels; first += panels_at_a_time) {
        if (give_up && give_up()) return std::nullopt;
        const int count = std::min(panels_at_a_time, panels - first);
        Panels<Space> p(h.slots, count), hp(h.slots, count);
        add_hats(fraction, n, first, count, hats);
        copy(to_space<Space>(hats), p.value);
        chebyshev_filter(h, inverse, rough, options.smoothing, p);
        multiply(h, p, hp, work);
        const auto bytes = static_cast<std::size_t>(count * panel_size) * sizeof(double);
        copy_bytes(Space{}, p.value.data(), Space{}, m.p.value.data() + first * panel_size, bytes);
        copy_bytes(Space{}, hp.value.data(), Space{}, m.hp.value.data() + first * panel_size, bytes);
        const std::vector<double> smooth_p = to_host(p.value);
        for (int c = first * panel_width; c < std::min(m.columns, (first + count) * panel_width); ++c)
            for (int i = 0; i < 3; ++i) {
                double sum = 0;
                for (int slot = 0; slot < h.slots; ++slot)
                    sum += smooth_p[(c / panel_width - first) * panel_size + (3L * slot + i) * panel_width +
                                    c % panel_width];
                lift[3 * static_cast<std::size_t>(c) + i] = lifted_translations / h.slots * sum;
            }
    }
    m.lift = to_space<Space>(lift);
    // P^T H P, some rows at a time.
    m.php = Array<double, Space>(static_cast<std::size_t>(m.columns) * m.columns);
    fill_zero(m.php);
    std::vector<int> all(h.slots);
    std::iota(all.begin(), all.end(), 0);
    const Array<int, Space> slots = to_space<Space>(all);
    constexpr int rows_at_a_time = 512;
    Array<double, Space> p_rows(3L * rows_at_a_time * m.columns), hp_rows(p_rows.size());
    for (int first = 0; first < h.slots; first += rows_at_a_time) {
        const int count = std::min(rows_at_a_time, h.slots - first), rows = 3 * count;
        gather_rows(m.p, m.columns, slots.data() + first, count, nullptr, p_rows.data(), 1, rows);
        gather_rows(m.hp, m.columns, slots.data() + first, count, m.lift.data(), hp_rows.data(), 1, rows);
        add_product(Space{}, m.columns, m.columns, rows, 1.0, p_rows.data(), rows, hp_rows.data(), rows, m.php.data(),
                    m.columns);
    }
    // Of what a cluster can do alone nothing but rounding would be left in S.
    scale_diagonal(Space{}, m.columns, 1 + 1e-9, m.php.data(), m.columns);
    return m;
}

template <class Space>
std::optional<std::vector<Sym3>> cluster_compliance(const Hessian<Space>& h, const Structure& s,
                                                    const ClusterMedium<Space>& medium, const ClusterOptions& options,
                                                    const std::function<bool()>& give_up) {
    const std::vector<Cluster> clusters = make_clusters(s, h.atom_of_slot, options);
    std::vector<Workspace<Space>> workspaces(on_threads<Space> ? omp_get_max_threads() : 1);
    std::vector<Sym3> result(h.slots);
    std::atomic<bool> stopped{false}, unstable{false};
    for_each_cluster<Space>(static_cast<int>(clusters.size()), [&](int worker, int k) {
        if (stopped || unstable) return;
        if (worker == 0 && give_up && give_up()) stopped = true;
        if (!solve_cluster(h, medium, clusters[k], workspaces[worker], result)) unstable = true;
    });
    if (stopped) return std::nullopt;
    if (unstable) throw not_a_minimum("a group of atoms and those around it");
    return result;
}

#define MG_HARMONIC_CLUSTERS(Space)                                                                                  \
    template std::optional<ClusterMedium<Space>> make_medium(const Hessian<Space>&, const Structure&,                \
                                                             const ClusterOptions&, const std::function<bool()>&);   \
    template std::optional<std::vector<Sym3>> cluster_compliance(const Hessian<Space>&, const Structure&,            \
                                                                 const ClusterMedium<Space>&, const ClusterOptions&, \
                                                                 const std::function<bool()>&);
MG_INSTANTIATE(MG_HARMONIC_CLUSTERS)

}  // namespace mg
