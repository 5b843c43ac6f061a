#include "study/barriers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/units.hpp"
#include "physics/viscosity.hpp"

namespace mg::study {

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
    const io::Selection& which = study.barriers.atoms;
    std::vector<int> atoms(id.size());
    std::iota(atoms.begin(), atoms.end(), 0);
    if (which.kind == io::Selection::Kind::word) return atoms;
    if (which.kind == io::Selection::Kind::number) {
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

void write_barriers(io::H5File& f, const Minimum& minimum, const std::vector<CenterEvents>& centers,
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

}  // namespace mg::study
