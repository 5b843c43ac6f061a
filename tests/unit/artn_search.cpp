// Saddle searches: the machine on surfaces whose saddles are known, regions against the whole system, and real events.
#include "support/search.hpp"

#include <omp.h>

#include <filesystem>
#include <set>

#include "artn/events.hpp"
#include "md/dynamics.hpp"
#include "physics/viscosity.hpp"
#include "support/engine.hpp"
#include "support/reference_glass.hpp"

namespace {

using namespace mg;
using namespace mg::search_test;
using engine_test::largest_difference;
using engine_test::same_bits;

TEST(Tridiagonal, LowestEigenpairsOfAChain) {
    // 2 on the diagonal, -1 beside it: 2 - 2 cos(pi / (n + 1)), components sin(k pi / (n + 1)).
    for (const int n : {1, 2, 5, 25}) {
        const std::vector<double> diagonal(n, 2.0), off(n, -1.0);
        double vector[64];
        const LowestEigenpair pair = lowest_eigenpair(diagonal.data(), off.data(), n, vector);
        const double angle = M_PI / (n + 1);
        EXPECT_NEAR(pair.value, 2 - 2 * std::cos(angle), 1e-13);
        for (int k = 0; k < n; ++k)
            EXPECT_NEAR(std::abs(vector[k]), std::sqrt(2.0 / (n + 1)) * std::sin((k + 1) * angle), 1e-9);
    }
}

TEST(Tridiagonal, EigenpairsOfRandomMatrices) {
    oracle::Random random(3);
    for (int turn = 0; turn < 200; ++turn) {
        const int n = 2 + turn % 24;
        std::vector<double> d(n), e(n);
        for (double& v : d) v = random.between(-5, 30);
        for (double& v : e) v = turn % 7 == 0 ? 0.0 : random.between(-3, 3);
        double vector[64];
        const LowestEigenpair pair = lowest_eigenpair(d.data(), e.data(), n, vector);
        double residual = 0, norm = 0;
        for (int k = 0; k < n; ++k) {
            const double left = k > 0 ? e[k - 1] * vector[k - 1] : 0, right = k + 1 < n ? e[k] * vector[k + 1] : 0;
            residual += std::pow(d[k] * vector[k] + left + right - pair.value * vector[k], 2);
            norm += vector[k] * vector[k];
        }
        EXPECT_NEAR(norm, 1, 1e-12);
        EXPECT_LT(std::sqrt(residual), 1e-9);
        // The lowest: T - (value - tiny) has no negative pivot.
        double pivot = d[0] - pair.value + 1e-9;
        for (int k = 1; k < n && pivot > 0; ++k) pivot = d[k] - pair.value + 1e-9 - e[k - 1] * e[k - 1] / pivot;
        EXPECT_GT(pivot, 0);
    }
}

TEST(Artn, LanczosFindsTheLowestEigenvalue) { expect_lowest_eigenvalue<Host>(); }

TEST(Artn, SaddlesOfMuellerAndBrown) { expect_saddles_of_mueller_brown<Host>(24, 2); }

TEST(Artn, SaddlesOfSecondOrderAreLeft) { expect_saddles_of_first_order<Host>(); }

TEST(Artn, ViscosityOfABarrier) {
    // kT ln 10 more is a decade more.
    const double kT = 0.0258;
    EXPECT_NEAR(log10_viscosity(0, kT), -4, 1e-14);
    EXPECT_NEAR(log10_viscosity(3 * kT * std::log(10.0), kT), -1, 1e-12);
    EXPECT_NEAR(log10_viscosity_error(kT * std::log(10.0), kT), 1, 1e-12);
}

/// The reference glass as it is (no minimum): forces are not zero, which a region must reproduce as well.
std::shared_ptr<const Minimum> glass_as_it_is() {
    auto m = std::make_shared<Minimum>();
    m->structure = reference_glass();
    m->structure.velocity.clear();
    const EamPotential p = cu_zr();
    Batch<Host> b = make_batch<Host>({m->structure}, p.elements, p.masses);
    b.density.resize(b.atoms);
    Dynamics<Host> d(std::move(b), p, Precision::full, 0.5);
    m->density = to_host(d.batch().density);
    m->energy = to_host(d.batch().potential_energy)[0];
    return m;
}

TEST(ArtnRegion, EnergiesAndForcesAreThoseOfTheWholeSystem) {
    const EamPotential p = cu_zr();
    const auto parent = glass_as_it_is();
    const EamTables<Host> tables = make_eam_tables<Host>(p);
    oracle::Random random(4);
    for (const double radius : {5.0, 8.0, 12.0}) {
        const Region region = carve(parent, 17, radius, p.cutoff);
        ASSERT_FALSE(region.whole);
        ASSERT_GT(region.size(), region.movable);
        Batch<Host> b = make_batch<Host>({region.structure()}, p.elements, p.masses);
        b.movable_end = to_space<Host>(std::vector<int>{region.movable});
        b.density.resize(b.atoms);
        Neighbors<Host> n = make_neighbors(b, p.cutoff, 0.5);
        ForceWork<Host> w;
        compute_forces(b, n, tables, w, Precision::full, Sums::energy);
        std::vector<double> background(b.atoms);
        for (int i = region.movable; i < b.atoms; ++i) background[i] = parent->density[region.atom[i]] - b.density[i];
        b.background = to_space<Host>(background);
        compute_forces(b, n, tables, w, Precision::full, Sums::energy);
        const double before = b.potential_energy[0];

        Structure moved = parent->structure;
        for (int i = 0; i < region.movable; ++i) {
            const Vec3 u{random.between(-0.4, 0.4), random.between(-0.4, 0.4), random.between(-0.4, 0.4)};
            b.position[i] += u;
            moved.position[region.atom[i]] += u;
        }
        Batch<Host> whole = make_batch<Host>({moved}, p.elements, p.masses);
        Dynamics<Host> d(std::move(whole), p, Precision::full, 0.5);
        update_neighbors(b, n);
        compute_forces(b, n, tables, w, Precision::full, Sums::energy);
        EXPECT_NEAR(b.potential_energy[0] - before, d.batch().potential_energy[0] - parent->energy, 1e-9) << radius;
        double worst = 0;
        for (int i = 0; i < region.movable; ++i)
            worst = std::max(worst, std::sqrt(norm2(b.force[i] - d.batch().force[region.atom[i]])));
        EXPECT_LT(worst, 1e-9) << radius;

        // And by the generic sweeps, which the device's loops follow.
        const std::vector<Vec3> tuned = to_host(b.force);
        const double energy = b.potential_energy[0];
        compute_forces_reference(b, n, tables, w, Precision::full, Sums::energy);
        EXPECT_NEAR(b.potential_energy[0], energy, 1e-9);
        for (int i = 0; i < region.movable; ++i) EXPECT_LT(std::sqrt(norm2(b.force[i] - tuned[i])), 1e-11);
    }
}

TEST(ArtnRegion, HasEveryNeighbourInASkewedCell) {
    // Beyond half of the smallest width the nearest fractions are not the nearest image.
    auto parent = std::make_shared<Minimum>();
    Structure& s = parent->structure;
    s.elements = {"Cu"};
    s.masses = {63.546};
    s.box = make_box(Mat3{{38, 19, 0, 0, 38 * std::sqrt(0.75), 0, 0, 0, 38}});
    oracle::Random random(8);
    for (int i = 0; i < 1500; ++i) {
        s.id.push_back(i + 1);
        s.species.push_back(0);
        s.position.push_back(s.box.h * Vec3{random.between(-1, 2), random.between(-1, 2), random.between(-1, 2)});
    }
    const auto distance = [&](int i, int j) {
        double least = 1e9;
        const Vec3 d = s.box.inverse * (s.position[j] - s.position[i]);
        const Vec3 f{d.x - std::round(d.x), d.y - std::round(d.y), d.z - std::round(d.z)};
        for (int x = -2; x <= 2; ++x)
            for (int y = -2; y <= 2; ++y)
                for (int z = -1; z <= 1; ++z)
                    least = std::min(least, norm2(s.box.h * (f + Vec3{1.0 * x, 1.0 * y, 1.0 * z})));
        return std::sqrt(least);
    };
    constexpr double radius = 12, cutoff = 7.6;
    for (const int center : {3, 700}) {
        const Region region = carve(parent, center, radius, cutoff);
        ASSERT_FALSE(region.whole);
        const std::set<int> moving(region.atom.begin(), region.atom.begin() + region.movable),
            listed(region.atom.begin(), region.atom.end());
        EXPECT_LT(listed.size(), 1500u);
        for (int j = 0; j < s.size(); ++j) {
            EXPECT_EQ(moving.count(j) == 1, distance(center, j) < radius) << j;
            for (const int i : moving) {
                if (distance(i, j) < cutoff) {
                    EXPECT_TRUE(listed.count(j)) << i << " sees " << j;
                }
            }
        }
    }
}

TEST(ArtnRegion, ALargeOneIsTheWhole) {
    const auto parent = glass_as_it_is();
    const Region region = carve(parent, 5, 18, 7.6);  // 2 R + cutoff above the box
    EXPECT_TRUE(region.whole);
    EXPECT_EQ(region.movable, parent->structure.size());
}

/// A few searches around atoms of the minimised reference glass.
std::shared_ptr<const Minimum> glass_at_rest() {
    static const auto minimum = [] {
        SettleOptions settle;
        settle.time = 0;
        return find_minimum<Host>(reference_glass(), cu_zr(), 1.0, 1, settle);
    }();
    return minimum;
}

std::vector<CenterEvents> events_of(const EventOptions& options, int centers) {
    static const EamTables<Host> tables = make_eam_tables<Host>(cu_zr());
    std::vector<CenterEvents> all(centers);
    for (int k = 0; k < centers; ++k) all[k].center = 97 * k + 3;
    EXPECT_TRUE(search_events<Host>(
        tables, 1.0, glass_at_rest(), 0, all, options, [](const CenterEvents&) {}, [] { return false; }));
    return all;
}

void expect_equal(const std::vector<CenterEvents>& a, const std::vector<CenterEvents>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t c = 0; c < a.size(); ++c) {
        ASSERT_EQ(a[c].events.size(), b[c].events.size()) << c;
        for (std::size_t k = 0; k < a[c].events.size(); ++k) {
            const Event &x = a[c].events[k], &y = b[c].events[k];
            EXPECT_EQ(x.status, y.status);
            EXPECT_EQ(x.evaluations, y.evaluations);
            EXPECT_EQ(x.barrier, y.barrier);  // the same bits
            EXPECT_EQ(x.eigenvalue, y.eigenvalue);
            EXPECT_EQ(x.final_energy, y.final_energy);
            EXPECT_EQ(x.whole_evaluations, y.whole_evaluations);
            EXPECT_EQ(x.atom, y.atom);
            EXPECT_TRUE(same_bits(x.saddle, y.saddle));
            EXPECT_TRUE(same_bits(x.confined_saddle, y.confined_saddle));
            EXPECT_TRUE(same_bits(x.final_state, y.final_state));
            EXPECT_EQ(x.confined_barrier, y.confined_barrier);
            EXPECT_EQ(x.force, y.force);
            EXPECT_EQ(x.overlap, y.overlap);
            EXPECT_EQ(x.shift, y.shift);
            EXPECT_EQ(x.moved, y.moved);
            EXPECT_EQ(x.most_displaced, y.most_displaced);
            EXPECT_EQ(x.duplicate_of, y.duplicate_of);
            EXPECT_EQ(x.checked, y.checked);
            EXPECT_EQ(x.larger_evaluations, y.larger_evaluations);
            EXPECT_TRUE(std::equal(std::begin(x.cost), std::end(x.cost), std::begin(y.cost)));
        }
    }
}

TEST(ArtnEvents, AreTheSameBitsInAnyBatchAndOnAnyThreads) {
    EventOptions options;
    options.region = 6;
    options.events_per_atom = 1;
    options.max_attempts = 2;
    options.polish = false;
    const int threads = omp_get_max_threads();
    options.searches = 1;
    omp_set_num_threads(1);
    const std::vector<CenterEvents> alone = events_of(options, 6);
    options.searches = 5;
    const std::vector<CenterEvents> five = events_of(options, 6);
    omp_set_num_threads(2);
    options.searches = 6;
    const std::vector<CenterEvents> threaded = events_of(options, 6);
    omp_set_num_threads(threads);
    expect_equal(alone, five);
    expect_equal(alone, threaded);
    int connected = 0;
    for (const CenterEvents& c : alone) connected += c.accepted();
    EXPECT_GE(connected, 2);
}

TEST(ArtnEvents, GoOnWhereTheyWereStopped) {
    EventOptions options;
    options.region = 6;
    options.events_per_atom = 2;
    options.max_attempts = 3;
    options.polish = false;
    const std::vector<CenterEvents> at_once = events_of(options, 3);
    // As from a checkpoint: the first attempts only.
    std::vector<CenterEvents> resumed = at_once;
    resumed[0].events.resize(1);
    resumed[1].events.clear();
    static const EamTables<Host> tables = make_eam_tables<Host>(cu_zr());
    EXPECT_TRUE(search_events<Host>(
        tables, 1.0, glass_at_rest(), 0, resumed, options, [](const CenterEvents&) {}, [] { return false; }));
    expect_equal(at_once, resumed);
    // And a stop is heard.
    std::vector<CenterEvents> stopped(1);
    EXPECT_FALSE(search_events<Host>(
        tables, 1.0, glass_at_rest(), 0, stopped, options, [](const CenterEvents&) {}, [] { return true; }));
}

/// Negative eigenvalues below `limit` of a symmetric matrix: pivots of H - limit (Sylvester's law of inertia).
int eigenvalues_below(std::vector<double> h, int n, double limit) {
    for (int k = 0; k < n; ++k) h[k * n + k] -= limit;
    int negative = 0;
    for (int k = 0; k < n; ++k) {
        const double pivot = h[k * n + k];
        negative += pivot < 0;
        for (int i = k + 1; i < n; ++i) {
            const double factor = h[i * n + k] / pivot;
            for (int j = k + 1; j < n; ++j) h[i * n + j] -= factor * h[k * n + j];
        }
    }
    return negative;
}

TEST(ArtnEvents, SaddlesAreOfFirstOrder) {
    EventOptions options;
    options.region = 5.5;
    options.events_per_atom = 1;
    options.max_attempts = 3;
    options.polish = false;
    const EamPotential p = cu_zr();
    const EamTables<Host> tables = make_eam_tables<Host>(p);
    int saddles = 0;
    SearchOptions search = options.search;
    SearchBatch<Host> batch(tables, 1.0, search);
    for (int k = 0; k < 8 && saddles < 4; ++k) {
        const auto region =
            std::make_shared<const Region>(carve(glass_at_rest(), 97 * k + 3, options.region, p.cutoff));
        batch.drop();
        batch.add({random_start(region, 3.7, 0.1, 1, 0, 0)});
        std::vector<SearchResult> ended;
        while ((ended = batch.collect()).empty()) batch.step();
        if (ended[0].status != SearchStatus::connected) continue;
        ++saddles;
        // Dense Hessian of the region by central differences of its forces.
        const int n = 3 * region->movable;
        Batch<Host> b = make_batch<Host>({region->structure()}, p.elements, p.masses);
        b.movable_end = to_space<Host>(std::vector<int>{region->movable});
        b.density.resize(b.atoms);
        Neighbors<Host> rows = make_neighbors(b, p.cutoff, 1.0);
        ForceWork<Host> w;
        compute_forces(b, rows, tables, w, Precision::full, Sums::none);
        std::vector<double> background(b.atoms);
        for (int i = region->movable; i < b.atoms; ++i)
            background[i] = glass_at_rest()->density[region->atom[i]] - b.density[i];
        b.background = to_space<Host>(background);
        for (int i = 0; i < region->movable; ++i) b.position[i] += ended[0].saddle[i];
        std::vector<double> hessian(static_cast<std::size_t>(n) * n);
        constexpr double h = 1e-3;
        for (int q = 0; q < n; ++q) {
            double* const x = &b.position[q / 3].x + q % 3;
            const double middle = *x;
            for (const double sign : {1.0, -1.0}) {
                *x = middle + sign * h;
                update_neighbors(b, rows);
                compute_forces(b, rows, tables, w, Precision::full, Sums::none);
                for (int i = 0; i < n; ++i) hessian[q * n + i] -= sign * (&b.force[i / 3].x)[i % 3] / (2 * h);
            }
            *x = middle;
        }
        for (int i = 0; i < n; ++i)
            for (int j = 0; j < i; ++j)
                hessian[i * n + j] = hessian[j * n + i] = 0.5 * (hessian[i * n + j] + hessian[j * n + i]);
        EXPECT_EQ(eigenvalues_below(hessian, n, -1e-3), 1);
        EXPECT_EQ(eigenvalues_below(hessian, n, ended[0].eigenvalue - 0.02), 0) << ended[0].eigenvalue;
        // The second comes from above, and near.
        EXPECT_GE(eigenvalues_below(hessian, n, ended[0].second_eigenvalue + 0.02), 2);
        EXPECT_LE(eigenvalues_below(hessian, n, ended[0].second_eigenvalue - 0.02), 3) << ended[0].second_eigenvalue;
    }
    EXPECT_GE(saddles, 3);
}

/// The barrier of the hop of a vacancy's neighbour in fcc Cu, by attempts at atom 2, against LAMMPS's nudged elastic
/// band (tests/data/vacancy/README.md).
void expect_vacancy_hop(const EamPotential& potential, const std::string& file, double energy, double barrier) {
    SettleOptions settle;
    settle.time = 0;
    const Structure structure = io::read_structure(source_path("tests/data/vacancy/" + file), {"Cu"});
    const auto minimum = find_minimum<Host>(structure, potential, 0.6, 1, settle);
    EXPECT_NEAR(minimum->energy, energy, 1e-6);
    EventOptions options;
    options.events_per_atom = 40;
    options.max_attempts = 40;
    const EamTables<Host> tables = make_eam_tables<Host>(potential);
    std::vector<CenterEvents> centers{{0, {}}};  // atom 2 is the first: atom 1 is the vacancy
    ASSERT_EQ(minimum->structure.id[0], 2);
    bool found = false;
    Event hop;
    search_events<Host>(
        tables, 0.6, minimum, 0, centers, options,
        [&](const CenterEvents& c) {
            const Event& e = c.events.back();
            if (!e.accepted() || std::abs(e.final_energy) > 1e-3) return;
            // One atom goes to the empty site, a nearest-neighbour distance away.
            int hops = 0;
            double farthest = 0;
            for (const Vec3& u : e.final_state) {
                hops += norm2(u) > 1;
                farthest = std::max(farthest, std::sqrt(norm2(u)));
            }
            if (hops != 1 || farthest < 2.4 || farthest > 2.65 || found) return;
            found = true;
            EXPECT_NEAR(e.barrier, barrier, 2e-3);
            hop = e;
        },
        [&] { return found; });
    ASSERT_TRUE(found);
    // Begun at the saddle with a second mode that is a translation for the greater part: it costs nothing, and is none.
    const auto whole =
        std::make_shared<const Region>(carve(minimum, 0, std::numeric_limits<double>::infinity(), potential.cutoff));
    // Random numbers of searches are told apart by id and attempt, up to a limit.
    EXPECT_NO_THROW(random_start(whole, 1e9, 0.1, 1, 0, most_attempts - 1));
    EXPECT_THROW(random_start(whole, 1e9, 0.1, 1, 0, most_attempts), InputError);
    auto renumbered = std::make_shared<Minimum>(*whole->parent);
    renumbered->structure.id[whole->center] = largest_search_id + 1;
    auto beyond = std::make_shared<Region>(*whole);
    beyond->parent = renumbered;
    EXPECT_THROW(random_start(beyond, 1e9, 0.1, 1, 0, 0), InputError);
    SearchStart start = random_start(whole, 1e9, 0.1, 1, 0, 0);
    start.displacement.assign(whole->size(), Vec3{});
    for (std::size_t k = 0; k < hop.atom.size(); ++k) start.displacement[hop.atom[k]] = hop.saddle[k];
    start.kick = unit(start.displacement);
    for (const Vec3& v : start.noise) start.second.push_back(v + Vec3{0.1, 0.1, 0.1});
    start.polish = true;
    start.descend = false;
    SearchBatch<Host> batch(tables, 0.6, options.search);
    batch.add({start});
    std::vector<SearchResult> ended;
    while ((ended = batch.collect()).empty()) batch.step();
    ASSERT_TRUE(ended[0].at_saddle);
    EXPECT_NEAR(ended[0].saddle_energy, hop.barrier, 1e-4);
    EXPECT_GT(ended[0].second_eigenvalue, 0.05);  // of the cell's softest waves
}

TEST(ArtnEvents, AVacancyHopsOverItsKnownBarrier) {
    expect_vacancy_hop(io::read_potential(source_path("jobs/potentials/Cu-Zr_2.eam.fs"), {"Cu"}), "cu_vacancy_499.data",
                       -1637.22634358569, 0.98671);
}

TEST(ArtnEvents, AVacancyHopsInMishinsCopper) {
    const std::string path = "/usr/share/lammps/potentials/Cu_mishin1.eam.alloy";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not here (Debian's package lammps-data)";
    expect_vacancy_hop(io::read_potential(path, {"Cu"}), "cu_vacancy_499_mishin.data", -1765.29605989151, 0.68855);
}

}  // namespace
