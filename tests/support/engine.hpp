#pragma once
/// \file The engine's ops in either space, on small triclinic batches, checked against the oracle. The parity tests
/// run these on the host and on the device, and compare the two.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/batch.hpp"
#include "core/error.hpp"
#include "core/units.hpp"
#include "ops/displacement.hpp"
#include "ops/forces.hpp"
#include "ops/integrate.hpp"
#include "ops/minimize.hpp"
#include "ops/neighbors.hpp"
#include "ops/radial.hpp"
#include "ops/replay.hpp"
#include "ops/shells.hpp"
#include "support/deviation.hpp"
#include "support/oracle.hpp"

namespace mg::engine_test {

inline constexpr double skin = 0.5;

inline const EamPotential& potential() {
    static const EamPotential p = oracle::analytic_potential(2, true);
    return p;
}

/// Liquid-like triclinic alloys of 256, 500, 256, ... atoms, positions unwrapped, velocities of about 600 K.
inline std::vector<Structure> structures(int replicas) {
    std::vector<Structure> out;
    for (int r = 0; r < replicas; ++r) {
        Structure s = oracle::triclinic_alloy(r % 2 == 0 ? 4 : 5, 2, 100 + 10 * r);
        oracle::unwrap_randomly(s, 2, 105 + 10 * r);
        oracle::Random random(107 + 10 * r);
        for (int i = 0; i < s.size(); ++i) {
            const double a = random.between(-4, 4), b = random.between(-4, 4);
            s.velocity.push_back({a, b, random.between(-4, 4)});
        }
        out.push_back(s);
    }
    return out;
}

template <class Space>
Batch<Space> batch_of(const std::vector<Structure>& s) {
    return make_batch<Space>(s, s[0].elements, s[0].masses);
}

/// Largest |a - b| of two arrays of doubles or of structs of doubles.
template <class T>
double largest_difference(const std::vector<T>& a, const std::vector<T>& b) {
    static_assert(sizeof(T) % sizeof(double) == 0);
    EXPECT_EQ(a.size(), b.size());
    const auto* x = reinterpret_cast<const double*>(a.data());
    const auto* y = reinterpret_cast<const double*>(b.data());
    double largest = 0;
    for (std::size_t k = 0; k < std::min(a.size(), b.size()) * (sizeof(T) / sizeof(double)); ++k)
        if (!(std::abs(x[k] - y[k]) <= largest)) largest = std::abs(x[k] - y[k]);  // NaN counts as different
    return largest;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// ---- Neighbours --------------------------------------------------------------------------------------------------

/// For each atom its neighbours in the rows, as atoms, in the order of the rows; also checks the species' groups.
template <class Space>
std::vector<std::vector<int>> rows_of(const Neighbors<Space>& n, const Batch<Space>& b) {
    const FullRows<Space> full = full_rows(b, n);
    const std::vector<int> row = to_host(full.row), end = to_host(full.row_end), atom = to_host(n.cells.atom_of_slot);
    const std::vector<int> species = to_host(b.species_of);
    const RowLayout<Space> layout = full.layout;
    std::vector<std::vector<int>> out(b.atoms);
    for (int slot = 0; slot < b.atoms; ++slot) {
        int k = 0;
        for (int t = 0; t < n.species; ++t)
            for (; k < end[slot * n.species + t]; ++k) {
                const int j = atom.at(row[layout(slot, k)]);
                EXPECT_EQ(species[j], t);
                out[atom[slot]].push_back(j);
            }
    }
    return out;
}

/// The same from the oracle, each sorted.
inline std::vector<std::vector<int>> oracle_rows(const std::vector<Structure>& structures, double reach) {
    std::vector<std::vector<int>> out;
    for (const Structure& s : structures) {
        const int first = static_cast<int>(out.size());
        out.resize(first + s.size());
        for (const oracle::Neighbor& p : oracle::neighbors(s.position, s.box, reach))
            out[first + p.i].push_back(first + p.j);
        for (int i = 0; i < s.size(); ++i) std::sort(out[first + i].begin(), out[first + i].end());
    }
    return out;
}

inline std::vector<std::vector<int>> sorted(std::vector<std::vector<int>> rows) {
    for (auto& row : rows) std::sort(row.begin(), row.end());
    return rows;
}

/// Rows of a first build, of a build after atoms of the last replica have moved, and of longer rows.
template <class Space>
void expect_rows_of_the_oracle(int replicas) {
    std::vector<Structure> s = structures(replicas);
    Batch<Space> b = batch_of<Space>(s);
    Neighbors<Space> n = make_neighbors(b, potential().cutoff, skin);
    const double reach = potential().cutoff + skin;
    ASSERT_EQ(sorted(rows_of(n, b)), oracle_rows(s, reach));

    // Within half a skin, nothing is built; the last replica then moves further than that.
    std::vector<Vec3> x = to_host(b.position);
    for (Vec3& v : x) v += Vec3{0.1, -0.1, 0.1};
    copy(to_space<Space>(x), b.position);
    update_neighbors(b, n);
    EXPECT_EQ(to_host(n.builds), std::vector<int>(replicas, 0));
    oracle::displace(s.back(), 0.4, 77);
    std::copy(s.back().position.begin(), s.back().position.end(), x.end() - s.back().size());
    copy(to_space<Space>(x), b.position);
    update_neighbors(b, n);
    std::vector<int> builds(replicas, 0);
    builds.back() = 1;
    EXPECT_EQ(to_host(n.builds), builds);
    const auto before = rows_of(n, b);
    EXPECT_EQ(sorted(before), oracle_rows(s, reach));
    EXPECT_EQ(to_host(b.incident)[0].count, 0);

    grow_rows(b, n, n.capacity + 1);
    EXPECT_EQ(rows_of(n, b), before);
}

// ---- Forces ------------------------------------------------------------------------------------------------------

/// Made once, and never destroyed: static destructors run after the driver has gone.
template <class Space>
const EamTables<Space>& tables() {
    static const auto& made = *new EamTables<Space>(make_eam_tables<Space>(potential()));
    return made;
}

struct Forces {
    std::vector<Vec3> force;
    std::vector<double> local_energy, energy;
    std::vector<Sym3> virial;
};

inline double root_mean_square(const std::vector<Vec3>& v) {
    double sum = 0;
    for (const Vec3& x : v) sum += norm2(x);
    return std::sqrt(sum / (3.0 * static_cast<double>(v.size())));
}

template <class Space>
Forces forces_of(const std::vector<Structure>& s, Precision precision, bool reference) {
    Batch<Space> b = batch_of<Space>(s);
    const Neighbors<Space> n = make_neighbors(b, potential().cutoff, skin);
    ForceWork<Space> work;
    const auto compute = [&](bool with_energy) {
        if (reference)
            compute_forces_reference(b, n, tables<Space>(), work, precision, with_energy ? Sums::energy : Sums::none);
        else
            compute_forces(b, n, tables<Space>(), work, precision, with_energy ? Sums::energy : Sums::none);
    };
    compute(true);
    EXPECT_EQ(to_host(b.incident)[0].count, 0);
    const Forces out{to_host(b.force), to_host(b.local_energy), to_host(b.potential_energy), to_host(b.virial)};
    // Without energies the forces are the same, but for the rounding of another set of instructions.
    fill_zero(b.force);
    compute(false);
    const double rounding = precision == Precision::full ? 1e-12 : 1e-5 * root_mean_square(out.force);
    EXPECT_DEVIATION(largest_difference(to_host(b.force), out.force), rounding)
        << (reference ? "sweeps" : "tuned loops");
    return out;
}

inline Forces oracle_forces(const std::vector<Structure>& structures) {
    Forces out;
    const auto voigt = [](const Mat3& m) { return Sym3{m(0, 0), m(1, 1), m(2, 2), m(1, 2), m(0, 2), m(0, 1)}; };
    for (const Structure& s : structures) {
        const oracle::Result r = oracle::eam(potential(), s);
        out.force.insert(out.force.end(), r.force.begin(), r.force.end());
        out.local_energy.insert(out.local_energy.end(), r.local_energy.begin(), r.local_energy.end());
        out.energy.push_back(r.energy);
        out.virial.push_back(voigt(r.virial));
    }
    return out;
}

/// Bounds: `force` [eV/A]; energies and virials per atom and per replica follow from it by the number of neighbours.
inline void expect_close(const Forces& a, const Forces& b, double force) {
    EXPECT_DEVIATION(largest_difference(a.force, b.force), force);
    EXPECT_DEVIATION(largest_difference(a.local_energy, b.local_energy), 10 * force);
    EXPECT_DEVIATION(largest_difference(a.energy, b.energy), 1000 * force);
    EXPECT_DEVIATION(largest_difference(a.virial, b.virial), 1000 * force);
}

template <class Space>
void expect_forces_of_the_oracle(int replicas, Precision precision) {
    const std::vector<Structure> s = structures(replicas);
    const Forces expected = oracle_forces(s);
    const double bound = precision == Precision::full ? 1e-10 : 1e-4 * root_mean_square(expected.force);
    expect_close(forces_of<Space>(s, precision, false), expected, bound);
    expect_close(forces_of<Space>(s, precision, true), expected, bound);
}

// ---- Time step -----------------------------------------------------------------------------------------------------

/// Everything that moves a batch, without the run loop.
template <class Space>
struct Engine {
    Batch<Space> batch;
    Neighbors<Space> neighbors;
    ForceWork<Space> work;
    Ensembles<Space> ensembles;
    Precision precision;

    Engine(const std::vector<Structure>& s, EnsembleKind kind, CellMode cell, double dt, Precision p = Precision::full)
        : batch(batch_of<Space>(s)), neighbors(make_neighbors(batch, potential().cutoff, skin)), precision(p) {
        std::vector<Ensemble> each;
        for (int r = 0; r < batch.replicas; ++r) {
            Ensemble e;
            e.kind = kind;
            e.cell = cell;
            e.dt = dt;
            e.dof = 3.0 * s[r].size() - 3.0;
            for (int t : s[r].species) e.mass += s[r].masses[t] * units::atomic_mass;
            e.kT = e.kT_begin = units::boltzmann * (500 + 100 * r);
            e.kT_end = 1.2 * e.kT_begin;
            e.ramp_steps = 40;
            e.pressure = 0.01;
            each.push_back(e);
        }
        compute_forces(batch, neighbors, tables<Space>(), work, precision, Sums::energy);
        copy(to_space<Space>(each), ensembles.each);
        take_stock(batch, ensembles);
    }

    void step() {
        begin_step(batch, ensembles);
        update_neighbors(batch, neighbors);
        compute_forces(batch, neighbors, tables<Space>(), work, precision, Sums::energy);
        end_step(batch, ensembles);
    }
};

struct Motion {
    std::vector<Vec3> position, velocity;
    std::vector<Box> box;
    std::vector<double> conserved;
    std::vector<Ensemble> ensemble;
};

template <class Space>
Motion state_of(Engine<Space>& e) {
    settle_velocities(e.batch, e.ensembles);
    Motion m{to_host(e.batch.position), to_host(e.batch.velocity), to_host(e.batch.box), {}, to_host(e.ensembles.each)};
    for (int r = 0; r < e.batch.replicas; ++r)
        m.conserved.push_back(conserved_quantity(m.ensemble[r], m.box[r].volume));
    return m;
}

template <class Space>
Motion run(const std::vector<Structure>& s, EnsembleKind kind, CellMode cell, int steps, double dt = 0.002) {
    Engine<Space> e(s, kind, cell, dt);
    for (int k = 0; k < steps; ++k) e.step();
    EXPECT_EQ(to_host(e.batch.incident)[0].count, 0);
    return state_of(e);
}

/// One NVE step is x + v dt + f dt^2 / 2m and v + (f + f') dt / 2m, less the drift, with the oracle's forces.
template <class Space>
void expect_verlet_step_of_the_oracle() {
    const double dt = 0.002;
    std::vector<Structure> s = structures(1);
    const Motion m = run<Space>(s, EnsembleKind::nve, CellMode::fixed, 1, dt);
    const oracle::Result before = oracle::eam(potential(), s[0]);
    Structure after = s[0];
    const auto mass = [&](int i) { return s[0].masses[s[0].species[i]] * units::atomic_mass; };
    for (int i = 0; i < after.size(); ++i)
        after.position[i] += dt * (s[0].velocity[i] + (0.5 * dt / mass(i)) * before.force[i]);
    const oracle::Result then = oracle::eam(potential(), after);
    Vec3 momentum;
    double total = 0;
    for (int i = 0; i < after.size(); ++i) {
        after.velocity[i] += (0.5 * dt / mass(i)) * (before.force[i] + then.force[i]);
        momentum += mass(i) * after.velocity[i];
        total += mass(i);
    }
    for (Vec3& v : after.velocity) v -= (1.0 / total) * momentum;
    EXPECT_DEVIATION(largest_difference(m.position, after.position), 1e-12);
    EXPECT_DEVIATION(largest_difference(m.velocity, after.velocity), 1e-9);
}

/// The conserved quantity of each ensemble fluctuates as dt^2.
template <class Space>
void expect_conserved(EnsembleKind kind, CellMode cell) {
    std::vector<Structure> s = structures(3);
    // The total momentum is taken off in the first step; it is no part of the conserved quantity.
    for (Structure& one : s) {
        Vec3 momentum;
        double total = 0;
        for (int i = 0; i < one.size(); ++i) {
            momentum += one.masses[one.species[i]] * one.velocity[i];
            total += one.masses[one.species[i]];
        }
        for (Vec3& v : one.velocity) v -= (1.0 / total) * momentum;
    }
    const auto change = [&](double dt, int steps) {
        const Motion start = run<Space>(s, kind, cell, 0, dt), end = run<Space>(s, kind, cell, steps, dt);
        double largest = 0;
        for (std::size_t r = 0; r < s.size(); ++r)
            largest = std::max(largest, std::abs(end.conserved[r] - start.conserved[r]));
        return largest;
    };
    const double coarse = change(0.002, 20), fine = change(0.0005, 80);
    EXPECT_DEVIATION(coarse, 0.1);
    EXPECT_DEVIATION(fine, 0.15 * coarse);
}

/// A replica's bits do not depend on what else is in the batch, and repeat themselves.
template <class Space>
void expect_replicas_independent() {
    const std::vector<Structure> s = structures(3);
    const Motion together = run<Space>(s, EnsembleKind::npt, CellMode::tri, 10);
    const Motion again = run<Space>(s, EnsembleKind::npt, CellMode::tri, 10);
    EXPECT_TRUE(same_bits(together.position, again.position));
    EXPECT_TRUE(same_bits(together.conserved, again.conserved));
    std::vector<Vec3> alone;
    const Motion first = run<Space>({s[0]}, EnsembleKind::npt, CellMode::tri, 10);
    alone.assign(together.position.begin(), together.position.begin() + s[0].size());
    EXPECT_TRUE(same_bits(alone, first.position));
    EXPECT_EQ(together.conserved[0], first.conserved[0]);
}

// ---- Replicas in trouble ------------------------------------------------------------------------------------------

/// What is a replica's own of an array over atoms.
template <class T, class Space>
std::vector<T> of_replica(const Batch<Space>& b, const std::vector<T>& all, int r) {
    return {all.begin() + b.first_atom_host[r], all.begin() + b.first_atom_host[r + 1]};
}

/// One of four replicas gets a velocity that is not a number. Its atom is named in the very step, on the device in a
/// graph as well, its rows stay as they are, and the others' bits are those of a batch where nothing was wrong.
template <class Space>
void expect_nan_to_stay_in_its_replica(EnsembleKind kind, CellMode cell, Precision precision) {
    constexpr int steps = 8, bad = 2;
    constexpr double dt = 0.01;  // long enough for rows to be built on the way
    const std::vector<Structure> s = structures(4);
    Engine<Space> fine(s, kind, cell, dt, precision), broken(s, kind, cell, dt, precision);
    const int atom = fine.batch.first_atom_host[bad] + 17;
    Replay<Space> replay_fine, replay_broken;
    const auto step = [&](int times) {
        replay_fine.run(
            times, [&] { fine.step(); }, 1);
        replay_broken.run(
            times, [&] { broken.step(); }, 1);
    };
    step(1);
    std::vector<Vec3> v = to_host(broken.batch.velocity);
    v[atom].y = std::nan("");
    copy(to_space<Space>(v), broken.batch.velocity);
    step(1);
    const auto expect_named = [&] {
        const Incident incident = to_host(broken.batch.incident)[0];
        EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::not_finite));
        EXPECT_EQ(incident.atom_a, atom);
    };
    expect_named();
    step(steps);
    expect_named();
    const std::vector<int> builds = to_host(fine.neighbors.builds), builds_broken = to_host(broken.neighbors.builds);
    const Motion expected = state_of(fine), got = state_of(broken);
    EXPECT_EQ(to_host(fine.batch.incident)[0].count, 0);
    EXPECT_EQ(builds_broken[bad], 0);
    for (int r = 0; r < 4; ++r) {
        if (r == bad) continue;
        SCOPED_TRACE("replica " + std::to_string(r));
        EXPECT_GT(builds[r], 0);
        EXPECT_EQ(builds_broken[r], builds[r]);
        EXPECT_TRUE(same_bits(of_replica(fine.batch, got.position, r), of_replica(fine.batch, expected.position, r)));
        EXPECT_TRUE(same_bits(of_replica(fine.batch, got.velocity, r), of_replica(fine.batch, expected.velocity, r)));
        EXPECT_EQ(got.conserved[r], expected.conserved[r]);
    }
}

/// Atoms of one replica on one spot, at once and on the way: it is named, and the others' forces have the same bits.
template <class Space>
void expect_crowds_to_be_named() {
    constexpr int bad = 1;
    std::vector<Structure> s = structures(3), moved = s, crowded;
    oracle::displace(moved[0], 0.4, 78);
    oracle::displace(moved[2], 0.4, 79);
    crowded = moved;
    std::fill(crowded[bad].position.begin(), crowded[bad].position.end(), s[bad].position[3]);
    const auto positions = [](const std::vector<Structure>& of) {
        std::vector<Vec3> x;
        for (const Structure& one : of) x.insert(x.end(), one.position.begin(), one.position.end());
        return to_space<Space>(x);
    };
    const auto expect_named = [&](const Batch<Space>& b) {
        const Incident incident = to_host(b.incident)[0];
        EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::crowded_cell));
        EXPECT_EQ(incident.atom_b, bad);
        EXPECT_EQ(incident.value, s[bad].size());
    };
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        ForceWork<Space> work;
        Batch<Space> fine = batch_of<Space>(s), broken = batch_of<Space>(s), from_start = batch_of<Space>(crowded);
        Neighbors<Space> n_fine = make_neighbors(fine, potential().cutoff, skin),
                         n_broken = make_neighbors(broken, potential().cutoff, skin);
        copy(positions(moved), fine.position);
        copy(positions(crowded), broken.position);
        update_neighbors(fine, n_fine);
        update_neighbors(broken, n_broken);
        EXPECT_EQ(to_host(n_broken.stale), (std::vector<int>{1, 0, 1}));
        const Neighbors<Space> n_from_start = make_neighbors(from_start, potential().cutoff, skin);
        compute_forces(fine, n_fine, tables<Space>(), work, precision, Sums::energy);
        EXPECT_EQ(to_host(fine.incident)[0].count, 0);
        const std::vector<Vec3> expected = to_host(fine.force);
        compute_forces(broken, n_broken, tables<Space>(), work, precision, Sums::energy);
        expect_named(broken);
        const std::vector<Vec3> force = to_host(broken.force);
        compute_forces(from_start, n_from_start, tables<Space>(), work, precision, Sums::energy);
        expect_named(from_start);
        const std::vector<Vec3> at_once = to_host(from_start.force);
        for (const int r : {0, 2}) {
            EXPECT_TRUE(same_bits(of_replica(fine, force, r), of_replica(fine, expected, r)));
            EXPECT_TRUE(same_bits(of_replica(fine, at_once, r), of_replica(fine, expected, r)));
        }
    }
    const Batch<Space> b = batch_of<Space>(crowded);
    Array<int, Space> counts;
    EXPECT_THROW(count_shells(b, Shells{2.0, 7.0, 20}, counts), PhysicsError);
}

// ---- Minimiser -----------------------------------------------------------------------------------------------------

struct Relaxed {
    std::vector<Vec3> position;
    std::vector<Box> box;
    std::vector<double> energy;
};

template <class Space>
Relaxed relax(const std::vector<Structure>& s, CellMode cell, int steps) {
    Engine<Space> e(s, EnsembleKind::nve, CellMode::fixed, 0.002);
    Relaxation<Space> m;
    m.options.cell = cell;
    copy(to_space<Space>(std::vector<FireState>(s.size())), m.state);
    m.velocity.resize(e.batch.atoms);
    fill_zero(m.velocity);
    for (int k = 0; k < steps; ++k) {
        fire_step(e.batch, m);
        update_neighbors(e.batch, e.neighbors);
        compute_forces(e.batch, e.neighbors, tables<Space>(), e.work, e.precision, Sums::energy);
    }
    return {to_host(e.batch.position), to_host(e.batch.box), to_host(e.batch.potential_energy)};
}

/// The same by L-BFGS.
template <class Space>
Relaxed descend(const std::vector<Structure>& s, CellMode cell, int steps) {
    Engine<Space> e(s, EnsembleKind::nve, CellMode::fixed, 0.002);
    LbfgsOptions options;
    options.cell = cell;
    Descent<Space> m = start_descent(e.batch, options);
    for (int k = 0; k < steps; ++k) {
        lbfgs_step(e.batch, m);
        update_neighbors(e.batch, e.neighbors);
        compute_forces(e.batch, e.neighbors, tables<Space>(), e.work, e.precision, Sums::energy);
    }
    return {to_host(e.batch.position), to_host(e.batch.box), to_host(e.batch.potential_energy)};
}

/// Energies fall, and are the oracle's at the positions that were reached.
template <class Space>
void expect_descent_of_the_oracle(Relaxed (*descent)(const std::vector<Structure>&, CellMode, int), CellMode cell) {
    std::vector<Structure> s = structures(3);
    const Relaxed m = descent(s, cell, 60);
    std::size_t first = 0;
    for (std::size_t r = 0; r < s.size(); ++r) {
        const double before = oracle::eam(potential(), s[r]).energy;
        std::copy_n(m.position.begin() + first, s[r].size(), s[r].position.begin());
        s[r].box = m.box[r];
        first += s[r].size();
        const double after = oracle::eam(potential(), s[r]).energy;
        EXPECT_LT(after, before - 0.05 * s[r].size());
        EXPECT_NEAR(m.energy[r], after, 1e-8);
    }
}

// ---- Analysis ------------------------------------------------------------------------------------------------------

template <class Space>
std::vector<int> shells_of(const std::vector<Structure>& s, const Shells& shells) {
    const Batch<Space> b = batch_of<Space>(s);
    Array<int, Space> counts;
    count_shells(b, shells, counts);
    return to_host(counts);
}

template <class Space>
void expect_shells_of_the_oracle(int replicas) {
    const std::vector<Structure> s = structures(replicas);
    const Shells shells{2.0, 10.0, 40};
    std::vector<int> expected;
    for (const Structure& one : s) {
        const oracle::Shells o = oracle::shell_counts(one, 2, shells.r_min, shells.r_max, shells.width());
        ASSERT_GT(o.edge_distance, 1e-11);
        expected.insert(expected.end(), o.count.begin(), o.count.end());
    }
    EXPECT_EQ(shells_of<Space>(s, shells), expected);
}

template <class Space>
void expect_radial_functions_of_the_oracle(int replicas) {
    const std::vector<Structure> s = structures(replicas);
    const RadialFunctions f{2.0, 7.0, 25, 0.3};
    std::vector<double> expected;
    for (const Structure& one : s) {
        const std::vector<double> o = oracle::radial_functions(one, 2, f.r_min, f.r_max, f.count, f.width);
        expected.insert(expected.end(), o.begin(), o.end());
    }
    const Batch<Space> b = batch_of<Space>(s);
    Array<double, Space> values;
    sum_radial_functions(b, f, values);
    // A neighbour's part of a Gaussian is left out where it is below 2e-8.
    EXPECT_DEVIATION(largest_difference(to_host(values), expected), 1e-7);
    EXPECT_GT(*std::max_element(expected.begin(), expected.end()), 1.0);
}

/// Sums of both halves over a few frames.
template <class Space>
std::vector<DisplacementSums> displacements_of(const std::vector<Structure>& s,
                                               const std::vector<std::vector<Vec3>>& frames) {
    Batch<Space> b = batch_of<Space>(s);
    DisplacementWindow<Space> w;
    start_window(b, w);
    for (std::size_t k = 0; k < frames.size(); ++k) {
        copy(to_space<Space>(frames[k]), b.position);
        accumulate_displacements(b, w, static_cast<int>(k % 2));
    }
    std::vector<DisplacementSums> out = to_host(w.half[0]), second = to_host(w.half[1]);
    EXPECT_EQ(w.frames[0] + w.frames[1], static_cast<long>(frames.size()));
    out.insert(out.end(), second.begin(), second.end());
    return out;
}

/// Frames of random displacements of all atoms of a batch.
inline std::vector<std::vector<Vec3>> random_frames(const std::vector<Structure>& s, int count) {
    oracle::Random random(4);
    std::vector<std::vector<Vec3>> frames(count);
    for (auto& frame : frames)
        for (const Structure& one : s)
            for (const Vec3& x : one.position) {
                const double a = random.between(-0.3, 0.5), b = random.between(-0.3, 0.5);
                frame.push_back(x + Vec3{a, b, random.between(-0.3, 0.5)});
            }
    return frames;
}

template <class Space>
void expect_displacements_of_plain_sums(int replicas) {
    const std::vector<Structure> s = structures(replicas);
    const auto frames = random_frames(s, 5);
    std::vector<DisplacementSums> expected(2 * frames[0].size());
    for (std::size_t k = 0; k < frames.size(); ++k) {
        std::size_t first = 0;
        for (const Structure& one : s) {
            Vec3 drift;
            double mass = 0;
            for (int i = 0; i < one.size(); ++i) {
                const double m = one.masses[one.species[i]];
                drift += m * (frames[k][first + i] - one.position[i]);
                mass += m;
            }
            for (int i = 0; i < one.size(); ++i) {
                const Vec3 u = frames[k][first + i] - one.position[i] - (1.0 / mass) * drift;
                DisplacementSums& sum = expected[(k % 2) * frames[0].size() + first + i];
                sum.sum += u;
                sum.squares += norm2(u);
            }
            first += one.size();
        }
    }
    EXPECT_DEVIATION(largest_difference(displacements_of<Space>(s, frames), expected), 1e-13);
}

}  // namespace mg::engine_test
