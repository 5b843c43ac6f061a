#include "core/batch.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/units.hpp"

namespace mg {

namespace {

/// The arrays over atoms, for the replicas that first_atom_host delimits.
template <class Space>
void set_arrays(Batch<Space>& b, const std::vector<int>& species, const std::vector<Vec3>& position,
                const std::vector<Vec3>& velocity) {
    std::vector<int> replica_of;
    std::vector<double> mass;
    for (int r = 0; r < b.replicas; ++r) replica_of.insert(replica_of.end(), b.atoms_of(r), r);
    mass.reserve(species.size());
    for (const int k : species) mass.push_back(b.masses.at(k) * units::atomic_mass);
    b.atoms = static_cast<int>(position.size());
    b.replica_of = to_space<Space>(replica_of);
    b.species_of = to_space<Space>(species);
    b.mass = to_space<Space>(mass);
    b.position = to_space<Space>(position);
    b.velocity = to_space<Space>(velocity);
    b.force.resize(b.atoms);
    b.local_energy.resize(b.atoms);
    b.local_virial.resize(b.atoms);
    Comm* const team = b.chunks.team;
    b.chunks = Chunks<Space>(b.first_atom_host);
    b.chunks.team = team;
    b.scratch.resize(static_cast<std::size_t>(std::max(1, b.chunks.count)) * 128);
    fill_zero(b.force);
    fill_zero(b.local_energy);
    fill_zero(b.local_virial);
}

}  // namespace

template <class Space>
Batch<Space> make_batch(const std::vector<Structure>& structures, const std::vector<std::string>& elements,
                        const std::vector<double>& masses) {
    Batch<Space> b;
    b.replicas = static_cast<int>(structures.size());
    b.species = static_cast<int>(elements.size());
    b.elements = elements;
    b.masses = masses;
    b.first_atom_host = {0};
    std::vector<int> species, sizes;
    std::vector<Vec3> position, velocity;
    std::vector<Box> box;
    for (int r = 0; r < b.replicas; ++r) {
        const Structure& s = structures[r];
        for (int i = 0; i < s.size(); ++i) {
            const Vec3 x = s.position[i];
            if (!std::isfinite(x.x) || !std::isfinite(x.y) || !std::isfinite(x.z))
                throw InputError("position of atom " + std::to_string(s.id[i]) + " is not finite",
                                 "structure " + std::to_string(r) + " of the batch", "check the structure file");
            velocity.push_back(s.velocity.empty() ? Vec3{} : s.velocity[i]);
        }
        species.insert(species.end(), s.species.begin(), s.species.end());
        position.insert(position.end(), s.position.begin(), s.position.end());
        box.push_back(s.box);
        sizes.push_back(s.size());
        b.replica_atoms_host.push_back(s.size());
        b.first_atom_host.push_back(static_cast<int>(position.size()));
        b.id.push_back(s.id);
    }
    b.replica_atoms = to_space<Space>(sizes);
    b.box = to_space<Space>(box);
    b.potential_energy.resize(b.replicas);
    b.virial.resize(b.replicas);
    b.incident = to_space<Space>(std::vector<Incident>(1));
    set_arrays(b, species, position, velocity);
    fill_zero(b.potential_energy);
    fill_zero(b.virial);
    return b;
}

template <class Space>
void set_atoms(Batch<Space>& b, const std::vector<int>& species, const std::vector<Vec3>& position,
               const std::vector<Vec3>& velocity) {
    b.first_atom_host = {0, static_cast<int>(position.size())};
    set_arrays(b, species, position, velocity);
}

template <class Space>
std::vector<Structure> to_structures(const Batch<Space>& batch) {
    const std::vector<Vec3> position = to_host(batch.position), velocity = to_host(batch.velocity);
    const std::vector<int> species = to_host(batch.species_of);
    const std::vector<Box> box = to_host(batch.box);
    std::vector<Structure> structures(batch.replicas);
    for (int r = 0; r < batch.replicas; ++r) {
        const int begin = batch.first_atom_host[r], end = batch.first_atom_host[r + 1];
        Structure& s = structures[r];
        s.elements = batch.elements;
        s.masses = batch.masses;
        s.id = batch.id[r];
        s.species.assign(species.begin() + begin, species.begin() + end);
        s.position.assign(position.begin() + begin, position.begin() + end);
        s.velocity.assign(velocity.begin() + begin, velocity.begin() + end);
        s.box = box[r];
    }
    return structures;
}

template <class Space>
Structure to_structure(const Batch<Space>& batch, int replica) {
    return to_structures(batch).at(replica);
}

#define MG_BATCH(Space)                                                                                     \
    template Batch<Space> make_batch<Space>(const std::vector<Structure>&, const std::vector<std::string>&, \
                                            const std::vector<double>&);                                    \
    template void set_atoms<Space>(Batch<Space>&, const std::vector<int>&, const std::vector<Vec3>&,        \
                                   const std::vector<Vec3>&);                                               \
    template Structure to_structure<Space>(const Batch<Space>&, int);                                       \
    template std::vector<Structure> to_structures<Space>(const Batch<Space>&);
MG_INSTANTIATE(MG_BATCH)

}  // namespace mg
