#include "study/estimate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "study/progress.hpp"
#include "study/stages.hpp"

namespace mg::study {
namespace {

constexpr double GiB = 1024.0 * 1024 * 1024;

std::string size_text(double gibibytes) {
    return gibibytes < 0.1 ? fmt::format("{:.0f} MiB", std::max(1.0, gibibytes * 1024))
                           : fmt::format("{:.1f} GiB", gibibytes);
}

}  // namespace

Estimate estimate(const StudyFile& study, double atom_steps_per_second) {
    Estimate result{study_size(study, atom_steps_per_second), {}, 0, 0, 0};
    double disk_bytes_per_atom = 0;
    for (const auto& stage : all_stages<Host>()) {
        if (!stage->is_part_of(study)) continue;
        const StageEstimate e = stage->estimate(study, result);
        result.seconds += e.seconds;
        result.memory_GiB = std::max(result.memory_GiB, e.memory_bytes / GiB);
        disk_bytes_per_atom += e.disk_bytes_per_atom;
        result.stages.push_back(e);
    }
    result.disk_GiB = result.atoms_of_all * disk_bytes_per_atom / GiB;
    return result;
}

std::string to_table(const Estimate& e) {
    std::string text;
    const auto line = [&](const std::string& name, const std::string& value) {
        text += fmt::format("{:<12}{}\n", name, value);
    };
    std::string sample = fmt::format("{} atoms", e.atoms);
    for (std::size_t s = 0; s < e.counts.size(); ++s)
        sample += fmt::format("{} {} {}", s == 0 ? ":" : ",", e.counts[s], e.elements[s]);
    line("sample", sample);
    std::string cell = fmt::format("{:.1f} x {:.1f} x {:.1f} A, {:.2f} A^3 per atom", e.cell_A[0], e.cell_A[1],
                                   e.cell_A[2], e.volume_per_atom_A3);
    if (e.lattice[0] > 0)
        cell =
            fmt::format("about {}; starts as {} x {} x {} fcc cells", cell, e.lattice[0], e.lattice[1], e.lattice[2]);
    line("cell", cell);
    line("potential", fmt::format("cutoff {} A, skin {} A", e.cutoff_A, e.skin_A));
    for (std::size_t k = 0; k < e.samples.size();) {
        std::size_t end = k;
        while (end < e.samples.size() && e.samples[end].rate_K_per_s == e.samples[k].rate_K_per_s &&
               e.samples[end].is_further_test == e.samples[k].is_further_test)
            ++end;
        const double rate = e.samples[k].rate_K_per_s;
        std::string how = fmt::format("{:>2} given", end - k);
        if (rate > 0) {
            const double ps = e.quench_K / rate * 1e12;
            how = fmt::format("{:>2} at {:.4g} K/s: {}, {:.4g} steps of {} fs{}", end - k, rate, picoseconds_text(ps),
                              std::ceil(ps / (e.timestep_fs / 1000)), e.timestep_fs,
                              e.samples[k].is_further_test ? " (further testing set)" : "");
        }
        line(k == 0 ? "samples" : "", how);
        k = end;
    }
    text +=
        fmt::format("\n{:<12}{:>9}{:>13}{:>13}{:>13}  {}\n", "stage", "replicas", "steps", "atom-steps", "time", "");
    for (const StageEstimate& stage : e.stages)
        text += fmt::format("{:<12}{:>9}{:>13}{:>13}{:>13}  {}\n", stage.name, stage.replicas,
                            stage.steps > 0 ? std::to_string(stage.steps) : "",
                            stage.atom_steps > 0 ? fmt::format("{:.3g}", stage.atom_steps) : "",
                            duration_text(stage.seconds), stage.note);
    text += fmt::format("{:<12}{:>48}\n\n", "all", duration_text(e.seconds));
    line("rate", fmt::format("{:.3g} atom-steps/s", e.atom_steps_per_second));
    line("memory", "about " + size_text(e.memory_GiB));
    line("disk", "about " + size_text(e.disk_GiB));
    for (const std::string& warning : e.warnings) line("WARNING", warning);
    return text;
}

}  // namespace mg::study
