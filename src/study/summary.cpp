#include "study/summary.hpp"
#include "config/study_hash.hpp"

#include <fmt/format.h>
#include <omp.h>

#include <nlohmann/json.hpp>

#include "core/build_info.hpp"
#include "io/json.hpp"
#include "study/set_aside.hpp"
#include "study/stages.hpp"

namespace mg::study {

void write_summary(const Context& c, const Ledger& ledger, const Hardware& hardware) {
    using nlohmann::json;
    const StudyFile& s = c.study;
    json summary;
    const bool rough = s.stiffness.method != StiffnessMethod::harmonic &&
                       (s.stiffness.window_ps < 50 || s.stiffness.temperatures_K.size() < 3);
    summary["study"] = {{"name", s.study.name},
                        {"version", build::version},
                        {"git", build::git},
                        {"seed", s.study.seed},
                        {"elements", c.potential.elements},
                        {"fractions", s.system.fractions},
                        {"atoms", s.quenches() ? json(s.system.atoms) : json()},
                        {"samples", c.samples.size()},
                        {"rate_K_per_s", s.quenches() ? json(s.quench.rate_K_per_s) : json()},
                        {"rough_labels", rough},
                        {"temperatures_K", s.stiffness.temperatures_K},
                        {"window_ps", s.stiffness.window_ps},
                        {"hash", study_hash(s)}};
    summary["potential"] = {{"path", c.potential.path},
                            {"format", c.potential.format},
                            {"sha256", c.potential.sha256},
                            {"comment", c.potential.comment},
                            {"cutoff_A", c.potential.cutoff}};
    summary["hardware"] = {{"host", hardware.host},
                           {"backend", hardware.backend},
                           {"threads", omp_get_max_threads()},
                           {"device", hardware.device},
                           {"precision", io::word_of(s.compute.precision)}};
    json timings = json::array();
    for (const std::string& name : study_stages())
        if (ledger.contains(name)) timings.push_back({{"stage", name}, {"seconds", ledger.seconds(name)}});
    summary["timings"] = timings;
    for (const auto& stage : all_stages<Host>())
        if (is_finished(ledger, *stage, c.directory, s)) stage->summarise(c, summary);
    for (const SetAside::Record& r : SetAside(c.directory).list())
        summary["set_aside"].push_back(
            {{"stage", r.stage}, {"folder", r.folder}, {"seconds", r.entry.seconds.value_or(0)}});
    io::write_sealed_json(c.directory.file("summary.json"), summary);
    c.progress.say("stage           seconds");
    for (const json& t : timings)
        c.progress.say(fmt::format("{:<12} {:>10.1f}", t["stage"].get<std::string>(), t["seconds"].get<double>()));
}

}  // namespace mg::study
