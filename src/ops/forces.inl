/// \file Generic bodies of the force ops; compiled for Host by forces.cpp and for Cuda by cuda/forces.cu.

#include "ops/forces.hpp"
#include "sweeps/eam.hpp"

namespace mg {

namespace {

template <class Space>
void size_work(const Batch<Space>& b, const Neighbors<Space>& n, ForceWork<Space>& w, Precision precision) {
    const std::size_t slots = static_cast<std::size_t>(b.atoms) + n.ghosts();
    if (precision == Precision::full)
        w.full.resize(slots);
    else
        w.mixed.resize(slots);
    w.embedding_energy.resize(b.atoms);
}

/// The ghosts' points from those who own them.
template <class Real, class Space>
void exchange_points(const Batch<Space>& b, const Neighbors<Space>& n, const PairSystem<Real, Space>& p) {
    if (!n.domain) return;
    begin_points(*n.domain, p.point, b.atoms);
    end_points(*n.domain);
}

template <class Real, class Space>
PairSystem<Real, Space> pair_system(Batch<Space>& b, const Neighbors<Space>& n, const EamTables<Space>& t,
                                    ForceWork<Space>& w) {
    PairSystem<Real, Space> p;
    p.slots = b.atoms;
    p.species = n.species;
    p.layout = n.layout();
    p.replica_of = b.replica_of.data();
    p.box = b.box.data();
    p.species_of_slot = n.cells.species_of_slot.data();
    p.atom_of_slot = n.cells.atom_of_slot.data();
    p.row = n.row.data();
    p.row_end = n.row_end.data();
    p.table_of = t.table_of.data();
    p.cutoff_squared = t.cutoff * t.cutoff;
    p.density_squared = t.density_cutoff * t.density_cutoff;
    p.lowest_squared = t.lowest * t.lowest;
    p.embedding = t.embedding.data();
    p.embedding_pieces = t.embedding_pieces;
    p.inverse_drho = t.inverse_drho;
    p.density_limit = 3.0 * t.embedding_pieces / t.inverse_drho;
    p.embedding_energy = w.embedding_energy.data();
    if (!b.background.empty()) p.background = b.background.data();
    if (!b.density.empty()) p.density = b.density.data();
    p.force = b.force.data();
    p.local_energy = b.local_energy.data();
    p.local_virial = b.local_virial.data();
    p.incident = b.incident.data();
    if constexpr (sizeof(Real) == sizeof(double)) {
        p.point = w.full.data();
        p.tables = t.exact.data();
        p.pieces = t.pieces;
        p.inverse_dr = t.inverse_dr;
    } else {
        p.point = w.mixed.data();
        p.tables = t.resampled.data();
        p.pieces = t.resampled_pieces;
        p.inverse_dr = t.resampled_inverse_dr;
    }
    return p;
}

template <class Real, class Space>
void set_coordinates(Batch<Space>& b, const PairSystem<Real, Space>& p) {
    for_each(Space{}, b.atoms, CoordinateSweep<Real>{p.replica_of, p.atom_of_slot, p.box, b.position.data(), p.point});
}

template <class Space>
void sum_energies(Batch<Space>& b) {
    reduce_by_replica(b.chunks, EnergyTerm{b.local_energy.data(), b.local_virial.data()},
                      b.template scratch_as<EnergySums>(), StoreEnergies{b.potential_energy.data(), b.virial.data()});
}

/// Virials alone.
template <class Space>
void sum_virials(Batch<Space>& b) {
    reduce_by_replica(b.chunks, VirialTerm{b.local_virial.data()}, b.template scratch_as<Sym3>(),
                      StoreVirial{b.virial.data()});
}

template <class Real, class Space>
void forces_by_sweeps(Batch<Space>& b, const Neighbors<Space>& n, const EamTables<Space>& t, ForceWork<Space>& w,
                      Sums sums) {
    PairSystem<Real, Space> p = pair_system<Real>(b, n, t, w);
    FullRows<Space> rows;
    if (n.row.empty()) {
        rows = full_rows(b, n);
        p.layout = rows.layout;
        p.row = rows.row.data();
        p.row_end = rows.row_end.data();
    }
    set_coordinates(b, p);
    exchange_points(b, n, p);
    for_each(Space{}, b.atoms, DensitySweep<Real, Space>{p});
    exchange_points(b, n, p);
    if (sums != Sums::none)
        for_each(Space{}, b.atoms, ForceSweep<Real, Space, true>{p});
    else
        for_each(Space{}, b.atoms, ForceSweep<Real, Space, false>{p});
    if (sums != Sums::none) sum_energies(b);
}

}  // namespace

template <class Space>
void compute_forces_reference(Batch<Space>& b, const Neighbors<Space>& n, const EamTables<Space>& t,
                              ForceWork<Space>& w, Precision precision, Sums sums) {
    size_work(b, n, w, precision);
    if (precision == Precision::full)
        forces_by_sweeps<double>(b, n, t, w, sums);
    else
        forces_by_sweeps<float>(b, n, t, w, sums);
}

}  // namespace mg
