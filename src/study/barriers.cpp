#include "study/barriers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/units.hpp"
#include "io/xyz_writer.hpp"
#include "physics/viscosity.hpp"

namespace mg {

const std::vector<std::string>& search_status_names() {
    static const std::vector<std::string> names{
        "CONNECTED", "NO_NEGATIVE_MODE", "MODE_LOST",        "MAX_STEPS",    "MAX_EVALUATIONS",
        "EXPLODED",  "BACK_AT_START",    "NEGATIVE_BARRIER", "OUT_OF_RANGE", "DISCONNECTED",
        "NOT_SPLIT", "NOT_LOCAL",        "POLISH_LOST"};
    return names;
}

const std::vector<std::string>& search_cost_names() {
    static const std::vector<std::string> names{"basin", "lanczos", "climb", "connect"};
    return names;
}

EventOptions event_options(const StudyFile& study) {
    EventOptions e = study.barriers;
    e.seed = study.study.seed;
    e.searches = study.compute.replicas_per_batch.value_or(0);
    return e;
}

SettleOptions settle_options(const StudyFile& study) {
    SettleOptions s = study.barriers.settle;
    s.temperature = study.quench.final_K;
    s.timestep = study.quench.timestep_fs * units::femtosecond;
    return s;
}

std::vector<int> searched_atoms(const StudyFile& study, const std::vector<long>& id, std::uint32_t sample) {
    const Selection& which = study.barriers.atoms;
    std::vector<int> atoms(id.size());
    std::iota(atoms.begin(), atoms.end(), 0);
    if (which.kind == Selection::Kind::word) return atoms;
    if (which.kind == Selection::Kind::number) {
        shuffle(atoms, RandomStream(study.study.seed, RandomUse::centers, sample));
        atoms.resize(std::max<std::size_t>(1, std::lround(which.number * static_cast<double>(id.size()))));
    } else {
        atoms.clear();
        for (const long wanted : which.list) {
            const auto at = std::lower_bound(id.begin(), id.end(), wanted);
            if (at == id.end() || *at != wanted)
                throw InputError(fmt::format("sample {} has no atom {}", sample, wanted),
                                 "it is named in barriers.atoms", "give ids of the structure");
            atoms.push_back(static_cast<int>(at - id.begin()));
        }
    }
    std::sort(atoms.begin(), atoms.end());
    atoms.erase(std::unique(atoms.begin(), atoms.end()), atoms.end());
    return atoms;
}

namespace {

/// of(event) for all events, centre by centre.
template <class T, class F>
std::vector<T> column(const std::vector<CenterEvents>& centers, const F& of) {
    std::vector<T> values;
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) values.push_back(of(e));
    return values;
}

}  // namespace

void put_events(H5File& f, const std::string& group, const std::vector<CenterEvents>& centers,
                const std::vector<long>& id) {
    const auto named = [&](int atom) { return atom < 0 ? -1L : id.at(atom); };
    const auto put = [&](const std::string& name, const auto& values, const std::string& unit = "") {
        f.write(group + "/" + name, values, {}, unit);
    };
    put("center", column<long>(centers, [&](const Event& e) { return named(e.center); }));
    put("attempt", column<int>(centers, [](const Event& e) { return e.attempt; }));
    put("status", column<int>(centers, [](const Event& e) { return static_cast<int>(e.status); }));
    f.write_attribute(group + "/status", "names", search_status_names());
    put("barrier", column<double>(centers, [](const Event& e) { return e.accepted() ? e.barrier : 0.0; }), "eV");
    put("confined_barrier", column<double>(centers, [](const Event& e) { return e.confined_barrier; }), "eV");
    put("eigenvalue", column<double>(centers, [](const Event& e) { return e.eigenvalue; }), "eV/A^2");
    put("second_eigenvalue", column<double>(centers, [](const Event& e) { return e.second_eigenvalue; }), "eV/A^2");
    f.write_attribute(group + "/second_eigenvalue", "what", "at the same saddle, from above");
    put("force", column<double>(centers, [](const Event& e) { return e.force; }), "eV/A");
    put("final_energy", column<double>(centers, [](const Event& e) { return e.final_energy; }), "eV");
    f.write_attribute(group + "/final_energy", "what", "above the first minimum, with what moved on the last way down");
    put("evaluations", column<long>(centers, [](const Event& e) { return e.evaluations; }));
    std::vector<long> cost;
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) cost.insert(cost.end(), std::begin(e.cost), std::end(e.cost));
    f.write(group + "/cost", cost, {cost.size() / search_costs, static_cast<std::size_t>(search_costs)});
    f.write_attribute(group + "/cost", "names", search_cost_names());
    put("larger_evaluations", column<long>(centers, [](const Event& e) { return e.larger_evaluations; }));
    put("whole_evaluations", column<long>(centers, [](const Event& e) { return e.whole_evaluations; }));
    put("overlap", column<double>(centers, [](const Event& e) { return e.overlap; }));
    put("shift", column<double>(centers, [](const Event& e) { return e.shift; }), "A");
    put("duplicate_of", column<int>(centers, [](const Event& e) { return e.duplicate_of; }));
    put("moved", column<int>(centers, [](const Event& e) { return e.moved; }));
    put("most_displaced", column<long>(centers, [&](const Event& e) { return named(e.most_displaced); }));
    put("checked", column<int>(centers, [](const Event& e) { return e.checked; }));
    f.write_attribute(group + "/checked", "what", "the same saddle, followed down with all atoms: 1 connected, 2 not");
    put("whole_final_energy", column<double>(centers, [](const Event& e) { return e.whole_final_energy; }), "eV");
    // Displacements of all events one behind the other; event k has those from first[k] to first[k + 1].
    std::vector<long> first{0}, atom;
    std::vector<float> saddle, confined_saddle, final_state;
    const auto append = [](std::vector<float>& to, Vec3 u) {
        for (const double x : {u.x, u.y, u.z}) to.push_back(static_cast<float>(x));
    };
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) {
            for (std::size_t k = 0; k < e.atom.size(); ++k) {
                atom.push_back(named(e.atom[k]));
                append(saddle, e.saddle[k]);
                append(confined_saddle, e.confined_saddle[k]);
                append(final_state, e.final_state[k]);
            }
            first.push_back(static_cast<long>(atom.size()));
        }
    put("first_displacement", first);
    put("displaced_atom", atom);
    const std::vector<std::size_t> shape{atom.size(), 3};
    f.write(group + "/saddle_displacement", saddle, shape, "A");
    f.write_attribute(group + "/saddle_displacement", "what", "at the saddle of barrier");
    f.write(group + "/confined_saddle_displacement", confined_saddle, shape, "A");
    f.write_attribute(group + "/confined_saddle_displacement", "what", "at the saddle of confined_barrier");
    f.write(group + "/final_displacement", final_state, shape, "A");
}

std::vector<CenterEvents> get_events(const H5File& f, const std::string& group, const std::vector<long>& id) {
    const auto index = [&](long name) {
        if (name < 0) return -1;
        const auto at = std::lower_bound(id.begin(), id.end(), name);
        if (at == id.end() || *at != name)
            throw InputError(f.path() + " names atom " + std::to_string(name), "there is none", "remove the file");
        return static_cast<int>(at - id.begin());
    };
    const auto doubles = [&](const char* name) { return f.read<double>(group + "/" + name); };
    const auto longs = [&](const char* name) { return f.read<long>(group + "/" + name); };
    const std::vector<long> center = longs("center"), attempt = longs("attempt"), status = longs("status"),
                            evaluations = longs("evaluations"), cost = longs("cost"),
                            larger = longs("larger_evaluations"), whole = longs("whole_evaluations"),
                            duplicate = longs("duplicate_of"), moved = longs("moved"),
                            displaced = longs("most_displaced"), checked = longs("checked"),
                            first = longs("first_displacement"), atom = longs("displaced_atom");
    const std::vector<double> barrier = doubles("barrier"), confined = doubles("confined_barrier"),
                              eigenvalue = doubles("eigenvalue"), second_eigenvalue = doubles("second_eigenvalue"),
                              force = doubles("force"), final_energy = doubles("final_energy"),
                              overlap = doubles("overlap"), shift = doubles("shift"),
                              whole_final = doubles("whole_final_energy");
    const std::vector<Vec3> saddle = f.read_vectors(group + "/saddle_displacement"),
                            confined_saddle = f.read_vectors(group + "/confined_saddle_displacement"),
                            final_state = f.read_vectors(group + "/final_displacement");
    std::vector<CenterEvents> centers;
    for (std::size_t k = 0; k < center.size(); ++k) {
        Event e;
        e.center = index(center[k]);
        e.attempt = static_cast<int>(attempt.at(k));
        e.status = static_cast<SearchStatus>(status.at(k));
        e.barrier = barrier.at(k);
        e.confined_barrier = confined.at(k);
        e.eigenvalue = eigenvalue.at(k);
        e.second_eigenvalue = second_eigenvalue.at(k);
        e.force = force.at(k);
        e.final_energy = final_energy.at(k);
        e.evaluations = evaluations.at(k);
        for (int c = 0; c < search_costs; ++c) e.cost[c] = cost.at(search_costs * k + c);
        e.larger_evaluations = larger.at(k);
        e.whole_evaluations = whole.at(k);
        e.overlap = overlap.at(k);
        e.shift = shift.at(k);
        e.duplicate_of = static_cast<int>(duplicate.at(k));
        e.moved = static_cast<int>(moved.at(k));
        e.most_displaced = index(displaced.at(k));
        e.checked = static_cast<int>(checked.at(k));
        e.whole_final_energy = whole_final.at(k);
        for (long m = first.at(k); m < first.at(k + 1); ++m) {
            e.atom.push_back(index(atom.at(m)));
            e.saddle.push_back(saddle.at(m));
            e.confined_saddle.push_back(confined_saddle.at(m));
            e.final_state.push_back(final_state.at(m));
        }
        if (centers.empty() || centers.back().center != e.center) centers.push_back({e.center, {}});
        centers.back().events.push_back(std::move(e));
    }
    return centers;
}

void put_minimum(H5File& f, const Minimum& m) {
    const Mat3 rows = transpose(m.structure.box.h);
    f.write("/minimum/id", m.structure.id);
    f.write("/minimum/species", m.structure.species);
    f.write("/minimum/position", m.structure.position, "A");
    f.write("/minimum/cell", std::vector<double>(rows.m, rows.m + 9), {3, 3}, "A");
    f.write("/minimum/embedding_density", m.density);
    f.write_attribute("/minimum", "energy_eV", m.energy);
}

Minimum get_minimum(const H5File& f, const std::vector<std::string>& elements, const std::vector<double>& masses) {
    Minimum m;
    m.structure.elements = elements;
    m.structure.masses = masses;
    m.structure.id = f.read<long>("/minimum/id");
    m.structure.species = f.read<int>("/minimum/species");
    m.structure.position = f.read_vectors("/minimum/position");
    const std::vector<double> cell = f.read<double>("/minimum/cell");
    Mat3 rows;
    std::copy_n(cell.begin(), 9, rows.m);
    m.structure.box = make_box(transpose(rows));
    m.density = f.read<double>("/minimum/embedding_density");
    m.energy = f.read_double("/minimum", "energy_eV");
    return m;
}

AtomBarriers atom_barriers(const CenterEvents& center) {
    AtomBarriers a;
    double sum = 0, squares = 0, distinct = 0;
    for (const Event& e : center.events) {
        ++a.attempts;
        if (!e.accepted()) continue;
        ++a.accepted;
        sum += e.barrier;
        if (e.duplicate_of < 0) {
            ++a.distinct;
            distinct += e.barrier;
        }
    }
    if (a.accepted == 0) return a;
    a.mean = sum / a.accepted;
    for (const Event& e : center.events)
        if (e.accepted()) squares += (e.barrier - a.mean) * (e.barrier - a.mean);
    if (a.accepted > 1) a.standard_error = std::sqrt(squares / (a.accepted - 1) / a.accepted);
    if (a.distinct > 0) a.mean_distinct = distinct / a.distinct;
    return a;
}

BarrierSummary summarise(const std::vector<CenterEvents>& centers) {
    BarrierSummary s;
    s.by_status.assign(search_status_names().size(), 0);
    std::vector<double> barriers;
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events) {
            ++s.attempts;
            ++s.by_status.at(static_cast<std::size_t>(e.status));
            s.evaluations += static_cast<double>(e.evaluations);
            s.larger_evaluations += static_cast<double>(e.larger_evaluations);
            s.whole_evaluations += static_cast<double>(e.whole_evaluations);
            s.checked += e.checked != 0;
            s.check_failed += e.checked == 2;
            if (e.accepted()) barriers.push_back(e.barrier);
        }
    s.accepted = static_cast<long>(barriers.size());
    if (s.attempts > 0) {
        s.evaluations /= static_cast<double>(s.attempts);
        s.larger_evaluations /= static_cast<double>(s.attempts);
        s.whole_evaluations /= static_cast<double>(s.attempts);
    }
    if (barriers.empty()) return s;
    std::sort(barriers.begin(), barriers.end());
    const std::size_t n = barriers.size();
    s.mean = std::accumulate(barriers.begin(), barriers.end(), 0.0) / static_cast<double>(n);
    s.median = 0.5 * (barriers[(n - 1) / 2] + barriers[n / 2]);
    double squares = 0;
    for (const double b : barriers) squares += (b - s.mean) * (b - s.mean);
    if (n > 1) s.deviation = std::sqrt(squares / static_cast<double>(n - 1));
    return s;
}

void write_barriers(H5File& f, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                    const StudyFile& study) {
    const std::vector<long>& id = minimum.structure.id;
    const double kT = units::boltzmann * study.report.viscosity_K;
    put_minimum(f, minimum);
    put_events(f, "/events", centers, id);
    const std::size_t n = id.size();
    std::vector<int> attempts(n), accepted(n), distinct(n);
    std::vector<double> mean(n), error(n), mean_distinct(n), viscosity(n), viscosity_error(n);
    for (const CenterEvents& c : centers) {
        const AtomBarriers a = atom_barriers(c);
        const auto i = static_cast<std::size_t>(c.center);
        attempts[i] = a.attempts;
        accepted[i] = a.accepted;
        distinct[i] = a.distinct;
        mean[i] = a.mean;
        error[i] = a.standard_error;
        mean_distinct[i] = a.mean_distinct;
        if (a.accepted == 0) continue;
        viscosity[i] = log10_viscosity(a.mean, kT);
        viscosity_error[i] = log10_viscosity_error(a.standard_error, kT);
    }
    f.write("/atoms/id", id);
    f.write("/atoms/attempts", attempts);
    f.write("/atoms/accepted", accepted);
    f.write("/atoms/distinct", distinct);
    f.write("/atoms/mean_barrier", mean, {}, "eV");
    f.write("/atoms/standard_error", error, {}, "eV");
    f.write("/atoms/mean_distinct_barrier", mean_distinct, {}, "eV");
    f.write("/atoms/log10_viscosity", viscosity, {}, "log10(Pa s)");
    f.write("/atoms/log10_viscosity_error", viscosity_error, {}, "log10(Pa s)");
    f.write_attribute("/atoms", "what", "0 where accepted is 0; an error is 0 where accepted is below 2");
    f.write_attribute("/atoms", "viscosity_K", study.report.viscosity_K);
    f.write_attribute("/atoms", "eta_0_Pa_s", viscosity_prefactor);
    f.write_attribute("/", "region_A", study.barriers.region);
    f.write_attribute("/", "polished", study.barriers.polish ? 1 : 0);
}

std::string events_table(const std::vector<CenterEvents>& centers, const std::vector<long>& id) {
    std::string text = fmt::format("{:>9} {:>7} {:<16} {:>9} {:>9} {:>9} {:>8} {:>9} {:>6} {:>6} {:>5} {:>9} {:>9}\n",
                                   "center", "attempt", "status", "barrier", "confined", "eigenval", "force", "final",
                                   "evals", "whole", "moved", "most_far", "duplicate");
    text += fmt::format("{:>9} {:>7} {:<16} {:>9} {:>9} {:>9} {:>8} {:>9}\n", "id", "", "", "eV", "eV", "eV/A^2",
                        "eV/A", "eV");
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events)
            text += fmt::format(
                "{:>9} {:>7} {:<16} {:>9.5f} {:>9.5f} {:>9.4f} {:>8.4f} {:>9.5f} {:>6} {:>6} {:>5} {:>9} {:>9}\n",
                id.at(e.center), e.attempt, search_status_names().at(static_cast<std::size_t>(e.status)),
                e.accepted() ? e.barrier : 0.0, e.confined_barrier, e.eigenvalue, e.force, e.final_energy,
                e.evaluations, e.whole_evaluations, e.moved, e.most_displaced < 0 ? -1 : id.at(e.most_displaced),
                e.duplicate_of);
    return text;
}

std::string events_xyz(const std::string& path, const Minimum& minimum, const std::vector<CenterEvents>& centers,
                       int most) {
    std::vector<const Event*> chosen;
    for (const CenterEvents& c : centers)
        for (const Event& e : c.events)
            if (e.accepted() && e.duplicate_of < 0) chosen.push_back(&e);
    std::stable_sort(chosen.begin(), chosen.end(),
                     [](const Event* a, const Event* b) { return a->barrier < b->barrier; });
    std::string text;
    const int n = static_cast<int>(chosen.size()), frames = std::min(n, most);
    for (int k = 0; k < frames; ++k) {
        const Event& e = *chosen[frames > 1 ? static_cast<long>(k) * (n - 1) / (frames - 1) : 0];
        XyzColumn saddle{"disp", 3, std::vector<double>(3 * minimum.structure.position.size())};
        XyzColumn final_state{"final_disp", 3, std::vector<double>(3 * minimum.structure.position.size())};
        for (std::size_t m = 0; m < e.atom.size(); ++m)
            for (const auto& [column, u] :
                 {std::pair{&saddle, e.saddle[m]}, std::pair{&final_state, e.final_state[m]}}) {
                double* const to = &column->values[3 * static_cast<std::size_t>(e.atom[m])];
                to[0] = u.x, to[1] = u.y, to[2] = u.z;
            }
        text += xyz_text(path, minimum.structure, {saddle, final_state},
                         fmt::format("center={} attempt={} barrier_eV={:.5f} final_energy_eV={:.5f}",
                                     minimum.structure.id.at(e.center), e.attempt, e.barrier, e.final_energy));
    }
    return text;
}

}  // namespace mg
