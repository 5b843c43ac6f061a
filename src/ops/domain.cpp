#include "ops/domain.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "core/error.hpp"
#include "core/units.hpp"

namespace mg {

namespace {

Vec3 fraction_of(const Box& box, Vec3 x) { return wrap_fractions(box.inverse * x); }

/// The other domains within the halo of this one.
std::vector<DomainPeer> peers_of(const DomainGrid& grid, int rank, Vec3 halo) {
    std::vector<DomainPeer> peers;
    const DomainRegion mine = region_of(grid, rank, {});
    for (int other = 0; other < domain_count(grid); ++other) {
        if (other == rank) continue;
        const DomainRegion theirs = region_of(grid, other, halo);
        bool near = true;
        for (int d = 0; d < 3; ++d) {
            const double away = nearest_difference(theirs.center[d], mine.center[d]);
            near = near && std::abs(away) <= mine.half[d] + theirs.half[d] + 1e-9;
        }
        if (near) peers.push_back({other});
    }
    return peers;
}

/// One text to and from every peer.
std::vector<std::string> swap(Comm& team, const std::vector<DomainPeer>& peers, std::vector<std::string>& outgoing) {
    std::vector<std::size_t> sizes_out, sizes_in(peers.size());
    std::vector<Message> sends, receives;
    for (const std::string& s : outgoing) sizes_out.push_back(s.size());
    for (std::size_t k = 0; k < peers.size(); ++k) {
        sends.push_back({peers[k].rank, &sizes_out[k], sizeof(std::size_t)});
        receives.push_back({peers[k].rank, &sizes_in[k], sizeof(std::size_t)});
    }
    team.begin_exchange(receives, sends);
    team.end_exchange();
    std::vector<std::string> incoming(peers.size());
    for (std::size_t k = 0; k < peers.size(); ++k) {
        incoming[k].resize(sizes_in[k]);
        sends[k] = {peers[k].rank, outgoing[k].data(), outgoing[k].size()};
        receives[k] = {peers[k].rank, incoming[k].data(), incoming[k].size()};
    }
    team.begin_exchange(receives, sends);
    team.end_exchange();
    return incoming;
}

template <class T>
void append(std::string& bytes, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes.append(reinterpret_cast<const char*>(&value), sizeof(T));
}
template <class T>
T read_at(const std::string& bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

/// An atom on its way; the companions' bytes follow it.
struct Migrant {
    long id;
    int species;
    Vec3 position, velocity;
};

/// A migrant's record in what a peer has sent.
struct Arrival {
    long id;
    const std::string* bytes;
    std::size_t offset;
};

/// The atoms of a domain, with the bytes of its companions, as they are gathered one by one.
struct Atoms {
    std::vector<long> id;
    std::vector<int> species;
    std::vector<Vec3> position, velocity;
    std::vector<std::string> companions;

    void add(const Migrant& m) {
        id.push_back(m.id);
        species.push_back(m.species);
        position.push_back(m.position);
        velocity.push_back(m.velocity);
    }
};

}  // namespace

Structure own_part(const Structure& s, const DomainGrid& grid, int rank) {
    Structure part;
    part.elements = s.elements;
    part.masses = s.masses;
    part.box = s.box;
    for (int i = 0; i < s.size(); ++i) {
        if (domain_of(grid, fraction_of(s.box, s.position[i])) != rank) continue;
        part.id.push_back(s.id[i]);
        part.species.push_back(s.species[i]);
        part.position.push_back(s.position[i]);
        if (!s.velocity.empty()) part.velocity.push_back(s.velocity[i]);
    }
    return part;
}

template <class Space>
void migrate(Batch<Space>& b, Domain<Space>& d) {
    Atoms old{b.id[0], to_host(b.species_of), to_host(b.position), to_host(b.velocity), {}};
    const Box box = to_host(b.box)[0];
    d.peers = peers_of(d.grid, d.team->rank(), halo_fractions(box, d.reach));

    std::size_t record = sizeof(Migrant);
    std::vector<std::size_t> bytes;  // of an atom at each companion
    for (const Companion* c : d.companions) {
        old.companions.push_back(c->take());
        bytes.push_back(c->bytes_per_atom());
        record += bytes.back();
    }
    const auto old_atom = [&](int i) { return Migrant{old.id[i], old.species[i], old.position[i], old.velocity[i]}; };
    std::vector<std::string> leaving(d.peers.size());
    std::vector<int> staying;
    for (int i = 0; i < b.atoms; ++i) {
        const int owner = domain_of(d.grid, fraction_of(box, old.position[i]));
        if (owner == d.team->rank()) {
            staying.push_back(i);
            continue;
        }
        const auto peer =
            std::find_if(d.peers.begin(), d.peers.end(), [&](const DomainPeer& p) { return p.rank == owner; });
        if (peer == d.peers.end())
            throw PhysicsError("atom " + std::to_string(old.id[i]) + " went through a whole domain",
                               "it moved further than " + shown(d.reach) + " A between two neighbour builds",
                               "check the structure for overlapping atoms, or use a smaller timestep");
        std::string& to = leaving[peer - d.peers.begin()];
        append(to, old_atom(i));
        for (std::size_t k = 0; k < bytes.size(); ++k)
            to.append(old.companions[k], bytes[k] * static_cast<std::size_t>(i), bytes[k]);
    }
    const std::vector<std::string> incoming = swap(*d.team, d.peers, leaving);
    std::vector<Arrival> arrivals;
    for (const std::string& text : incoming)
        for (std::size_t at = 0; at < text.size(); at += record)
            arrivals.push_back({read_at<Migrant>(text, at).id, &text, at});
    if (arrivals.empty() && staying.size() == old.position.size()) return;
    std::sort(arrivals.begin(), arrivals.end(), [](const Arrival& x, const Arrival& y) { return x.id < y.id; });

    // Both are in the order of ids: so is what they make together.
    Atoms now;
    now.companions.resize(bytes.size());
    const auto take_arrival = [&](const Arrival& a) {
        now.add(read_at<Migrant>(*a.bytes, a.offset));
        std::size_t at = a.offset + sizeof(Migrant);
        for (std::size_t k = 0; k < bytes.size(); at += bytes[k], ++k) now.companions[k].append(*a.bytes, at, bytes[k]);
    };
    auto next = arrivals.begin();
    for (const int i : staying) {
        for (; next != arrivals.end() && next->id < old.id[i]; ++next) take_arrival(*next);
        now.add(old_atom(i));
        for (std::size_t k = 0; k < bytes.size(); ++k)
            now.companions[k].append(old.companions[k], bytes[k] * static_cast<std::size_t>(i), bytes[k]);
    }
    for (; next != arrivals.end(); ++next) take_arrival(*next);

    b.id[0] = std::move(now.id);
    set_atoms(b, now.species, now.position, now.velocity);
    for (std::size_t k = 0; k < bytes.size(); ++k) d.companions[k]->put(now.companions[k]);
}

template <class Space>
std::vector<Ghost> find_ghosts(const Batch<Space>& b, Domain<Space>& d, const std::vector<int>& atom_of_slot,
                               const std::vector<Vec3>& fraction, const Box& box) {
    const std::vector<int> species = to_host(b.species_of);
    const Vec3 halo = halo_fractions(box, d.reach);
    d.peers = peers_of(d.grid, d.team->rank(), halo);
    // Most atoms are too far from every face to be seen.
    DomainRegion interior = region_of(d.grid, d.team->rank(), {});
    const double margin[3] = {halo.x, halo.y, halo.z};
    for (int k = 0; k < 3; ++k)
        if (d.grid.n[k] > 1) interior.half[k] -= margin[k] * (1 + 1e-9);
    std::vector<int> near;
    for (int slot = 0; slot < b.atoms; ++slot)
        if (!contains(interior, fraction[atom_of_slot[slot]])) near.push_back(slot);

    std::vector<int> send_slot;
    std::vector<std::string> outgoing(d.peers.size());
    for (std::size_t k = 0; k < d.peers.size(); ++k) {
        const DomainRegion theirs = region_of(d.grid, d.peers[k].rank, halo);
        d.peers[k].send_begin = static_cast<int>(send_slot.size());
        for (const int slot : near) {
            const int i = atom_of_slot[slot];
            if (!contains(theirs, fraction[i])) continue;
            send_slot.push_back(slot);
            append(outgoing[k], Ghost{fraction[i], b.id[0][i], species[i]});
        }
        d.peers[k].sends = static_cast<int>(send_slot.size()) - d.peers[k].send_begin;
    }
    copy(to_space<Space>(send_slot), d.send_slot);
    const std::vector<std::string> incoming = swap(*d.team, d.peers, outgoing);
    std::vector<Ghost> ghosts;
    d.ghost_id.clear();
    for (std::size_t k = 0; k < d.peers.size(); ++k) {
        d.peers[k].first_ghost = static_cast<int>(ghosts.size());
        d.peers[k].ghosts = static_cast<int>(incoming[k].size() / sizeof(Ghost));
        for (int g = 0; g < d.peers[k].ghosts; ++g) {
            ghosts.push_back(read_at<Ghost>(incoming[k], g * sizeof(Ghost)));
            d.ghost_id.push_back(ghosts.back().id);
        }
    }
    d.ghosts = static_cast<int>(ghosts.size());
    return ghosts;
}

template <class Real, class Space>
void begin_points(Domain<Space>& d, PairPoint<Real>* point, int owned) {
    constexpr std::size_t size = sizeof(PairPoint<Real>);
    const auto count = static_cast<int>(d.send_slot.size());
    d.outgoing.resize(count * size);
    gather_points(Space{}, count, d.send_slot.data(), point, reinterpret_cast<PairPoint<Real>*>(d.outgoing.data()));
    d.point = point + owned;
    d.point_bytes = size;
    char* out = d.outgoing.data();
    char* in = reinterpret_cast<char*>(point + owned);
    if (!std::is_same_v<Space, Host> && !d.team->takes_device_memory()) {
        d.staged_out.resize(count * size);
        d.staged_in.resize(d.ghosts * size);
        copy_bytes(Space{}, d.outgoing.data(), Host{}, d.staged_out.data(), d.staged_out.size());
        out = d.staged_out.data();
        in = d.staged_in.data();
    } else {
        synchronize(Space{});
    }
    std::vector<Message> sends, receives;
    for (const DomainPeer& p : d.peers) {
        sends.push_back({p.rank, out + p.send_begin * size, p.sends * size});
        receives.push_back({p.rank, in + p.first_ghost * size, p.ghosts * size});
    }
    d.team->begin_exchange(receives, sends);
}

template <class Space>
void end_points(Domain<Space>& d) {
    d.team->end_exchange();
    if (!std::is_same_v<Space, Host> && !d.team->takes_device_memory())
        copy_bytes(Host{}, d.staged_in.data(), Space{}, d.point, d.staged_in.size());
}

#define MG_DOMAIN(Space)                                                                                  \
    template void migrate(Batch<Space>&, Domain<Space>&);                                                 \
    template std::vector<Ghost> find_ghosts(const Batch<Space>&, Domain<Space>&, const std::vector<int>&, \
                                            const std::vector<Vec3>&, const Box&);                        \
    template void begin_points(Domain<Space>&, PairPoint<double>*, int);                                  \
    template void begin_points(Domain<Space>&, PairPoint<float>*, int);                                   \
    template void end_points(Domain<Space>&);
MG_INSTANTIATE(MG_DOMAIN)

}  // namespace mg
