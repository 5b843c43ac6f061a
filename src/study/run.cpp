#include "study/run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <set>

#include "config/study_hash.hpp"
#include "core/agreed_input.hpp"
#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/macros.hpp"
#include "io/eam_reader.hpp"
#include "io/json.hpp"
#include "io/structure_reader.hpp"
#include "ops/domain.hpp"
#include "study/advice.hpp"
#include "study/context.hpp"
#include "study/feasible.hpp"
#include "study/set_aside.hpp"
#include "study/stages.hpp"
#include "study/start.hpp"
#include "study/summary.hpp"

namespace mg::study {
namespace {

std::string host_name() {
    char host[256] = "unknown";
    gethostname(host, sizeof host - 1);
    return host;
}

/// A study with its output directory and its ranks. Stages are of the Space that the caller chose.
class StudyRun {
public:
    using Stages = std::vector<std::unique_ptr<Stage>>;

    StudyRun(const StudyFile& study, const RunOptions& options, const Stages& stages, Comm& world)
        : study_(study),
          options_(options),
          stages_(stages),
          world_(world),
          farm_(world, options.max_wall_s),
          potential_(io::read_potential(study.system.potential, study.system.elements)),
          directory_(study.study.output),
          ledger_(directory_.file("stages.json")),
          aside_(directory_) {
        for (const std::string& name : options.stages)
            if (name == "stiffness" && !study_.measures_stiffness())
                throw InputError("the stage stiffness has nothing to do",
                                 "networks learn " + study_.train.label.name + ", which the structures came with",
                                 "leave out --stage stiffness, or train.label");
            else if (!stage_named(name).is_part_of(study_))
                throw InputError("the stage " + name + " has nothing to do", "the study has no table [" + name + "]",
                                 "add it (it may be empty: every key has a default), or leave out --stage " + name);
        if (!study_.compute.skin_A)
            study_.compute.skin_A = choose_skin(expected_width(study_, potential_), potential_.cutoff);
        directory_.check(study_, options_.resume, options_.on_change == OnChange::keep || comes_back("quench"));
        check_feasible(study_, potential_, asked("train"));
        guess_ = guess_crystal(study_, potential_);
        if (asked("stiffness")) check_temperatures(study_, guess_);
        check_needs();
        check_changes();
        if (world.rank() == 0) check_results();
    }

    void check_ranks() const {
        if (study_.compute.domains > world_.size())
            throw InputError(fmt::format("compute.domains = {} on {} rank{}", study_.compute.domains, world_.size(),
                                         world_.size() == 1 ? "" : "s"),
                             "every domain needs a rank of its own",
                             "start more ranks (mpirun -n), or use fewer domains");
    }

    /// A line for each stage that has results of these settings or of others.
    std::vector<std::string> plan() const {
        std::vector<std::string> lines;
        const std::vector<std::string> go = leaving();
        for (const auto& stage : stages_) {
            const std::string name = stage->name();
            const double seconds = ledger_.seconds(name);
            std::string what;
            if (finished(*stage))
                what = fmt::format("finished, took {}", duration_text(seconds));
            else if (stage->is_part_of(study_) && comes_back(name))
                what = fmt::format("was set aside and comes back, took {}",
                                   duration_text(aside_.entry(name, stage_hash(study_, name)).seconds.value_or(0)));
            else if (const int there = stays(*stage); std::find(go.begin(), go.end(), name) != go.end())
                what = fmt::format("{}; what took {} is set aside{}", changes_of(name), duration_text(seconds),
                                   there > 0 ? fmt::format(", but for {} samples", there) : "");
            else if (ledger_.begun_under(name) == stage_hash(study_, name))
                what = fmt::format("has begun, took {} so far", duration_text(seconds));
            else if (there > 0)
                what = fmt::format("{}; {} of {} samples are there, took {}", changes_of(name), there,
                                   stage->samples(study_).size(), duration_text(seconds));
            if (!what.empty()) lines.push_back(fmt::format("{:<12}{}", name, what));
        }
        return lines;
    }

    /// What it will do badly.
    std::vector<std::string> advice() const { return study::advice(study_, potential_, guess_); }

    /// Collective, as all that follows. Throws Stopped at a checkpoint.
    void run(const char* backend) {
        on_first(world_, [&] { directory_.claim(study_); });
        progress_ = std::make_unique<Progress>(directory_.path(), world_.rank());
        farm_.make_teams(study_.compute.domains, study_.compute.checkpoint_minutes);
        try {
            announce();
            on_first(world_, [&] {
                for (const auto& stage : stages_)
                    if (is_read(stage->name())) recall(*stage);
            });
            for (const auto& stage : stages_)
                if (asked(stage->name())) run_stage(*stage);
            on_first(world_, [&] {
                write_summary(context(*stages_.back()), ledger_, {host_name(), backend, options_.device});
            });
            progress_->finish("done");
        } catch (const Stopped& e) {
            progress_->say(e.what());
            progress_->finish("stopped", e.what());
            throw;
        } catch (const std::exception& e) {
            try {
                progress_->finish("failed", e.what());
            } catch (const Error&) {
                // Several ranks may fail at once and write the status together: what is told is why they failed.
            }
            // Exit code 2 says that nothing was run; that is no longer so.
            if (dynamic_cast<const InputError*>(&e)) throw Error(e.what());
            throw;
        }
    }

private:
    bool asked(const std::string& name) const {
        return stage_named(name).is_part_of(study_) &&
               (options_.stages.empty() ||
                std::find(options_.stages.begin(), options_.stages.end(), name) != options_.stages.end());
    }
    /// Whether a stage that is asked for reads its results.
    bool is_read(const std::string& name) const {
        return std::any_of(stages_.begin(), stages_.end(), [&](const auto& stage) {
            const std::vector<std::string> needs = stage->needs(study_);
            return asked(stage->name()) && std::find(needs.begin(), needs.end(), name) != needs.end();
        });
    }
    /// How many samples' results a stage keeps where its samples have changed.
    int stays(const Stage& stage) const {
        return stage.goes_by_samples() && stage.is_part_of(study_) && ledger_.contains(stage.name())
                   ? directory_.samples_there(stage, study_)
                   : 0;
    }
    bool finished(const Stage& stage) const { return is_finished(ledger_, stage, directory_, study_); }
    Context context(const Stage& stage) { return Context(study_, potential_, directory_, farm_, *progress_, stage); }

    /// Refuses stages that stand on what is neither there nor asked for.
    void check_needs() const {
        for (const std::string& name : options_.stages)
            for (const std::string& need : stage_named(name).needs(study_))
                if (!asked(need) && !finished(stage_named(need)) && !comes_back(need))
                    throw InputError("the stage " + name + " needs the stage " + need,
                                     !ledger_.contains(need) || ledger_.begun_under(need) == stage_hash(study_, need)
                                         ? "it has not finished in " + directory_.path()
                                         : "its results in " + directory_.path() + " have other settings",
                                     "add --stage " + need + " (without --stage all stages run in order)");
    }

    /// Whether results of the present settings stand aside.
    bool comes_back(const std::string& name) const {
        return options_.resume != Resume::force && aside_.holds(name, stage_hash(study_, name));
    }

    /// Stages whose results are of other settings than those that will be made, in their order.
    std::vector<std::string> leaving() const {
        std::set<std::string> names;
        for (const auto& stage : stages_) {
            const std::string name = stage->name();
            if (!asked(name) || finished(*stage) || comes_back(name)) continue;
            for (const std::string& upon : stages_upon(study_, name)) names.insert(upon);
            names.insert(name);
        }
        std::vector<std::string> list;
        for (const auto& stage : stages_) {
            const LedgerEntry made = ledger_.entry(stage->name());
            if (names.count(stage->name()) > 0 && !made.made_under().empty() &&
                made.made_under() != stage_hash(study_, stage->name()) &&
                !directory_.stale_files(*stage, study_, made).empty())
                list.push_back(stage->name());
        }
        return list;
    }

    /// What has changed since a stage was made.
    std::string changes_of(const std::string& name) const {
        const std::string before = ledger_.entry(name).settings;
        const std::vector<std::string> list = differences(stage_settings(study_, name), before);
        if (before.empty()) return "its settings were others";
        return list.empty() ? "the program makes it in another way now" : fmt::format("{}", fmt::join(list, ", "));
    }

    void check_changes() const {
        if (options_.resume == Resume::force || options_.on_change == OnChange::keep) return;
        constexpr double dear = 600;  // [s]
        std::string dearest, what;
        for (const std::string& name : leaving()) {
            const double seconds = ledger_.seconds(name);
            what += (what.empty() ? "" : ", ") + fmt::format("{} ({})", name, duration_text(seconds));
            if (dearest.empty() || seconds > ledger_.seconds(dearest)) dearest = name;
        }
        if (dearest.empty() || (options_.on_change == OnChange::automatic && ledger_.seconds(dearest) <= dear)) return;
        throw InputError(
            directory_.path() + " holds results of other settings: " + what, changes_of(dearest),
            "give --on-change keep, which sets them aside until these settings are back, or another --out");
    }

    /// Refuses finished results that are not what was written: what is read is whole.
    void check_results() const {
        for (const auto& stage : stages_) {
            const std::string name = stage->name();
            const bool matters = asked(name) ? options_.resume != Resume::force : is_read(name);
            if (!matters || !finished(*stage)) continue;
            const StageFiles files = stage->files();
            for (const std::string& file : files.of_study) {
                const std::string path = directory_.file(file);
                if (file == "summary.json" || !std::filesystem::exists(path)) continue;
                if (file.ends_with(".json")) io::read_sealed_json(path);
                if (file.ends_with(".h5")) io::H5File::open(path, true);
            }
            for (const int k : stage->samples(study_))
                for (const auto* names : {&files.of_sample, &files.beside_sample})
                    for (const std::string& file : *names)
                        if (const std::string path = directory_.sample_file(static_cast<std::size_t>(k), file);
                            file.ends_with(".h5") && std::filesystem::exists(path))
                            open_result(
                                path, {.file = file, .stage = name, .hash = sample_hash(study_, name, k), .sample = k});
        }
    }

    /// Takes results of the present settings back from where they were set aside.
    void recall(const Stage& stage) {
        const std::string name = stage.name(), hash = stage_hash(study_, name);
        if (!stage.is_part_of(study_) || finished(stage) || !comes_back(name)) return;
        directory_.mark_report();
        const LedgerEntry entry = aside_.entry(name, hash);
        const bool same_settings = ledger_.entry(name).made_under() == hash;
        if (!same_settings) set_aside(stage, false, false);
        if (aside_.collides(name, hash)) set_aside(stage, true, true);
        // What is moved is of this hash from now on, wherever a kill may come.
        ledger_.put(name, {"", hash, entry.seconds, entry.settings});
        ledger_.write();
        aside_.give_back(name, hash, [&] {
            ledger_.put(name, entry);
            ledger_.write();
        });
        const Context c = context(stage);
        for (int k = 0; k < c.sample_count(); ++k)
            if (std::filesystem::exists(directory_.sample_file(k, "glass.h5"))) c.write_xyz(k);
        progress_->say(fmt::format("taken back: results of {}, which were set aside", name));
    }

    /// Moves a stage's files away, or those alone that are not of the present settings; `same_settings`: they will be
    /// made again with the same.
    void set_aside(const Stage& stage, bool same_settings, bool all) {
        const std::string name = stage.name(), hash = stage_hash(study_, name);
        const LedgerEntry made = ledger_.entry(name);
        const std::vector<std::string> files =
            all ? directory_.files_of(stage) : directory_.stale_files(stage, study_, made);
        const std::string folder = aside_.take(stage, made, same_settings, files);
        if (!folder.empty())
            progress_->say(fmt::format("set aside: results of {} in {} ({})", name, directory_.file(folder),
                                       same_settings ? "they are made again" : changes_of(name)));
        if (directory_.files_of(stage).empty())
            ledger_.erase(name);
        else if (!folder.empty() || made.made_under() != hash)
            ledger_.put(name, {"", hash, made.seconds, stage_settings(study_, name)});
        ledger_.write();
    }

    void run_stage(const Stage& stage) {
        const std::string name = stage.name(), hash = stage_hash(study_, name);
        std::string skip;
        on_first(world_, [&] {
            recall(stage);
            if (finished(stage) && options_.resume != Resume::force)
                skip = "yes";
            else
                begin(stage, hash);
        });
        world_.broadcast(skip, 0);
        if (!skip.empty()) {
            progress_->say(name + ": finished already");
            return;
        }
        const auto since = std::chrono::steady_clock::now();
        const auto seconds = [&] {
            return ledger_.seconds(name) +
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
        };
        try {
            Context c = context(stage);
            stage.run(c);
        } catch (const Stopped&) {
            // What it took so far counts when it goes on.
            if (world_.rank() == 0) {
                ledger_.spend(name, seconds());
                ledger_.write();
            }
            throw;
        }
        on_first(world_, [&] {
            ledger_.finish(name, hash, seconds());
            ledger_.write();
            directory_.remove_checkpoints(name);
        });
    }

    /// What stands on this stage's results is void from now on, and goes aside: no later step may take it for current.
    /// Its own results and checkpoints stay where they are of the same settings.
    void begin(const Stage& stage, const std::string& hash) {
        const std::string name = stage.name();
        directory_.mark_report();
        const bool again = options_.resume == Resume::force;
        for (const std::string& other : stages_upon(study_, name)) set_aside(stage_named(other), again, again);
        const bool same_settings = ledger_.entry(name).made_under() == hash;
        if (again || !same_settings) set_aside(stage, same_settings, again);
        const LedgerEntry now = ledger_.entry(name);
        if (now.made_under() == hash) {
            // Begun; or other samples came or went, or some of its files are gone: those that are there stay.
            ledger_.put(name, {"", hash, now.seconds, now.settings});
            progress_->say(name + ": goes on");
        } else {
            ledger_.begin(name, hash, stage_settings(study_, name));
        }
        ledger_.write();
        if (!again && stage.goes_by_samples()) take_back_samples(stage);
    }

    /// Results of single samples that were set aside with others.
    void take_back_samples(const Stage& stage) {
        int count = 0;
        for (const int k : stage.samples(study_)) {
            const std::vector<std::string> names = stage.files().of_sample;
            const bool is_there = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
                return std::filesystem::exists(directory_.sample_file(k, name));
            });
            if (!is_there && aside_.give_back_sample(stage, k, sample_hash(study_, stage.name(), k))) ++count;
        }
        if (count > 0)
            progress_->say(
                fmt::format("taken back: results of {} for {} samples, which were set aside", stage.name(), count));
    }

    void announce() {
        progress_->say(fmt::format("mgstiff-gpu {} ({}): study \"{}\" in {}", build::version, build::git,
                                   study_.study.name, directory_.path()));
        int rank = 0;
        for (const std::string& line : world_.all_gather(fmt::format("{}: {}", host_name(), options_.device)))
            progress_->say((world_.size() > 1 ? fmt::format("rank {} on ", rank++) : std::string("on ")) + line);
        if (study_.compute.domains > 1) announce_domains();
        progress_->say(fmt::format("potential {} ({}), cutoff {} A, skin {:.2f} A, sha256 {}", potential_.path,
                                   potential_.format, potential_.cutoff, *study_.compute.skin_A, potential_.sha256));
        if (world_.rank() == 0)
            for (const std::string& line : advice()) progress_->warn(line);
        if (study_.compute.precision == Precision::full) return;
        const EamTables<Host> tables = make_eam_tables<Host>(potential_);
        progress_->say(
            fmt::format("mixed precision: tables of {} pieces, force error {:.1e} eV/A rms, {:.1e} at most per pair",
                        tables.resampled_pieces, tables.resampling_error, tables.largest_resampling_error));
    }

    void announce_domains() {
        const Box box = study_.quenches() ? start_lattice_of(study_, potential_, 0).box
                                          : io::read_structure(study_.system.structures.at(0), potential_.elements).box;
        const DomainGrid grid = choose_domains(box, study_.compute.domains);
        const Vec3 halo = halo_fractions(box, potential_.cutoff + *study_.compute.skin_A);
        const double h[3] = {halo.x, halo.y, halo.z};
        double seen = 1;
        for (int k = 0; k < 3; ++k)
            if (grid.n[k] > 1) seen *= std::min(1.0 * grid.n[k], 1 + 2 * h[k] * grid.n[k]);
        progress_->say(fmt::format("{} team{} of {} ranks, {} x {} x {} domains, {:.2f} ghosts per atom", farm_.teams(),
                                   farm_.teams() == 1 ? "" : "s", study_.compute.domains, grid.n[0], grid.n[1],
                                   grid.n[2], seen - 1));
        if (seen > 1.5 && world_.rank() == 0)
            progress_->warn(
                fmt::format("domains of this size see {:.1f} atoms for each that they own: samples side by side, with "
                            "compute.domains = 1, use the ranks better",
                            seen - 1));
    }

    StudyFile study_;
    RunOptions options_;
    const Stages& stages_;
    Comm& world_;
    Farm farm_;
    EamPotential potential_;
    CrystalGuess guess_;
    OutputDirectory directory_;
    Ledger ledger_;
    const SetAside aside_;
    std::unique_ptr<Progress> progress_;
};

void run_stages(const StudyFile& study, const RunOptions& options, const std::vector<std::unique_ptr<Stage>>& stages,
                const char* space, Comm& world) {
    std::unique_ptr<StudyRun> run;
    agreed_input(world, [&] {
        run = std::make_unique<StudyRun>(study, options, stages, world);
        run->check_ranks();
    });
    run->run(space);
}

}  // namespace

template <class Space>
void run_study(const StudyFile& study, const RunOptions& options, Comm& world) {
    run_stages(study, options, all_stages<Space>(), Space::name, world);
}

template <class Space>
StudyPlan plan_study(const StudyFile& study, const RunOptions& options, Comm& world) {
    const StudyRun run(study, options, all_stages<Space>(), world);
    return {run.plan(), run.advice()};
}

#define MG_RUN_STUDY(Space)                                                     \
    template void run_study<Space>(const StudyFile&, const RunOptions&, Comm&); \
    template StudyPlan plan_study<Space>(const StudyFile&, const RunOptions&, Comm&);
MG_INSTANTIATE(MG_RUN_STUDY)

}  // namespace mg::study
