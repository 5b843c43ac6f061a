#pragma once
/// \file Domain decomposition: one system over the ranks of a team, each of which owns the atoms of one domain.
///
/// The batch of a rank holds its own atoms, in the order of their ids, as one replica; what the neighbours own within
/// reach of its domain are *ghosts*, which have slots behind those of its own atoms and nothing else. Pairs across a
/// face are computed on both sides, so nothing flows back: a step sends the ghosts' pair coordinates, and once the
/// densities are known F'(rho) with them. Rows, atoms and ghosts change together, when rows are rebuilt. Sums over a
/// replica are sums over the team (reduce_by_replica), in the order of ranks, so that every rank has the same bits.

#include <memory>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/comm.hpp"
#include "physics/domain.hpp"
#include "physics/pair_geometry.hpp"

namespace mg {

/// An array over a rank's atoms that moves with them from rank to rank, besides the batch's own.
class Companion {
public:
    virtual ~Companion() = default;
    virtual std::size_t bytes_per_atom() const = 0;
    /// The whole array, atom by atom.
    virtual std::string take() const = 0;
    virtual void put(const std::string& bytes) = 0;
};

template <class T, class Space>
class CompanionArray final : public Companion {
public:
    /// The array must outlive this.
    explicit CompanionArray(Array<T, Space>& array) : array_(array) {}
    std::size_t bytes_per_atom() const override { return sizeof(T); }
    std::string take() const override {
        std::string bytes(array_.size() * sizeof(T), '\0');
        copy_bytes(Space{}, array_.data(), Host{}, bytes.data(), bytes.size());
        return bytes;
    }
    void put(const std::string& bytes) override {
        array_.resize(bytes.size() / sizeof(T));
        copy_bytes(Host{}, bytes.data(), Space{}, array_.data(), bytes.size());
    }

private:
    Array<T, Space>& array_;
};

/// A rank that this one shares atoms near a face with.
struct DomainPeer {
    int rank;
    int send_begin = 0, sends = 0;  ///< part of Domain::send_slot that goes to it
    int first_ghost = 0, ghosts = 0;
};

/// One rank's domain.
template <class Space>
struct Domain {
    Comm* team = nullptr;
    DomainGrid grid;
    double reach = 0;  ///< [A] cutoff + skin

    int ghosts = 0;
    std::vector<DomainPeer> peers;            ///< by rank
    std::vector<long> ghost_id;               ///< (ghosts)
    Array<int, Space> send_slot;              ///< own slots, peer by peer
    Array<char, Space> outgoing;              ///< their points
    std::vector<char> staged_out, staged_in;  ///< where messages cannot lie in device memory
    void* point = nullptr;                    ///< of the exchange under way
    std::size_t point_bytes = 0;

    std::vector<Companion*> companions;  ///< what moves with the atoms
};

/// The part of a structure that a rank owns.
Structure own_part(const Structure& structure, const DomainGrid& grid, int rank);

/// Moves atoms that have left the domain to their new owners. Throws Error where one has gone further than a
/// neighbouring domain. Forces and energies are undefined afterwards.
template <class Space>
void migrate(Batch<Space>& batch, Domain<Space>& domain);

/// What a ghost is to the rank that sees it.
struct Ghost {
    Vec3 fraction;  ///< at the time of the build, in [0, 1)
    long id;
    int species;
};

/// Agrees with the neighbours on who sees which atoms, given the fractions of this rank's own atoms and the atoms by
/// slot; returns this rank's ghosts.
template <class Space>
std::vector<Ghost> find_ghosts(const Batch<Space>& batch, Domain<Space>& domain, const std::vector<int>& atom_of_slot,
                               const std::vector<Vec3>& fraction, const Box& box);

/// points[k] = point[slot[k]].
template <class Real>
void gather_points(Host, int count, const int* slot, const PairPoint<Real>* point, PairPoint<Real>* points);
template <class Real>
void gather_points(Cuda, int count, const int* slot, const PairPoint<Real>* point, PairPoint<Real>* points);

/// Sends the present points of own slots to those who see them; what comes back is in the ghosts' slots after
/// end_points. `owned` is where the ghosts begin.
template <class Real, class Space>
void begin_points(Domain<Space>& domain, PairPoint<Real>* point, int owned);
template <class Space>
void end_points(Domain<Space>& domain);

}  // namespace mg
