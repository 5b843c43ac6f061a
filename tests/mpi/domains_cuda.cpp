/// \file One system over ranks that have a device each, against the host. On machines without a GPU the SIMT emulation
/// runs these (mpi.simt_*).

#include <map>

#include "support/engine.hpp"
#include "support/gpu.hpp"
#include "support/ranks.hpp"

namespace mg {
namespace {

using namespace engine_test;

class DomainsOnGpu : public GpuTest {};

/// By atom id, what one rank's host makes of the whole.
struct Expected {
    std::map<long, Vec3> force;
    double energy = 0, largest = 0;
    Sym3 virial;
};
Expected on_host(const Structure& s, Precision precision) {
    Batch<Host> b = batch_of<Host>({s});
    const Neighbors<Host> n = make_neighbors(b, potential().cutoff, skin);
    ForceWork<Host> work;
    compute_forces(b, n, tables<Host>(), work, precision, Sums::energy);
    Expected e;
    for (int i = 0; i < b.atoms; ++i) {
        e.force[b.id[0][i]] = b.force[i];
        e.largest = std::max(e.largest, std::sqrt(norm2(b.force[i])));
    }
    e.energy = b.potential_energy[0];
    e.virial = b.virial[0];
    return e;
}

/// A push of up to 0.8 A that follows from the atom's id.
Vec3 push(long id) {
    oracle::Random random(static_cast<std::uint64_t>(id));
    const double a = random.between(-0.45, 0.45), b = random.between(-0.45, 0.45);
    return {a, b, random.between(-0.45, 0.45)};
}

void compare(const Batch<Cuda>& b, const Expected& e, double bound) {
    const std::vector<Vec3> force = to_host(b.force);
    double worst = 0;
    for (int i = 0; i < b.atoms; ++i)
        worst = std::max(worst, std::sqrt(norm2(force[i] - e.force.at(b.id[0][i]))) / e.largest);
    EXPECT_LT(worst, bound);
    EXPECT_NEAR(to_host(b.potential_energy)[0], e.energy, bound * std::abs(e.energy));
    const Sym3 v = to_host(b.virial)[0];
    const double scale = std::abs(e.virial.xx) + std::abs(e.virial.yy) + std::abs(e.virial.zz);
    EXPECT_NEAR(v.xx, e.virial.xx, bound * scale);
    EXPECT_NEAR(v.yz, e.virial.yz, bound * scale);
    EXPECT_NEAR(v.xy, e.virial.xy, bound * scale);
}

TEST_F(DomainsOnGpu, ForcesBeforeAndAfterAtomsMoveOver) {
    Structure s = structures(2)[1];  // 500 atoms
    Comm& team = world();
    for (const Precision precision : {Precision::full, Precision::mixed}) {
        const double bound = precision == Precision::full ? 1e-10 : 5e-6;
        Batch<Cuda> b = batch_of<Cuda>({own_part(s, choose_domains(s.box, team.size()), team.rank())});
        Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin, &team, s.size());
        ForceWork<Cuda> work;
        compute_forces(b, n, tables<Cuda>(), work, precision, Sums::energy);
        compare(b, on_host(s, precision), bound);

        const std::vector<long> ids = b.id[0];
        std::vector<Vec3> x = to_host(b.position);
        for (int i = 0; i < b.atoms; ++i) x[i] += push(b.id[0][i]);
        copy(to_space<Cuda>(x), b.position);
        Structure moved = s;
        for (int i = 0; i < s.size(); ++i) moved.position[i] += push(s.id[i]);
        update_neighbors(b, n);
        EXPECT_EQ(to_host(n.builds)[0], 1);
        compute_forces(b, n, tables<Cuda>(), work, precision, Sums::energy);
        compare(b, on_host(moved, precision), bound);
        EXPECT_EQ(to_host(b.incident)[0].count, 0);
        bool any = false;
        for (const char changed : team.all_gather_value(static_cast<char>(ids != b.id[0]))) any = any || changed;
        EXPECT_TRUE(any || team.size() == 1) << "no atom went to another rank";
    }
}

/// The rank with too many atoms in a cell is left without rows, and forces touch nothing that is not there.
TEST_F(DomainsOnGpu, ACrowdIsReportedByItsOwner) {
    Structure s = structures(2)[1];
    std::fill_n(s.position.begin(), 450, s.position[0]);
    Comm& team = world();
    Batch<Cuda> b = batch_of<Cuda>({own_part(s, choose_domains(s.box, team.size()), team.rank())});
    Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin, &team, s.size());
    const bool mine = b.atoms >= 450;
    EXPECT_EQ(to_host(n.stale)[0], mine ? 0 : 1);
    const Incident incident = to_host(b.incident)[0];
    if (mine) EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::crowded_cell));
    ForceWork<Cuda> work;
    compute_forces(b, n, tables<Cuda>(), work, Precision::mixed, Sums::energy);
    int owners = 0;
    for (const char other : team.all_gather_value(static_cast<char>(mine))) owners += other;
    EXPECT_EQ(owners, 1);
}

/// Every rank keeps its rows and knows of it; the owner names the atom.
TEST_F(DomainsOnGpu, APositionThatIsNotANumberIsNamedOnce) {
    const Structure s = structures(2)[1];
    Comm& team = world();
    Batch<Cuda> b = batch_of<Cuda>({own_part(s, choose_domains(s.box, team.size()), team.rank())});
    Neighbors<Cuda> n = make_neighbors(b, potential().cutoff, skin, &team, s.size());
    std::vector<Vec3> x = to_host(b.position);
    int mine = -1;
    for (int i = 0; i < b.atoms; ++i)
        if (b.id[0][i] == 321) x[mine = i].z = std::nan("");
    copy(to_space<Cuda>(x), b.position);
    update_neighbors(b, n);
    EXPECT_EQ(to_host(n.builds)[0], 0);
    const Incident incident = to_host(b.incident)[0];
    EXPECT_EQ(incident.kind, static_cast<int>(IncidentKind::not_finite));
    EXPECT_EQ(incident.atom_a, mine);
    int owners = 0;
    for (const int other : team.all_gather_value(mine)) owners += other >= 0 ? 1 : 0;
    EXPECT_EQ(owners, 1);
}

}  // namespace
}  // namespace mg
