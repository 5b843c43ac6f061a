#include "study/run.hpp"

#include <fmt/format.h>
#include <omp.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "artn/search_events.hpp"
#include "core/build_info.hpp"
#include "core/error.hpp"
#include "core/units.hpp"
#include "io/atomic_file.hpp"
#include "io/compressed.hpp"
#include "io/eam_reader.hpp"
#include "io/hdf5.hpp"
#include "io/json.hpp"
#include "io/sha256.hpp"
#include "io/structure_reader.hpp"
#include "io/text.hpp"
#include "io/xyz_writer.hpp"
#include "nn/metrics.hpp"
#include "nn/onnx.hpp"
#include "nn/training.hpp"
#include "ops/coarse_grain.hpp"
#include "ops/gemm.hpp"
#include "ops/local_structure.hpp"
#include "ops/shells.hpp"
#include "study/barriers.hpp"
#include "study/checkpoint.hpp"
#include "study/descriptors.hpp"
#include "study/learning.hpp"
#include "study/model_file.hpp"
#include "study/progress.hpp"
#include "study/protocols.hpp"
#include "study/results/events_text.hpp"
#include "study/stop.hpp"

namespace mg {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

CellMode cell_mode(const std::string& name) {
    return name == "iso" ? CellMode::iso : name == "aniso" ? CellMode::aniso : CellMode::tri;
}

Precision precision_of(const StudyFile& s) {
    return s.compute.precision == "double" ? Precision::full : Precision::mixed;
}

std::vector<double> cell_rows(const Box& box) {
    const Mat3 rows = transpose(box.h);
    return {rows.m, rows.m + 9};
}

double mean(const std::vector<double>& v) {
    return v.empty() ? 0.0 : std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

json to_json(const Metrics& m, const std::vector<std::string>& elements) {
    json species = json::object();
    for (std::size_t k = 0; k < m.species.size(); ++k) species[elements[k]] = m.species[k].pearson;
    return {{"atoms", m.all.atoms},
            {"R", m.all.pearson},
            {"spearman", m.all.spearman},
            {"rmse", m.all.rmse},
            {"mae", m.all.mae},
            {"bias", m.all.bias},
            {"slope", m.all.slope},
            {"R_species", species},
            {"atoms_per_bin", m.by_real.atoms_per_bin},
            {"R_bins_real", m.by_real.pearson},
            {"slope_bins_real", m.by_real.slope},
            {"R_bins_pre", m.by_predicted.pearson},
            {"slope_bins_pre", m.by_predicted.slope}};
}

}  // namespace

const std::vector<std::string>& study_stages() {
    static const std::vector<std::string> stages{"quench", "stiffness", "descriptors", "barriers", "train"};
    return stages;
}

namespace {

template <class Space>
class StudyRun {
public:
    StudyRun(const StudyFile& study, const RunOptions& options, Comm& world)
        : s_(study),
          options_(options),
          world_(world),
          stop_(world, options.max_wall_s),
          directory_(study.study.output) {
        for (const std::string& stage : options.stages)
            if (std::find(study_stages().begin(), study_stages().end(), stage) == study_stages().end())
                throw InputError("unknown stage \"" + stage + "\"",
                                 "stages are quench, stiffness, descriptors, barriers, train and report",
                                 "check --stage");
        if (!s_.barriers.enabled &&
            std::find(options.stages.begin(), options.stages.end(), "barriers") != options.stages.end())
            throw InputError("there are no barriers to look for", "the study has no table [barriers]",
                             "add it (it may be empty: every key has a default), or leave out --stage barriers");
        potential_ = read_potential(s_.system.potential, s_.system.elements);
        samples_ = samples_of(s_);
        if (!s_.compute.skin_A) s_.compute.skin_A = choose_skin(expected_width(), potential_.cutoff);
        check_directory();
        read_ledger();
        check_feasible();
        if (s_.compute.domains > world_.size())
            throw InputError(fmt::format("compute.domains = {} on {} rank{}", s_.compute.domains, world_.size(),
                                         world_.size() == 1 ? "" : "s"),
                             "every domain is a rank's", "start more ranks (mpirun -n), or use fewer domains");
    }

    /// Collective, as all that follows. Throws Stopped at a checkpoint.
    void run() {
        on_first([&] { claim_directory(); });
        progress_ = std::make_unique<Progress>(directory_, world_.rank());
        teams_ = world_.size() / s_.compute.domains;
        if (s_.compute.domains > 1) {
            // Ranks that are left over have nothing to do.
            idle_ = world_.rank() / s_.compute.domains >= teams_;
            team_ = world_.split(idle_ ? teams_ : world_.rank() / s_.compute.domains);
        }
        try {
            announce();
            stage("quench", [&] { quench(); });
            stage("stiffness", [&] { stiffness(); });
            stage("descriptors", [&] { descriptors(); });
            stage("barriers", [&] { barriers(); });
            stage("train", [&] { train_networks(); });
            on_first([&] { write_summary(); });
            progress_->finish("done");
        } catch (const Stopped& e) {
            progress_->say(e.what());
            progress_->finish("stopped", e.what());
            throw;
        } catch (const std::exception& e) {
            progress_->finish("failed", e.what());
            // Exit code 2 says that nothing was run; that is no longer so.
            if (dynamic_cast<const InputError*>(&e)) throw Error(e.what());
            throw;
        }
    }

private:
    // ---- ranks ------------------------------------------------------------------------------------------

    /// f() on rank 0 while the others wait; where it fails, all fail.
    template <class F>
    void on_first(const F& f) {
        std::string problem;
        if (world_.rank() == 0) try {
                f();
            } catch (const InputError& e) {
                problem = std::string("2") + e.what();
            } catch (const std::exception& e) {
                problem = std::string("1") + e.what();
            }
        world_.broadcast(problem, 0);
        if (problem.empty()) return;
        if (problem[0] == '2') throw InputError(problem.substr(1));
        throw Error(problem.substr(1));
    }

    /// Whether this rank writes for its team.
    bool leads() const { return !team_ || team_->rank() == 0; }

    /// What the leader of the team says.
    long agreed(long mine) {
        if (!team_) return mine;
        std::string text = std::to_string(mine);
        team_->broadcast(text, 0);
        return std::stol(text);
    }

    using Unit = std::vector<int>;  ///< tasks of one stage that are done together, in one batch
    using Split = std::function<std::vector<int>(int tasks)>;  ///< sizes of the units that so many tasks make up

    std::string checkpoint_path(const std::string& stage, const char* kind, int task) const {
        return fmt::format("{}/checkpoints/{}-{}-{:05}.h5", directory_, stage, kind, task);
    }

    /// Files of a stage in checkpoints/, whichever generation of a checkpoint is there, in order.
    std::vector<std::string> checkpoints_of(const std::string& stage, const std::string& kind) const {
        std::vector<std::string> paths;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(directory_ + "/checkpoints", none)) {
            std::string path = entry.path().string();
            for (const char* ending : {".before", ".next"})
                if (path.ends_with(ending)) path.resize(path.size() - std::string(ending).size());
            if (entry.path().filename().string().starts_with(stage + "-" + kind + "-") && path.ends_with(".h5"))
                paths.push_back(path);
        }
        std::sort(paths.begin(), paths.end());
        paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
        return paths;
    }

    /// Evenly over the teams where the user has not given a size.
    Split even_split() const {
        return [this](int tasks) {
            const int even = std::max(1, (tasks + teams_ - 1) / teams_);
            const int size = team_ ? 1 : s_.compute.replicas_per_batch.value_or(even);
            std::vector<int> sizes;
            for (int k = 0; k < tasks; k += size) sizes.push_back(std::min(size, tasks - k));
            return sizes;
        };
    }

    /// Collective: the units of a stage. Those in checkpoints go on as they are; the other unfinished tasks, in groups
    /// of equal cost, are split anew into the sizes that `split` gives for their number. The first rank's groups count.
    std::vector<Unit> units_of(const std::string& stage, const std::vector<Unit>& groups, const Split& split) {
        std::string text;
        on_first([&] {
            std::map<int, bool> open;  // whether an unfinished task still wants a unit
            for (const Unit& group : groups)
                for (const int task : group) open[task] = true;
            std::vector<Unit> units;
            for (const std::string& path : checkpoints_of(stage, "unit")) {
                const CheckpointFile file(path);
                Unit tasks;
                const bool whole = file.read([&](const H5File& f) { tasks = tasks_in(f, stage); },
                                             [&](const std::string& text) { progress_->warn(text); });
                const bool wanted =
                    whole && std::any_of(tasks.begin(), tasks.end(), [&](int k) { return open.count(k) && open[k]; });
                if (!wanted) {
                    file.remove();
                    continue;
                }
                for (const int k : tasks) open[k] = false;
                units.push_back(tasks);
            }
            for (const Unit& group : groups) {
                Unit rest;
                for (const int k : group)
                    if (open[k]) rest.push_back(k);
                auto at = rest.begin();
                for (const int size : split(static_cast<int>(rest.size()))) {
                    units.emplace_back(at, at + size);
                    at += size;
                }
            }
            text = json(units).dump();
        });
        world_.broadcast(text, 0);
        return json::parse(text).get<std::vector<Unit>>();
    }

    Unit tasks_in(const H5File& f, const std::string& stage) const {
        if (f.read_string("/", "stage_hash") != stage_hash(s_, stage))
            throw InputError("the checkpoint " + f.path() + " is of other settings", "the study has changed",
                             "it is not used");
        return f.read<int>("/tasks");
    }

    /// Collective: the units are dealt out to the teams. one(unit) returns false where it has stopped at a checkpoint.
    template <class One>
    void farm(const std::vector<Unit>& units, const One& one) {
        farm_out(units, one, false);
    }
    /// Likewise, for work that the first rank of a team does by itself; the others wait for the end of the stage.
    template <class One>
    void farm_alone(const std::vector<Unit>& units, const One& one) {
        farm_out(units, one, true);
    }
    template <class One>
    void farm_out(const std::vector<Unit>& units, const One& one, bool alone) {
        const std::unique_ptr<Tickets> tickets = world_.tickets();
        bool stopped = false;
        while (!idle_ && !stopped && (leads() || !alone)) {
            const long mine = !leads() ? 0 : stop_.now() ? -1 : tickets->next();
            const long k = alone ? mine : agreed(mine);
            if (k >= static_cast<long>(units.size())) break;
            stopped = k < 0 || !one(units[k]);
        }
        bool any = false;
        for (const char other : world_.all_gather_value(static_cast<char>(stopped))) any = any || other;
        if (any) throw Stopped("stopped at a checkpoint (" + stop_.reason() + "): submit again to go on");
    }

    /// For protocols: save() is called, by all ranks of a team, when a checkpoint is due or a stop is asked for.
    /// `alone`: the leader of a team works by itself (farm_alone).
    template <class Save>
    Pause pause_with(const Save& save, bool alone = false) {
        last_checkpoint_ = std::chrono::steady_clock::now();
        return [this, save, alone] {
            const double minutes =
                std::chrono::duration<double>(std::chrono::steady_clock::now() - last_checkpoint_).count() / 60;
            const long mine = !leads() ? 0 : stop_.now() ? 2 : minutes >= s_.compute.checkpoint_minutes ? 1 : 0;
            const long what = alone ? mine : agreed(mine);
            if (what == 0) return false;
            save();
            last_checkpoint_ = std::chrono::steady_clock::now();
            return what == 2;
        };
    }

    void head_of_checkpoint(H5File& f, const std::string& stage, const Unit& unit) const {
        f.write_attribute("/", "stage_hash", stage_hash(s_, stage));
        f.write("/tasks", unit);
    }

    /// Whether a result of this stage is there, made with the present settings.
    bool has_result(const std::string& path, const std::string& stage) const {
        if (!fs::exists(path)) return false;
        try {
            const H5File f = H5File::open(path);
            return f.has_attribute("/", "stage_hash") && f.read_string("/", "stage_hash") == stage_hash(s_, stage);
        } catch (const Error&) {
            return false;
        }
    }

    // ---- the output directory ---------------------------------------------------------------------------

    std::string sample_path(std::size_t sample, const std::string& file) const {
        return fmt::format("{}/samples/{:04}/{}", directory_, sample, file);
    }

    /// Whether a directory is empty but for what a run killed while it claimed the directory left behind.
    static bool nothing_but_a_first_write(const std::string& directory) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(directory, error))
            if (entry.path().filename() != "config.resolved.toml.tmp") return false;
        return !error;
    }

    /// Refuses a directory that holds something else, and touches nothing.
    void check_directory() const {
        const std::string resolved = directory_ + "/config.resolved.toml";
        std::error_code error;
        if (fs::exists(resolved, error)) {
            if (options_.resume == Resume::never)
                throw InputError(directory_ + " holds results already", "--resume never was given",
                                 "choose another --out or leave out --resume never");
            if (options_.resume == Resume::force) return;
            // Glasses are told apart by the hash they were made under: the files behind it may have changed since.
            // Later stages may change and run again. Where no glass exists yet there is nothing to lose.
            const std::string stages = directory_ + "/stages.json";
            const json ledger = fs::exists(stages) ? read_json(stages) : json::object();
            const bool empty = !ledger.contains("quench") && (!fs::exists(directory_ + "/samples", error) ||
                                                              fs::is_empty(directory_ + "/samples", error));
            if (empty) return;
            std::optional<StudyFile> old;
            try {
                old = read_study(resolved);
            } catch (const InputError&) {
                // What it names may have moved since; its glasses are known by their hash.
                if (!ledger.contains("quench")) throw;
            }
            const std::string glasses = ledger.contains("quench")
                                            ? ledger["quench"].value("hash", ledger["quench"].value("begun", ""))
                                            : stage_hash(*old, "quench");
            if (glasses != stage_hash(s_, "quench") || (old && old->study.name != s_.study.name))
                throw InputError(directory_ + " holds another study" + (old ? ", \"" + old->study.name + "\"" : ""),
                                 old ? difference(*old) : "its glasses have other settings",
                                 "results are never overwritten: choose another --out, or --resume force");
        } else if (fs::exists(directory_, error) && !fs::is_directory(directory_, error)) {
            throw InputError(directory_ + " is not a directory", "the results need one", "choose another --out");
        } else if (fs::exists(directory_, error) && !nothing_but_a_first_write(directory_)) {
            throw InputError(directory_ + " is not empty and holds no study",
                             "results are never mixed with other files", "choose another --out");
        }
    }

    /// The first setting of the glasses in which another study differs, for people.
    std::string difference(const StudyFile& old) const {
        // "table.key" and value of the tables that the quench follows from.
        const auto settings = [](const StudyFile& study) {
            std::vector<std::pair<std::string, std::string>> list;
            std::string table;
            const std::string text = resolved_toml(study);
            LineReader lines(text);
            std::string_view line;
            while (lines.next(line)) {
                const std::size_t equals = line.find(" = ");
                if (line.starts_with("["))
                    table = std::string(line.substr(1, line.find(']') - 1));
                else if (equals != std::string_view::npos && !line.starts_with("#") &&
                         (table == "study" || table == "system" || table == "quench"))
                    list.emplace_back(table + "." + std::string(line.substr(0, equals)), line.substr(equals + 3));
            }
            return list;
        };
        const auto mine = settings(s_), others = settings(old);
        const std::map<std::string, std::string> other(others.begin(), others.end());
        for (const auto& [key, value] : mine) {
            if (key == "study.output" || key == "system.potential") continue;
            const auto found = other.find(key);
            if (found == other.end()) return "it has no " + key;
            if (found->second != value) return "its " + key + " is " + found->second + ", not " + value;
        }
        return "the potential or the structures had another content";
    }

    /// Refuses, before anything is written or run, what could only fail later.
    void check_feasible() const {
        const double needed = 2 * (potential_.cutoff + *s_.compute.skin_A);
        const auto too_small = [&](const std::string& what, double width, const std::string& remedy) {
            throw InputError(
                what + " is too small",
                fmt::format("its smallest perpendicular width is {:.3f} A and must be {:.3f} A = 2 (cutoff "
                            "{} + skin {}) at least",
                            width, needed, potential_.cutoff, *s_.compute.skin_A),
                remedy);
        };
        if (s_.quenches()) {
            const double width = smallest_width(first_lattice(0).box);
            const auto cells = fcc_cells(s_.system.atoms);
            const double edge = width / *std::min_element(cells->begin(), cells->end());
            const long n = std::lround(std::ceil(needed / (shrinkage * edge)));
            if (width < needed)
                too_small(fmt::format("a box of {} atoms", s_.system.atoms), width,
                          fmt::format("use system.atoms = {} or more", 4 * n * n * n));
        } else {
            for (const std::string& path : s_.system.structures) {
                const double width = smallest_width(read_structure(path, potential_.elements).box);
                if (width < needed) too_small(path + ": the box", width, "repeat the structure along its short edges");
            }
        }
        if (asked("train")) {
            if (s_.report.coarse_grain_A > 0.5 * expected_width())
                throw InputError(
                    fmt::format("report.coarse_grain_A = {} is too long", s_.report.coarse_grain_A),
                    fmt::format("half the smallest width of a sample is about {:.1f} A", 0.5 * expected_width()),
                    "use a shorter one, or more atoms");
            bool any = false;
            for (std::size_t k = 0; k < samples_.size(); ++k) any = any || split_of(s_, static_cast<int>(k)) == 0;
            if (!any)
                throw InputError("no sample is left to train on",
                                 s_.train.train_rates.empty() ? "the only one is the test sample"
                                                              : "train.train_rates has the rate of none",
                                 s_.quenches()
                                     ? "use quench.samples = 2 or more, or leave training out: --stage quench "
                                       "--stage stiffness --stage descriptors"
                                     : "give two or more system.structures, or leave training out: --stage "
                                       "stiffness --stage descriptors");
        }
        for (const std::string& name : options_.stages)
            for (const std::string& need : needs_of(name))
                if (!asked(need) && !finished(need))
                    throw InputError("the stage " + name + " needs the stage " + need,
                                     !ledger_.contains(need) || ledger_[need].value("begun", "") == stage_hash(s_, need)
                                         ? "it has not finished in " + directory_
                                         : "its results in " + directory_ + " have other settings",
                                     "add --stage " + need + " (without --stage all stages run in order)");
    }

    void claim_directory() const {
        const std::string resolved = directory_ + "/config.resolved.toml", text = resolved_toml(s_);
        std::error_code error;
        const auto make = [&](const std::string& path) {
            fs::create_directories(path, error);
            if (error)
                throw InputError("cannot make the directory " + directory_, error.message(), "choose another --out");
        };
        // The settings come first: they mark the directory as ours, whatever a kill leaves undone after them.
        make(directory_);
        if (!fs::exists(resolved) || read_bytes(resolved) != text) write_file_atomically(resolved, text);
        make(directory_ + "/samples");
        make(directory_ + "/checkpoints");
    }

    void read_ledger() {
        const std::string path = directory_ + "/stages.json";
        ledger_ = fs::exists(path) ? read_json(path) : json::object();
    }

    bool asked(const std::string& stage) const {
        if (stage == "barriers" && !s_.barriers.enabled) return false;
        return options_.stages.empty() ||
               std::find(options_.stages.begin(), options_.stages.end(), stage) != options_.stages.end();
    }

    /// Finished with the present settings.
    bool finished(const std::string& stage) const {
        if (!ledger_.contains(stage) || ledger_[stage].value("hash", "") != stage_hash(s_, stage)) return false;
        for (const int k : samples_in(stage))
            for (const std::string& file : sample_files(stage))
                if (!fs::exists(sample_path(static_cast<std::size_t>(k), file))) return false;
        return true;
    }

    /// Samples that a stage has results for.
    std::vector<int> samples_in(const std::string& stage) const {
        if (stage == "barriers") return searched_samples(s_);
        std::vector<int> all(samples_.size());
        std::iota(all.begin(), all.end(), 0);
        return all;
    }

    /// Stages whose results a stage stands on.
    std::vector<std::string> needs_of(const std::string& stage) const {
        if (stage == "quench") return {};
        if (stage == "stiffness" || stage == "barriers") return {"quench"};
        if (stage == "train") return {"quench", "stiffness", "descriptors"};
        return s_.descriptors.positions == "mean" ? std::vector<std::string>{"quench", "stiffness"}
                                                  : std::vector<std::string>{"quench"};
    }

    /// Files that a stage writes for every sample.
    static const std::vector<std::string>& sample_files(const std::string& stage) {
        static const std::map<std::string, std::vector<std::string>> files{{"quench", {"glass.h5"}},
                                                                           {"stiffness", {"stiffness.h5"}},
                                                                           {"descriptors", {"descriptors.h5"}},
                                                                           {"barriers", {"barriers.h5"}},
                                                                           {"train", {"prediction.h5"}}};
        return files.at(stage);
    }

    void void_results(const std::string& stage) const {
        std::error_code ignored;
        if (stage == "quench") {
            fs::remove_all(directory_ + "/samples", ignored);
            fs::create_directories(directory_ + "/samples", ignored);
        }
        for (std::size_t k = 0; k < samples_.size(); ++k)
            for (const std::string& file : sample_files(stage)) fs::remove(sample_path(k, file), ignored);
        for (std::size_t k = 0; stage == "barriers" && k < samples_.size(); ++k)
            for (const char* file : {"events.txt", "events.xyz"}) fs::remove(sample_path(k, file), ignored);
        for (const auto& entry : fs::directory_iterator(directory_ + "/checkpoints", ignored))
            if (entry.path().filename().string().starts_with(stage + "-")) fs::remove(entry.path(), ignored);
        if (stage == "train")
            for (const char* file : {"/model.h5", "/model.onnx", "/metrics.json", "/summary.json"})
                fs::remove(directory_ + file, ignored);
    }

    template <class Work>
    void stage(const std::string& name, const Work& work) {
        if (!asked(name)) return;
        const std::string hash = stage_hash(s_, name);
        std::string skip;
        on_first([&] {
            if (finished(name) && options_.resume != Resume::force) {
                skip = "yes";
                return;
            }
            // What stands on this stage's results is void from now on, and goes: no later step may take it for current.
            // Its own results and checkpoints stay where they were begun with the same settings.
            std::vector<std::string> gone{name};
            for (const std::string& other : study_stages()) {
                const std::vector<std::string> needs = needs_of(other);
                if (std::none_of(needs.begin(), needs.end(), [&](const std::string& need) {
                        return std::find(gone.begin(), gone.end(), need) != gone.end();
                    }))
                    continue;
                gone.push_back(other);
                ledger_.erase(other);
                void_results(other);
            }
            if (!ledger_.contains(name) || ledger_[name].value("begun", "") != hash ||
                options_.resume == Resume::force) {
                void_results(name);
                ledger_[name] = {{"begun", hash}};
            } else {
                progress_->say(name + ": goes on");
            }
            write_json(directory_ + "/stages.json", ledger_);
        });
        world_.broadcast(skip, 0);
        if (!skip.empty()) {
            progress_->say(name + ": finished already");
            return;
        }
        const auto since = std::chrono::steady_clock::now();
        const auto seconds = [&] {
            return ledger_[name].value("seconds", 0.0) +
                   std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
        };
        try {
            work();
        } catch (const Stopped&) {
            // What it took so far counts when it goes on.
            if (world_.rank() == 0) {
                ledger_[name]["seconds"] = seconds();
                write_json(directory_ + "/stages.json", ledger_);
            }
            throw;
        }
        on_first([&] {
            ledger_[name] = {{"hash", hash}, {"seconds", seconds()}};
            write_json(directory_ + "/stages.json", ledger_);
            std::error_code ignored;
            for (const auto& entry : fs::directory_iterator(directory_ + "/checkpoints", ignored))
                if (entry.path().filename().string().starts_with(name + "-")) fs::remove(entry.path(), ignored);
        });
    }

    void require(const std::string& file, const std::string& producer) const {
        for (std::size_t k = 0; k < samples_.size(); ++k)
            if (!fs::exists(sample_path(k, file)))
                throw InputError(sample_path(k, file) + " is missing", "the stage " + producer + " has not run",
                                 "run it first (without --stage all stages run in order)");
    }

    void announce() {
        char host[256] = "unknown";
        gethostname(host, sizeof host - 1);
        host_ = host;
        progress_->say(fmt::format("mgstiff-gpu {} ({}): study \"{}\" in {}", build::version, build::git, s_.study.name,
                                   directory_));
        for (const std::string& line : world_.all_gather(fmt::format("{}: {}", host_, options_.device)))
            progress_->say((world_.size() > 1 ? fmt::format("rank {} on ", rank_said_++) : std::string("on ")) + line);
        if (s_.compute.domains > 1) {
            const Box box = s_.quenches() ? first_lattice(0).box
                                          : read_structure(s_.system.structures.at(0), potential_.elements).box;
            const DomainGrid grid = choose_domains(box, s_.compute.domains);
            const Vec3 halo = halo_fractions(box, potential_.cutoff + *s_.compute.skin_A);
            const double h[3] = {halo.x, halo.y, halo.z};
            double seen = 1;
            for (int k = 0; k < 3; ++k)
                if (grid.n[k] > 1) seen *= std::min(1.0 * grid.n[k], 1 + 2 * h[k] * grid.n[k]);
            progress_->say(fmt::format("{} team{} of {} ranks, {} x {} x {} domains, {:.2f} ghosts per atom", teams_,
                                       teams_ == 1 ? "" : "s", s_.compute.domains, grid.n[0], grid.n[1], grid.n[2],
                                       seen - 1));
            if (seen > 1.5 && world_.rank() == 0)
                progress_->warn(fmt::format(
                    "domains of this size see {:.1f} atoms for each that they own: samples side by side, with "
                    "compute.domains = 1, use the ranks better",
                    seen - 1));
        }
        progress_->say(fmt::format("potential {} ({}), cutoff {} A, skin {:.2f} A, sha256 {}", potential_.path,
                                   potential_.format, potential_.cutoff, *s_.compute.skin_A, potential_.sha256));
        if (precision_of(s_) == Precision::mixed) {
            const EamTables<Host> tables = make_eam_tables<Host>(potential_);
            progress_->say(fmt::format(
                "mixed precision: tables of {} pieces, force error {:.1e} eV/A rms, {:.1e} at most per pair",
                tables.resampled_pieces, tables.resampling_error, tables.largest_resampling_error));
        }
    }

    /// Width of a box over that of its start lattice where it is narrowest.
    static constexpr double shrinkage = 0.96;

    double expected_width() const {
        double width = 1e9;
        if (s_.quenches()) {
            width = shrinkage * smallest_width(first_lattice(0).box);
        } else {
            for (const std::string& path : s_.system.structures)
                width = std::min(width, 0.98 * smallest_width(read_structure(path, potential_.elements).box));
        }
        return width;
    }

    Structure first_lattice(std::uint32_t sample) const {
        const auto cells = fcc_cells(s_.system.atoms);
        return start_lattice(potential_, composition_counts(s_.system.fractions, s_.system.atoms), (*cells)[0],
                             (*cells)[1], (*cells)[2], s_.study.seed, sample);
    }

    /// With a team, collective: the one structure divided over it.
    Dynamics<Space> dynamics(std::vector<Structure> structures) const {
        const long atoms = structures.at(0).size();
        if (team_)
            structures = {own_part(structures[0], choose_domains(structures[0].box, team_->size()), team_->rank())};
        return Dynamics<Space>(make_batch<Space>(structures, potential_.elements, potential_.masses), potential_,
                               precision_of(s_), *s_.compute.skin_A, team_.get(), atoms);
    }

    // ---- quench -----------------------------------------------------------------------------------------

    QuenchProtocol quench_protocol(double rate_K_per_s) const {
        QuenchProtocol p;
        p.melt_temperature = s_.quench.melt_K;
        p.melt_time = s_.quench.melt_ps;
        p.final_temperature = s_.quench.final_K;
        p.rate = rate_K_per_s / units::second;
        p.timestep = s_.quench.timestep_fs * units::femtosecond;
        p.pressure = s_.quench.pressure_GPa / units::gigapascal_per_pressure;
        p.cell = cell_mode(s_.quench.cell);
        return p;
    }

    void quench() {
        // Slow rates first: what takes long is not to come last.
        std::map<double, Unit> by_rate;
        double work = 0;
        for (std::size_t k = 0; k < samples_.size(); ++k) {
            const bool done = has_result(sample_path(k, "glass.h5"), "quench");
            if (!done) by_rate[samples_[k].rate_K_per_s].push_back(static_cast<int>(k));
            const QuenchProtocol p = quench_protocol(samples_[k].rate_K_per_s);
            if (!done) work += static_cast<double>(p.melt_steps() + p.cooling_steps()) * s_.system.atoms;
        }
        std::vector<Unit> groups;
        for (const auto& [rate, samples] : by_rate) groups.push_back(samples);
        const double dt_ns = s_.quench.timestep_fs * 1e-6;
        if (s_.quenches())
            progress_->begin("quench", work / teams_, "atom-steps",
                             dt_ns / (static_cast<double>(s_.system.atoms) * static_cast<double>(samples_.size())));
        else
            progress_->begin("quench", 1, "structures");
        double done = 0;
        farm(units_of("quench", groups, even_split()), [&](const Unit& unit) { return quench_unit(unit, done); });
        // Killed between a glass and its picture for OVITO?
        on_first([&] {
            for (std::size_t k = 0; k < samples_.size(); ++k)
                if (!fs::exists(sample_path(k, "glass.xyz"))) write_xyz_of(k);
        });
        progress_->end();
    }

    bool quench_unit(const Unit& unit, double& done) {
        const std::vector<std::uint32_t> samples(unit.begin(), unit.end());
        std::vector<Structure> starts;
        for (const std::uint32_t k : samples)
            starts.push_back(s_.quenches() ? first_lattice(k)
                                           : read_structure(s_.system.structures.at(k), potential_.elements));
        Dynamics<Space> d = dynamics(starts);
        if (!s_.quenches()) return write_glasses(d, samples, nullptr);
        const CheckpointFile file(checkpoint_path("quench", "unit", unit[0]));
        QuenchProgress progress;
        resume(file, "quench", unit, [&](const H5File& f) {
            const DynamicsState state = get_dynamics_state(f);
            progress = get_quench_progress(f);
            d.restore(state);
        });
        const auto save = [&] {
            const DynamicsState state = d.state();
            if (leads())
                file.write([&](H5File& f) {
                    head_of_checkpoint(f, "quench", unit);
                    put(f, state);
                    put(f, progress);
                });
        };
        const Pause pause = pause_with(save);
        const double before = d.atom_steps();
        if (!melt_and_quench(
                d, quench_protocol(samples_[unit[0]].rate_K_per_s), s_.study.seed, samples, 1000, progress,
                [&](double steps) { progress_->advance(done + steps - before); }, pause))
            return false;
        done += d.atom_steps() - before;
        // The inherent structures may take minutes, and start again where they are stopped.
        save();
        if (!write_glasses(d, samples, &progress.history)) return false;
        if (leads()) file.remove();
        return true;
    }

    /// get(newest whole checkpoint of the unit), where there is one.
    template <class Get>
    void resume(const CheckpointFile& file, const std::string& stage, const Unit& unit, const Get& get) {
        file.read(
            [&](const H5File& f) {
                if (tasks_in(f, stage) != unit)
                    throw InputError("the checkpoint " + f.path() + " is of other work", "its tasks differ",
                                     "it is not used");
                get(f);
            },
            [&](const std::string& text) { progress_->warn(text); });
    }

    /// glass.h5 (with the inherent structure and its pair distributions) and thermo.h5 of a batch; false where a stop
    /// was asked for before they were there.
    bool write_glasses(Dynamics<Space>& d, const std::vector<std::uint32_t>& samples, const ThermoHistory* history) {
        d.evaluate();  // energies of atoms are in no checkpoint
        const std::vector<Structure> glass = d.structures();
        const std::vector<double> energy = d.gather(to_host(d.batch().local_energy));
        const std::vector<FireState> relaxed = d.minimize(FireOptions{}, 20000, [&] { return stop_.now(); });
        if (relaxed.empty()) return false;
        const std::vector<Structure> inherent = d.structures();
        const std::vector<double> inherent_energy = d.gather(to_host(d.batch().local_energy));
        if (!leads()) return true;
        Shells fine;
        fine.r_min = 0;
        fine.r_max = 10;
        fine.count = 200;
        int end = 0;
        for (std::size_t r = 0; r < samples.size(); ++r) {
            const std::size_t k = samples[r];
            fs::create_directories(fmt::format("{}/samples/{:04}", directory_, k));
            const int begin = end;
            end += glass[r].size();
            const auto part = [&](const std::vector<double>& v) {
                return std::vector<double>(v.begin() + begin, v.begin() + end);
            };
            if (!relaxed[r].converged)
                progress_->warn(fmt::format("the inherent structure of sample {} has a largest force of {:.1e} eV/A", k,
                                            relaxed[r].force_max));
            if (history) write_thermo(k, history->rows[r]);
            // Last, for it tells that the sample is done.
            H5File f = H5File::create(sample_path(k, "glass.h5"));
            f.write("/id", glass[r].id);
            f.write("/species", glass[r].species);
            f.write_attribute("/species", "names", potential_.elements);
            f.write("/position", glass[r].position, "A");
            f.write("/velocity", glass[r].velocity, "A/ps");
            f.write("/cell", cell_rows(glass[r].box), {3, 3}, "A");
            f.write("/energy", part(energy), {}, "eV");
            f.write("/inherent/position", inherent[r].position, "A");
            f.write("/inherent/cell", cell_rows(inherent[r].box), {3, 3}, "A");
            f.write("/inherent/energy", part(inherent_energy), {}, "eV");
            const std::vector<LocalStructure> surroundings = local_structures(inherent[r]);
            std::vector<int> codes;
            for (const LocalStructure s : surroundings) codes.push_back(static_cast<int>(s));
            f.write("/inherent/local_structure", codes);
            f.write_attribute("/inherent/local_structure", "names",
                              std::vector<std::string>{"other", "fcc", "hcp", "bcc", "icosahedral"});
            const double crystalline = crystalline_fraction(surroundings);
            f.write_attribute("/inherent/local_structure", "crystalline_fraction", crystalline);
            if (crystalline > doubtful_crystalline)
                progress_->warn(
                    fmt::format("sample {}: {:.1f} % of the atoms are in crystalline surroundings (adaptive "
                                "common-neighbour analysis)",
                                k, 100 * crystalline));
            write_rdf(f, inherent[r], fine);
            f.write_attribute("/", "sample", static_cast<long>(k));
            f.write_attribute("/", "rate_K_per_s", samples_[k].rate_K_per_s);
            f.write_attribute("/", "test_rate", samples_[k].is_further_test ? 1 : 0);
            f.write_attribute("/", "stage_hash", stage_hash(s_, "quench"));
            stamp(f);
            f.close();
            write_xyz_of(k);
        }
        return true;
    }

    /// Total and partial pair distributions g(r) of a structure.
    void write_rdf(H5File& f, const Structure& s, const Shells& shells) const {
        const Batch<Space> batch = make_batch<Space>({s}, potential_.elements, potential_.masses);
        Array<int, Space> device_counts;
        count_shells(batch, shells, device_counts);
        const std::vector<int> counts = to_host(device_counts);
        const int n = potential_.species(), atoms = s.size();
        std::vector<double> number(n);
        for (const int t : s.species) number[t] += 1;
        std::vector<std::vector<double>> pair(n * n, std::vector<double>(shells.count));
        for (int i = 0; i < atoms; ++i)
            for (int k = 0; k < shells.count; ++k)
                for (int t = 0; t < n; ++t)
                    pair[s.species[i] * n + t][k] += counts[(static_cast<std::size_t>(i) * shells.count + k) * n + t];
        std::vector<double> r(shells.count), total(shells.count);
        for (int k = 0; k < shells.count; ++k) {
            r[k] = shells.r_min + (k + 0.5) * shells.width();
            double sum = 0;
            for (const auto& p : pair) sum += p[k];
            total[k] = radial_distribution(sum / atoms, r[k], shells.width(), atoms / s.box.volume);
        }
        f.write("/rdf/r", r, {}, "A");
        f.write("/rdf/total", total);
        for (int a = 0; a < n; ++a)
            for (int b = a; b < n; ++b) {
                std::vector<double> g(shells.count);
                for (int k = 0; k < shells.count; ++k)
                    g[k] = number[a] > 0 && number[b] > 0
                               ? radial_distribution(pair[a * n + b][k] / number[a], r[k], shells.width(),
                                                     number[b] / s.box.volume)
                               : 0.0;
                f.write("/rdf/" + potential_.elements[a] + "-" + potential_.elements[b], g);
            }
    }

    void write_thermo(std::size_t k, const std::vector<Thermo>& rows) const {
        const auto column = [&](const auto& of) {
            std::vector<double> v;
            for (const Thermo& t : rows) v.push_back(of(t));
            return v;
        };
        H5File f = H5File::create(sample_path(k, "thermo.h5"));
        f.write("/time", column([](const Thermo& t) { return t.time; }), {}, "ps");
        f.write("/temperature", column([](const Thermo& t) { return t.temperature; }), {}, "K");
        f.write("/target_temperature", column([](const Thermo& t) { return t.target; }), {}, "K");
        f.write("/potential_energy", column([](const Thermo& t) { return t.potential; }), {}, "eV");
        f.write("/kinetic_energy", column([](const Thermo& t) { return t.kinetic; }), {}, "eV");
        f.write("/pressure", column([](const Thermo& t) { return t.mean_pressure() * units::gigapascal_per_pressure; }),
                {}, "GPa");
        f.write("/volume", column([](const Thermo& t) { return t.volume; }), {}, "A^3");
        f.write("/conserved", column([](const Thermo& t) { return t.conserved; }), {}, "eV");
        f.write_attribute("/", "n_atoms", static_cast<long>(s_.system.atoms));
        stamp(f);
        f.close();
    }

    void stamp(H5File& f) const {
        f.write_attribute("/", "version", std::string(build::version) + " (" + build::git + ")");
        f.write_attribute("/", "seed", static_cast<long>(s_.study.seed));
        f.write_attribute("/", "study_hash", study_hash(s_));
        f.write_attribute("/", "potential_sha256", potential_.sha256);
    }

    /// A structure of glass.h5: the glass itself, or (group "/inherent") its inherent structure.
    Structure read_glass(std::size_t k, const std::string& group) const {
        const H5File f = H5File::open(sample_path(k, "glass.h5"));
        Structure s;
        s.elements = potential_.elements;
        s.masses = potential_.masses;
        s.id = f.read<long>("/id");
        s.species = f.read<int>("/species");
        s.position = f.read_vectors(group + "/position");
        const std::vector<double> rows = f.read<double>(group + "/cell");
        Mat3 m;
        std::copy(rows.begin(), rows.end(), m.m);
        s.box = make_box(transpose(m));
        return s;
    }

    /// glass.xyz with all per-atom results that exist, for OVITO.
    void write_xyz_of(std::size_t k) const {
        const Structure s = read_glass(k, "");
        std::vector<XyzColumn> columns;
        const auto column = [&](const std::string& name, const std::string& file, const std::string& dataset) {
            if (!fs::exists(sample_path(k, file))) return;
            columns.push_back({name, 1, H5File::open(sample_path(k, file)).template read<double>(dataset)});
        };
        column("local_energy", "glass.h5", "/energy");
        column("stiffness", "stiffness.h5", "/stiffness");
        column("predicted_stiffness", "prediction.h5", "/stiffness");
        column("mean_barrier", "barriers.h5", "/atoms/mean_barrier");
        write_xyz(sample_path(k, "glass.xyz"), s, columns);
    }

    // ---- stiffness --------------------------------------------------------------------------------------

    void stiffness() {
        require("glass.h5", "quench");
        StiffnessProtocol p;
        p.start_temperature = s_.quench.final_K;
        p.equilibrate = s_.stiffness.equilibrate_ps;
        p.window = s_.stiffness.window_ps;
        p.sample_every = s_.stiffness.sample_every_fs * units::femtosecond;
        p.timestep = s_.quench.timestep_fs * units::femtosecond;
        p.pressure = s_.quench.pressure_GPa / units::gigapascal_per_pressure;
        p.cell = cell_mode(s_.quench.cell);
        p.from_first_frame = s_.stiffness.estimator == "first_frame";

        const std::vector<double>& temperatures = s_.stiffness.temperatures_K;
        const int n_t = static_cast<int>(temperatures.size()), seeds = s_.stiffness.seeds;
        std::vector<Structure> glasses;
        double atoms = 0;
        for (std::size_t k = 0; k < samples_.size(); ++k) {
            glasses.push_back(read_glass(k, ""));
            atoms += glasses.back().size();
        }
        // Runs in the order sample, temperature, seed.
        const int runs = static_cast<int>(samples_.size()) * n_t * seeds;
        const double steps = static_cast<double>(2 * p.equilibrate_steps() + p.window_steps());
        const auto run_path = [&](int run) { return checkpoint_path("stiffness", "run", run); };
        Unit open;
        double work = 0;
        for (int run = 0; run < runs; ++run) {
            if (has_result(run_path(run), "stiffness")) continue;
            open.push_back(run);
            work += steps * glasses[run / (n_t * seeds)].size();
        }
        progress_->begin("stiffness", work / teams_, "atom-steps",
                         s_.quench.timestep_fs * 1e-6 / (atoms * n_t * seeds));
        double done = 0;
        farm(units_of("stiffness", {open}, even_split()), [&](const Unit& unit) {
            std::vector<Structure> replicas;
            std::vector<double> at;
            std::vector<std::uint32_t> streams;
            for (const int run : unit) {
                replicas.push_back(glasses[run / (n_t * seeds)]);
                at.push_back(temperatures[run / seeds % n_t]);
                // Streams below 2^16 belong to the quench.
                streams.push_back((1u << 16) + static_cast<std::uint32_t>(run));
            }
            Dynamics<Space> d = dynamics(replicas);
            StiffnessProgress<Space> progress;
            const CheckpointFile file(checkpoint_path("stiffness", "unit", unit[0]));
            resume(file, "stiffness", unit, [&](const H5File& f) {
                d.restore(get_dynamics_state(f));
                progress = get_stiffness_progress(f, d);
            });
            const Pause pause = pause_with([&] {
                const DynamicsState state = d.state();
                if (!leads()) return put(static_cast<H5File*>(nullptr), d, progress);
                file.write([&](H5File& f) {
                    head_of_checkpoint(f, "stiffness", unit);
                    put(f, state);
                    put(&f, d, progress);
                });
            });
            const double before = d.atom_steps();
            if (!measure_displacements(
                    d, p, at, s_.study.seed, streams, progress,
                    [&](double now) { progress_->advance(done + now - before); }, pause))
                return false;
            done += d.atom_steps() - before;
            const Displacements m = displacements_of(progress, p);
            const std::vector<Box> boxes = to_host(d.batch().box);
            const std::vector<double> whole = d.gather(m.whole), first = d.gather(m.first_half),
                                      second = d.gather(m.second_half);
            const std::vector<Vec3> mean_position = d.gather(m.mean_position);
            if (!leads()) return true;
            int end = 0;
            for (std::size_t r = 0; r < unit.size(); ++r) {
                const int begin = end;
                end += replicas[r].size();
                const auto part = [&](const auto& v) {
                    return std::decay_t<decltype(v)>(v.begin() + begin, v.begin() + end);
                };
                H5File f = H5File::create(run_path(unit[r]), true);
                f.write("/whole", part(whole));
                f.write("/first_half", part(first));
                f.write("/second_half", part(second));
                f.write("/mean_position", part(mean_position));
                f.write("/cell", cell_rows(boxes[r]), {3, 3}, "A");
                f.write_attribute("/", "stage_hash", stage_hash(s_, "stiffness"));
                f.close();
            }
            file.remove();
            return true;
        });
        on_first([&] { write_stiffness(glasses, run_path); });
        progress_->end();
    }

    /// stiffness.h5 of every sample from the results of all runs.
    template <class Path>
    void write_stiffness(const std::vector<Structure>& glasses, const Path& run_path) {
        const std::vector<double>& temperatures = s_.stiffness.temperatures_K;
        const int n_t = static_cast<int>(temperatures.size()), seeds = s_.stiffness.seeds;
        const int runs = static_cast<int>(samples_.size()) * n_t * seeds;
        std::vector<std::vector<double>> whole(runs), first(runs), second(runs), cell(runs);
        std::vector<std::vector<Vec3>> mean_position(runs);
        for (int run = 0; run < runs; ++run) {
            const H5File f = H5File::open(run_path(run), true);
            whole[run] = f.read<double>("/whole");
            first[run] = f.read<double>("/first_half");
            second[run] = f.read<double>("/second_half");
            mean_position[run] = f.read_vectors("/mean_position");
            cell[run] = f.read<double>("/cell");
        }
        for (std::size_t k = 0; k < samples_.size(); ++k) {
            const int n = glasses[k].size(), base = static_cast<int>(k) * n_t * seeds;
            std::vector<double> msd, at, reliability, overall(n), overall_half[2];
            std::vector<Vec3> positions;
            std::vector<double> cells;
            overall_half[0].assign(n, 0.0);
            overall_half[1].assign(n, 0.0);
            for (int t = 0; t < n_t; ++t) {
                const double kT = units::boltzmann * temperatures[t];
                std::vector<double> halves[2];
                for (int i = 0; i < n; ++i) {
                    double sum = 0, sum_first = 0, sum_second = 0;
                    for (int seed = 0; seed < seeds; ++seed) {
                        sum += whole[base + t * seeds + seed][i];
                        sum_first += first[base + t * seeds + seed][i];
                        sum_second += second[base + t * seeds + seed][i];
                    }
                    msd.push_back(sum / seeds);
                    at.push_back(mg::stiffness(kT, sum / seeds));
                    halves[0].push_back(mg::stiffness(kT, sum_first / seeds));
                    halves[1].push_back(mg::stiffness(kT, sum_second / seeds));
                    overall[i] += at.back() / n_t;
                    for (int h = 0; h < 2; ++h) overall_half[h][i] += halves[h][i] / n_t;
                }
                reliability.push_back(spearman_brown(pearson(halves[0], halves[1])));
                const std::vector<Vec3>& x = mean_position[base + t * seeds];
                positions.insert(positions.end(), x.begin(), x.end());
                const std::vector<double>& rows = cell[base + t * seeds];
                cells.insert(cells.end(), rows.begin(), rows.end());
            }
            reliability.push_back(spearman_brown(pearson(overall_half[0], overall_half[1])));
            const std::size_t un_t = n_t, un = n;
            H5File f = H5File::create(sample_path(k, "stiffness.h5"));
            f.write("/temperature", temperatures, {}, "K");
            f.write("/msd", msd, {un_t, un}, "A^2");
            f.write("/stiffness_at", at, {un_t, un}, "eV/A^2");
            f.write("/stiffness", overall, {}, "eV/A^2");
            f.write("/reliability", reliability);
            f.write_attribute("/reliability", "what",
                              "Spearman-Brown corrected correlation of the window's halves, per temperature and last "
                              "of the mean over temperatures");
            const auto* flat = reinterpret_cast<const double*>(positions.data());
            f.write("/mean_position", std::span<const double>(flat, 3 * positions.size()), {un_t, un, 3}, "A");
            f.write("/cell", cells, {un_t, 3, 3}, "A");
            f.write_attribute("/", "estimator", s_.stiffness.estimator);
            stamp(f);
            f.close();
            write_xyz_of(k);
            progress_->say(fmt::format("sample {}: mean K {:.4f} eV/A^2, label reliability {:.3f}", k, mean(overall),
                                       reliability.back()));
        }
    }

    // ---- descriptors ------------------------------------------------------------------------------------

    Structure descriptor_structure(std::size_t k) const {
        if (s_.descriptors.positions == "snapshot") return read_glass(k, "");
        if (s_.descriptors.positions == "inherent") return read_glass(k, "/inherent");
        // Time-averaged positions at the lowest temperature, in the cell they were measured in.
        Structure s = read_glass(k, "");
        const H5File f = H5File::open(sample_path(k, "stiffness.h5"));
        const std::vector<double> temperatures = f.read<double>("/temperature");
        const auto t =
            static_cast<std::size_t>(std::min_element(temperatures.begin(), temperatures.end()) - temperatures.begin());
        const std::vector<double> positions = f.read<double>("/mean_position"), cells = f.read<double>("/cell");
        for (int i = 0; i < s.size(); ++i) {
            const double* x = &positions[(t * s.size() + i) * 3];
            s.position[i] = {x[0], x[1], x[2]};
        }
        Mat3 rows;
        std::copy_n(&cells[9 * t], 9, rows.m);
        s.box = make_box(transpose(rows));
        return s;
    }

    void descriptors() {
        require("glass.h5", "quench");
        if (s_.descriptors.positions == "mean") require("stiffness.h5", "stiffness");
        const Descriptor descriptor = descriptor_of_study();
        const double width = (descriptor.r_max - descriptor.r_min) / descriptor.count;
        const auto species = static_cast<std::size_t>(potential_.species());
        std::vector<Unit> open;
        for (std::size_t k = 0; k < samples_.size(); ++k)
            if (!has_result(sample_path(k, "descriptors.h5"), "descriptors")) open.push_back({static_cast<int>(k)});
        progress_->begin("descriptors", static_cast<double>(open.size()) / teams_, "samples");
        double done = 0;
        world_.barrier();  // all have seen what there is before anything is added
        farm_alone(open, [&](const Unit& unit) {
            const auto k = static_cast<std::size_t>(unit[0]);
            const Structure s = descriptor_structure(k);
            const Features features = compute_features<Space>(s, descriptor, potential_.elements, potential_.masses);
            const std::size_t atoms = s.size(), shells = static_cast<std::size_t>(descriptor.count);
            std::vector<double> edges;
            for (int e = 0; e <= descriptor.count; ++e) edges.push_back(descriptor.r_min + e * width);
            H5File f = H5File::create(sample_path(k, "descriptors.h5"));
            f.write("/shell_counts", features.counts, {atoms, shells, species});
            f.write("/features", features.values, {atoms, features.values.size() / atoms});
            f.write("/shell_edges", edges, {}, "A");
            f.write_attribute("/features", "kind", s_.descriptors.kind);
            f.write_attribute("/features", "positions", s_.descriptors.positions);
            f.write_attribute("/features", "names", feature_names(descriptor, potential_.elements));
            f.write_attribute("/", "stage_hash", stage_hash(s_, "descriptors"));
            stamp(f);
            f.close();
            progress_->advance(++done);
            return true;
        });
        progress_->end();
    }

    // ---- barriers ---------------------------------------------------------------------------------------

    /// Large parts first and small ones last, so that ranks end together; on the host a part keeps every thread busy,
    /// on a device it fills a batch.
    Split guided_split() const {
        return [this](int atoms) {
            const int least = std::is_same_v<Space, Cuda> ? 256 : 2 * omp_get_max_threads();
            std::vector<int> sizes;
            while (atoms > 0) {
                const int share = teams_ == 1 ? atoms : atoms / (2 * teams_);
                sizes.push_back(std::min(atoms, std::max(least, share)));
                atoms -= sizes.back();
            }
            return sizes;
        };
    }

    std::string minimum_path(int sample) const { return checkpoint_path("barriers", "minimum", sample); }

    std::shared_ptr<const Minimum> read_minimum(int sample) const {
        return std::make_shared<const Minimum>(
            get_minimum(H5File::open(minimum_path(sample), true), potential_.elements, potential_.masses));
    }

    /// Task of the farm: all attempts at one atom.
    struct Search {
        int sample, atom;
    };

    void barriers() {
        require("glass.h5", "quench");
        const std::vector<int> searched = searched_samples(s_);
        const EventOptions options = event_options(s_);
        std::vector<Search> searches;
        std::vector<Unit> groups;  // by sample
        std::map<int, std::vector<long>> ids;
        for (const int k : searched) {
            ids[k] = read_glass(k, "").id;
            groups.emplace_back();
            for (const int atom : searched_atoms(s_, ids[k], static_cast<std::uint32_t>(k))) {
                groups.back().push_back(static_cast<int>(searches.size()));
                searches.push_back({k, atom});
            }
        }
        std::vector<Unit> unsettled;
        for (const int k : searched)
            if (!has_result(minimum_path(k), "barriers")) unsettled.push_back({k});
        // Every file of finished searches says which they are: however they were dealt out, none is made twice.
        on_first([&] {
            std::vector<char> finished(searches.size());
            for (const std::string& path : checkpoints_of("barriers", "run")) {
                if (!has_result(path, "barriers")) {
                    progress_->warn(path + " is damaged or of other settings; its searches are made again");
                    fs::remove(path);
                    continue;
                }
                for (const int task : H5File::open(path, true).template read<int>("/tasks")) finished.at(task) = 1;
            }
            for (Unit& group : groups) std::erase_if(group, [&](int task) { return finished[task] != 0; });
        });
        const std::vector<Unit> units = units_of("barriers", groups, guided_split());
        double atoms = 0;
        for (const Unit& unit : units) atoms += static_cast<double>(unit.size());
        progress_->begin("barriers", atoms * options.events_per_atom / teams_, "events");
        farm_alone(unsettled, [&](const Unit& unit) { return settle_sample(unit[0]); });
        const EamTables<Space> tables = make_eam_tables<Space>(potential_);
        double done = 0;
        farm_alone(units, [&](const Unit& unit) {
            const int sample = searches.at(unit[0]).sample;
            std::vector<CenterEvents> events;
            for (const int task : unit) events.push_back({searches.at(task).atom, {}});
            if (!search_part(unit, sample, events, ids[sample], tables, options, done)) return false;
            done += static_cast<double>(unit.size()) * options.events_per_atom;
            return true;
        });
        on_first([&] {
            std::map<int, std::vector<CenterEvents>> events;
            for (const std::string& path : checkpoints_of("barriers", "run")) {
                const H5File f = H5File::open(path, true);
                const int sample = searches.at(f.read<int>("/tasks").at(0)).sample;
                for (CenterEvents& c : get_events(f, "/events", ids[sample])) events[sample].push_back(std::move(c));
            }
            for (auto& [sample, of_sample] : events) {
                std::sort(of_sample.begin(), of_sample.end(),
                          [](const CenterEvents& a, const CenterEvents& b) { return a.center < b.center; });
                write_events(sample, of_sample);
            }
        });
        progress_->end();
    }

    /// The minimum that the searches of a sample begin at; false where stopped, then it starts again.
    bool settle_sample(int k) {
        const auto minimum =
            find_minimum<Space>(read_glass(static_cast<std::size_t>(k), "/inherent"), potential_, *s_.compute.skin_A,
                                s_.study.seed, settle_options(s_), [&] { return stop_.now(); });
        if (!minimum) return false;
        H5File f = H5File::create(minimum_path(k), true);
        put_minimum(f, *minimum);
        f.write_attribute("/", "stage_hash", stage_hash(s_, "barriers"));
        f.close();
        return true;
    }

    /// All attempts that are left at the atoms of `events`; false where stopped at a checkpoint.
    bool search_part(const Unit& unit, int sample, std::vector<CenterEvents>& events, const std::vector<long>& id,
                     const EamTables<Space>& tables, const EventOptions& options, double done) {
        const CheckpointFile file(checkpoint_path("barriers", "unit", unit[0]));
        resume(file, "barriers", unit, [&](const H5File& f) {
            for (CenterEvents& found : get_events(f, "/events", id))
                for (CenterEvents& here : events)
                    if (here.center == found.center) here.events = found.events;
        });
        const Pause pause = pause_with(
            [&] {
                file.write([&](H5File& f) {
                    head_of_checkpoint(f, "barriers", unit);
                    put_events(f, "/events", events, id);
                });
            },
            true);
        const auto found = [&](const CenterEvents&) {
            double sum = 0;
            for (const CenterEvents& c : events) sum += c.done(options) ? options.events_per_atom : c.accepted();
            progress_->advance(done + sum);
        };
        if (!search_events<Space>(tables, *s_.compute.skin_A, read_minimum(sample), static_cast<std::uint32_t>(sample),
                                  events, options, found, pause))
            return false;
        H5File f = H5File::create(checkpoint_path("barriers", "run", unit[0]), true);
        head_of_checkpoint(f, "barriers", unit);
        put_events(f, "/events", events, id);
        f.close();
        file.remove();
        return true;
    }

    void write_events(int sample, const std::vector<CenterEvents>& events) {
        const auto k = static_cast<std::size_t>(sample);
        const Minimum minimum = *read_minimum(sample);
        write_file_atomically(sample_path(k, "events.txt"), events_table(events, minimum.structure.id));
        write_file_atomically(sample_path(k, "events.xyz"),
                              events_xyz(sample_path(k, "events.xyz"), minimum, events, 12));
        H5File f = H5File::create(sample_path(k, "barriers.h5"));
        write_barriers(f, minimum, events, s_);
        stamp(f);
        f.close();
        write_xyz_of(k);
        const BarrierSummary s = summarise(events);
        std::string classes;
        for (std::size_t c = 0; c < s.by_status.size(); ++c)
            if (s.by_status[c] > 0)
                classes +=
                    fmt::format("{}{} {}", classes.empty() ? "" : ", ", search_status_names()[c], s.by_status[c]);
        progress_->say(fmt::format("sample {}: {} events from {} attempts ({})", k, s.accepted, s.attempts, classes));
        if (s.accepted > 0)
            progress_->say(
                fmt::format("sample {}: barriers mean {:.3f}, median {:.3f}, spread {:.3f} eV; {:.0f} "
                            "evaluations per attempt, {:.0f} with all atoms",
                            k, s.mean, s.median, s.deviation, s.evaluations, s.whole_evaluations));
    }

    // ---- train ------------------------------------------------------------------------------------------

    struct Labelled {
        std::vector<double> features, target, reliability;
        std::vector<int> species;
    };

    Labelled read_labelled(std::size_t k) const {
        Labelled l;
        l.features = H5File::open(sample_path(k, "descriptors.h5")).template read<double>("/features");
        const H5File f = H5File::open(sample_path(k, "stiffness.h5"));
        l.target = f.read<double>("/stiffness");
        l.reliability = f.read<double>("/reliability");
        l.species = H5File::open(sample_path(k, "glass.h5")).template read<int>("/species");
        return l;
    }

    Descriptor descriptor_of_study() const {
        const StudyFile::Descriptors& d = s_.descriptors;
        return {d.kind, d.r_min_A, d.r_max_A, static_cast<int>(std::lround((d.r_max_A - d.r_min_A) / d.bin_A)),
                d.width_A};
    }

    TrainOptions train_options() const {
        TrainOptions o;
        o.hidden = s_.train.hidden;
        o.activation = activation_from_name(s_.train.activation);
        o.epochs = s_.train.epochs;
        o.batch = s_.train.batch;
        o.learning_rate = s_.train.learning_rate;
        o.schedule = rate_schedule_from_name(s_.train.schedule);
        o.decay = s_.train.decay;
        o.validation_fraction = s_.train.validation_fraction;
        o.patience = s_.train.patience;
        o.seed = s_.study.seed;
        return o;
    }

    /// The data of some samples, in their order.
    Dataset dataset_of(const std::vector<Labelled>& labelled, const std::vector<int>& samples) const {
        Dataset data;
        data.species_count = potential_.species();
        for (const int k : samples) {
            const Labelled& l = labelled.at(k);
            data.features_per_atom = static_cast<int>(l.features.size() / l.target.size());
            data.features.insert(data.features.end(), l.features.begin(), l.features.end());
            data.target.insert(data.target.end(), l.target.begin(), l.target.end());
            data.species.insert(data.species.end(), l.species.begin(), l.species.end());
            data.group.insert(data.group.end(), l.target.size(), k);
        }
        return data;
    }

    std::string trained_path(std::size_t task) const { return checkpoint_path("train", "run", static_cast<int>(task)); }

    /// A file that is damaged is of a training that has to be done again.
    bool is_trained(std::size_t task) const {
        if (!fs::exists(trained_path(task))) return false;
        try {
            H5File::open(trained_path(task), true);
            return true;
        } catch (const Error&) {
            return false;
        }
    }

    void train_networks() {
        require("descriptors.h5", "descriptors");
        require("stiffness.h5", "stiffness");
        std::vector<Labelled> labelled;
        for (std::size_t k = 0; k < samples_.size(); ++k) labelled.push_back(read_labelled(k));
        const std::vector<int> excluded = crystalline_samples();
        const std::vector<Training> plan = plan_trainings(s_, excluded);
        std::vector<Unit> open;
        for (std::size_t task = 0; task < plan.size(); ++task)
            if (!is_trained(task)) open.push_back({static_cast<int>(task)});
        progress_->begin("train", static_cast<double>(open.size()) * s_.train.epochs / teams_, "epochs");
        double done = 0;
        world_.barrier();  // all have seen what there is before anything is added
        farm_alone(open, [&](const Unit& unit) {
            const bool finished = train_one(unit[0], plan.at(unit[0]), labelled, done);
            done += s_.train.epochs;
            return finished;
        });
        on_first([&] { finish_training(plan, labelled, excluded); });
        progress_->end();
    }

    /// As the quench stage has written it; glasses of before it did are looked at now.
    double crystalline_fraction_of(std::size_t k) const {
        const H5File f = H5File::open(sample_path(k, "glass.h5"));
        if (f.exists("/inherent/local_structure"))
            return f.read_double("/inherent/local_structure", "crystalline_fraction");
        return crystalline_fraction(local_structures(read_glass(k, "/inherent")));
    }

    /// Samples that no network sees: they are no glasses any more.
    std::vector<int> crystalline_samples() const {
        std::vector<int> excluded;
        for (int k = 0; k < static_cast<int>(samples_.size()); ++k) {
            const double share = crystalline_fraction_of(k);
            if (share <= s_.train.max_crystalline) continue;
            const std::string what =
                fmt::format("{:.1f} % of the atoms of sample {} are in crystalline surroundings", 100 * share, k);
            if (k == test_sample_of(s_))
                throw PhysicsError("the test sample has crystallised", what,
                                   "choose another train.test_sample, or raise train.max_crystalline");
            progress_->warn(what + ": no network sees it (train.max_crystalline)");
            excluded.push_back(k);
        }
        if (plan_trainings(s_, excluded).at(0).samples.empty())
            throw PhysicsError("no sample is left to train on", "all others have crystallised",
                               "cool faster, or raise train.max_crystalline");
        return excluded;
    }

    /// One training from its checkpoint, where there is one; false where it stopped at one.
    bool train_one(int task, const Training& training, const std::vector<Labelled>& labelled, double done) {
        TrainOptions o = train_options();
        o.hidden = training.hidden;
        o.activation = activation_from_name(training.activation);
        o.seed = training.seed;
        Dataset data = dataset_of(labelled, training.samples);
        std::vector<Dataset> tests;
        for (const int k : training.tests) tests.push_back(dataset_of(labelled, {k}));
        if (training.fold >= 0) {
            const std::vector<int> fold = assign_folds(data, training.folds, o.seed);
            tests.push_back(inside_fold(data, fold, training.fold));
            data = outside_fold(data, fold, training.fold);
        }
        if (training.reach > 0) {
            const std::vector<int> within =
                features_within(descriptor_of_study(), potential_.species(), training.reach);
            data = select_columns(data, within);
            for (Dataset& test : tests) test = select_columns(test, within);
        }

        bool stopped = false;
        const CheckpointFile file(checkpoint_path("train", "unit", task));
        std::optional<TrainState> start;
        resume(file, "train", {task}, [&](const H5File& f) { start = get_train_state(f); });
        const TrainProgress* present = nullptr;
        const Pause pause = pause_with(
            [&] {
                const TrainState state = present->state();
                file.write([&](H5File& f) {
                    head_of_checkpoint(f, "train", {task});
                    put(f, state);
                });
            },
            true);
        const Model model = train<Space>(
            data, o,
            [&](const TrainProgress& p) {
                present = &p;
                progress_->advance(done + p.epoch.epoch + 1);
                stopped = pause();
                return !stopped;
            },
            start ? &*start : nullptr);
        if (stopped) return false;
        if (training.purpose == TrainingPurpose::member) {
            ModelFile member;
            member.ensemble = {model};
            member.descriptor = descriptor_of_study();
            member.elements = potential_.elements;
            member.masses = potential_.masses;
            write_model(trained_path(task), member);
        } else {
            H5File f = H5File::create(trained_path(task), true);
            for (std::size_t t = 0; t < tests.size(); ++t)
                f.write(fmt::format("/predicted/{}", t), predict(Space{}, model, tests[t].features));
            f.close();
        }
        file.remove();
        return true;
    }

    /// What a training that is no member predicted of its test number `t`.
    std::vector<double> predicted_by(std::size_t task, std::size_t t) const {
        return H5File::open(trained_path(task), true).template read<double>(fmt::format("/predicted/{}", t));
    }

    /// Agreement of a training with its test, which is `data`.
    json tested(const Dataset& data, const std::vector<double>& predicted) const {
        json j = to_json(evaluate(data.target, predicted, data.species, data.species_count, s_.report.bin_atoms),
                         potential_.elements);
        j["mean_real"] = mean(data.target);
        j["mean_predicted"] = mean(predicted);
        return j;
    }

    /// Mean of some numbers of several objects, and its standard error under the name with _error, null where there is
    /// one alone. Objects with the same "sample" count once, with their mean: networks differ less than glasses.
    static json averaged(const json& list, const std::vector<std::string>& names) {
        json j = json::object();
        for (const std::string& name : names) {
            std::map<std::size_t, std::vector<double>> by_sample;
            for (std::size_t k = 0; k < list.size(); ++k)
                by_sample[list[k].contains("sample") ? list[k]["sample"].get<std::size_t>() : k].push_back(
                    list[k].at(name).get<double>());
            std::vector<double> values;
            for (const auto& [sample, of_sample] : by_sample) values.push_back(mean(of_sample));
            const MeanError m = mean_and_error(values);
            j[name] = m.mean;
            j[name + "_error"] = values.size() > 1 ? json(m.error) : json();
            j["independent"] = values.size();
        }
        j["trainings"] = list.size();
        return j;
    }

    /// The cross-validation, the rotation and the transfer, from what was predicted of atoms that were held out.
    void add_tested(json& metrics, const std::vector<Training>& plan, const std::vector<Labelled>& labelled) const {
        const std::vector<std::string> names{"R", "rmse", "slope", "bias", "R_bins_real"};
        json folds = json::array(), grid = json::array(), rotation = json::array(), transfer = json::array();
        for (std::size_t task = 0; task < plan.size(); ++task) {
            const Training& t = plan[task];
            if (t.purpose == TrainingPurpose::member) continue;
            if (t.purpose == TrainingPurpose::fold) {
                const Dataset data = dataset_of(labelled, t.samples);
                const std::vector<int> fold = assign_folds(data, t.folds, t.seed);
                folds.push_back(tested(inside_fold(data, fold, t.fold), predicted_by(task, 0)));
                if (static_cast<int>(folds.size()) < t.folds) continue;
                json of_network = averaged(folds, names), by_fold = json::array();
                for (const json& j : folds) by_fold.push_back(j.at("R"));
                of_network["R_by_fold"] = by_fold;
                of_network["hidden"] = t.hidden;
                of_network["activation"] = t.activation;
                of_network["reach_A"] = t.reach > 0 ? t.reach : s_.descriptors.r_max_A;
                grid.push_back(of_network);
                folds = json::array();
                continue;
            }
            for (std::size_t k = 0; k < t.tests.size(); ++k) {
                json j = tested(dataset_of(labelled, {t.tests[k]}), predicted_by(task, k));
                j["sample"] = t.tests[k];
                j["rate_K_per_s"] = samples_[t.tests[k]].rate_K_per_s;
                j["reliability"] = labelled.at(t.tests[k]).reliability.back();
                if (t.purpose == TrainingPurpose::transfer) j["train_rates_K_per_s"] = t.rates;
                (t.purpose == TrainingPurpose::transfer ? transfer : rotation).push_back(j);
            }
        }
        if (!grid.empty()) metrics["cross_validation"] = grid;
        if (!rotation.empty()) {
            // The first network of the ensemble is the one whose turn holds the test sample out.
            const int test = test_sample_of(s_);
            const Dataset data = dataset_of(labelled, {test});
            json j = tested(data, predict(Space{}, read_model(trained_path(0)).ensemble.at(0), data.features));
            j["sample"] = test;
            j["rate_K_per_s"] = samples_[test].rate_K_per_s;
            rotation.push_back(j);
            metrics["rotation"] = averaged(rotation, names);
            metrics["rotation"]["by_sample"] = rotation;
        }
        if (!transfer.empty()) {
            json table = json::array();
            std::vector<std::pair<json, json>> done;
            for (const json& j : transfer) {
                const std::pair<json, json> key{j["train_rates_K_per_s"], j["rate_K_per_s"]};
                if (std::find(done.begin(), done.end(), key) != done.end()) continue;
                done.push_back(key);
                json same = json::array();
                for (const json& other : transfer)
                    if (other["train_rates_K_per_s"] == key.first && other["rate_K_per_s"] == key.second)
                        same.push_back(other);
                json row = averaged(same, {"R", "rmse", "slope", "bias", "R_bins_real", "mean_real", "mean_predicted"});
                row["train_rates_K_per_s"] = key.first;
                row["test_rate_K_per_s"] = key.second;
                table.push_back(row);
            }
            metrics["transfer"] = {{"table", table}, {"trainings", transfer}};
        }
    }

    /// Calibrates the errors on atoms that the networks had not seen: those of the cross-validation, else those that
    /// stop the members' training.
    ErrorModel calibrated_errors(const std::vector<Training>& plan, const std::vector<Labelled>& labelled,
                                 const std::vector<Model>& ensemble) const {
        std::vector<double> real, predicted;
        std::vector<int> species;
        const auto add = [&](const Dataset& held_out, const std::vector<double>& p) {
            real.insert(real.end(), held_out.target.begin(), held_out.target.end());
            predicted.insert(predicted.end(), p.begin(), p.end());
            species.insert(species.end(), held_out.species.begin(), held_out.species.end());
        };
        int folds = 0;
        for (std::size_t task = 0; task < plan.size(); ++task) {
            const Training& t = plan[task];
            if (t.purpose != TrainingPurpose::fold) continue;  // the first folds are those of the network itself
            if (folds == t.folds) break;
            ++folds;
            const Dataset data = dataset_of(labelled, t.samples);
            add(inside_fold(data, assign_folds(data, t.folds, t.seed), t.fold), predicted_by(task, 0));
        }
        for (std::size_t k = 0; folds == 0 && k < ensemble.size(); ++k) {
            TrainOptions o = train_options();
            o.seed = plan[k].seed;
            const Dataset data = dataset_of(labelled, plan[k].samples);
            const Dataset held_out = select_rows(data, validation_rows(data.size(), o));
            add(held_out, predict(Space{}, ensemble[k], held_out.features));
        }
        if (real.size() < 10) return {};
        return calibrate_errors(real, predicted, species, potential_.species());
    }

    /// Model, predictions and metrics from the trained networks.
    void finish_training(const std::vector<Training>& plan, const std::vector<Labelled>& labelled,
                         const std::vector<int>& excluded) {
        ModelFile file;
        for (int k = 0; k < s_.train.seeds; ++k) file.ensemble.push_back(read_model(trained_path(k)).ensemble.at(0));
        const Dataset data = dataset_of(labelled, plan.at(0).samples);
        file.errors = calibrated_errors(plan, labelled, file.ensemble);
        double squares = 0;
        for (const double d : predict_ensemble(Space{}, file.ensemble, data.features).deviation) squares += d * d;
        file.errors.ensemble_variance = squares / data.size();
        file.novelty = measure_novelty(file.ensemble[0], data.features);

        // Predictions of the ensemble for every sample.
        json metrics = json::object(), by_sample = json::array();
        std::map<int, std::vector<double>> real, predicted, real_grained, predicted_grained, reliability, inside;
        std::map<int, std::vector<int>> species;
        for (std::size_t k = 0; k < samples_.size(); ++k) {
            const Labelled& l = labelled[k];
            const std::size_t n = l.target.size();
            const Prediction p = predict_atoms(Space{}, file, l.features, l.species);
            std::vector<double> covered;
            for (std::size_t i = 0; i < n; ++i)
                covered.push_back(std::abs(l.target[i] - p.stiffness[i]) <= p.interval_90[i] ? 1.0 : 0.0);
            const bool is_excluded = std::find(excluded.begin(), excluded.end(), static_cast<int>(k)) != excluded.end();
            const int split = is_excluded ? excluded_split : split_of(s_, static_cast<int>(k));
            json of_sample =
                to_json(evaluate(l.target, p.stiffness, l.species, data.species_count, s_.report.bin_atoms),
                        potential_.elements);
            of_sample["sample"] = k;
            of_sample["rate_K_per_s"] = samples_[k].rate_K_per_s;
            of_sample["split"] = is_excluded ? "excluded" : split == 0 ? "train" : "test";
            of_sample["reliability"] = l.reliability.back();
            if (file.errors.calibrated()) of_sample["coverage_90"] = mean(covered);
            of_sample["novel_atoms"] =
                std::count_if(p.novelty.begin(), p.novelty.end(), [](double x) { return x > 1; });
            by_sample.push_back(of_sample);
            H5File f = H5File::create(sample_path(k, "prediction.h5"));
            f.write("/stiffness", p.stiffness, {}, "eV/A^2");
            f.write("/standard_deviation", p.deviation, {}, "eV/A^2");
            f.write_attribute("/standard_deviation", "what",
                              file.errors.calibrated()
                                  ? "of the real value: spread of atoms that were held out, by species and prediction, "
                                    "and of the networks"
                                  : "of the networks from one another");
            f.write("/ensemble_deviation", p.ensemble_deviation, {}, "eV/A^2");
            f.write("/interval_90", p.interval_90, {}, "eV/A^2");
            f.write_attribute("/interval_90", "what", "half width of the interval that holds 90 % of real values");
            f.write("/novelty", p.novelty);
            f.write_attribute("/novelty", "what", "distance from the training atoms; above 1 it resembles none");
            f.write("/split", std::vector<int>(n, split));
            f.write_attribute("/split", "what", "0 train, 1 test, 3 excluded");
            stamp(f);
            f.close();
            write_xyz_of(k);
            if (is_excluded || samples_[k].is_further_test) continue;  // other cooling rates stand in by_sample alone
            const Structure inherent = read_glass(k, "/inherent");
            const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
                to.insert(to.end(), from.begin(), from.end());
            };
            append(real[split], l.target);
            append(predicted[split], p.stiffness);
            append(inside[split], covered);
            append(real_grained[split], coarse_grain(inherent, l.target, s_.report.coarse_grain_A));
            append(predicted_grained[split], coarse_grain(inherent, p.stiffness, s_.report.coarse_grain_A));
            species[split].insert(species[split].end(), l.species.begin(), l.species.end());
            reliability[split].push_back(l.reliability.back());
        }
        for (const auto& [split, values] : real) {
            const Metrics m =
                evaluate(values, predicted[split], species[split], data.species_count, s_.report.bin_atoms);
            json j = to_json(m, potential_.elements);
            j["R_coarse_grained"] = pearson(real_grained[split], predicted_grained[split]);
            j["coarse_grain_A"] = s_.report.coarse_grain_A;
            j["reliability"] = mean(reliability[split]);
            if (file.errors.calibrated()) j["coverage_90"] = mean(inside[split]);
            metrics[split == 0 ? "train" : "test"] = j;
            progress_->say(fmt::format(
                "{}: R {:.3f} over {} atoms (labels' own reliability {:.3f}), slope {:.3f}, rmse {:.4f} eV/A^2, "
                "bins of {} R {:.3f}, {} A R {:.3f}",
                split == 0 ? "train" : "test", m.all.pearson, m.all.atoms, mean(reliability[split]), m.all.slope,
                m.all.rmse, s_.report.bin_atoms, m.by_real.pearson, s_.report.coarse_grain_A,
                j["R_coarse_grained"].get<double>()));
        }
        metrics["by_sample"] = by_sample;
        metrics["training"] = {{"epochs", file.ensemble[0].history.size()},
                               {"best_epoch", file.ensemble[0].best_epoch}};
        add_tested(metrics, plan, labelled);
        write_json(directory_ + "/metrics.json", metrics);

        file.descriptor = descriptor_of_study();
        file.positions = s_.descriptors.positions;
        file.elements = potential_.elements;
        file.masses = potential_.masses;
        file.potential_name = fs::path(potential_.path).filename().string();
        file.potential_sha256 = potential_.sha256;
        const std::string bytes = read_text(potential_.path);
        file.potential_bytes.assign(bytes.begin(), bytes.end());
        std::string training_set(reinterpret_cast<const char*>(data.features.data()),
                                 data.features.size() * sizeof(double));
        training_set.append(reinterpret_cast<const char*>(data.target.data()), data.target.size() * sizeof(double));
        file.training_sha256 = sha256_of(training_set);
        file.metrics_json = metrics.dump();
        file.provenance_json = provenance().dump();
        write_model(directory_ + "/model.h5", file);
        write_file_atomically(directory_ + "/model.onnx", onnx_model(file.ensemble, onnx_description(file)));
    }

    /// What one must know to feed the ONNX model.
    OnnxDescription onnx_description(const ModelFile& file) const {
        const auto joined = [](const std::vector<std::string>& words) {
            std::string text;
            for (const std::string& w : words) text += (text.empty() ? "" : ",") + w;
            return text;
        };
        const auto number = [](double x) { return fmt::format("{:.17g}", x); };
        const Descriptor& d = file.descriptor;
        return {build::version,
                "Stiffness of the atoms of a metallic glass, K = k_B T / <|dr|^2>, from the structure around them",
                {{"descriptor", d.kind},
                 {"positions", file.positions},
                 {"r_min_A", number(d.r_min)},
                 {"r_max_A", number(d.r_max)},
                 {"count", std::to_string(d.count)},
                 {"width_A", number(d.width)},
                 {"features", joined(feature_names(d, file.elements))},
                 {"elements", joined(file.elements)},
                 {"unit", "eV/A^2"},
                 {"potential", file.potential_name},
                 {"potential_sha256", file.potential_sha256},
                 {"training_sha256", file.training_sha256},
                 {"provenance", file.provenance_json}}};
    }

    // ---- summary ----------------------------------------------------------------------------------------

    json provenance() const {
        return {{"program", "mgstiff-gpu"},     {"version", build::version}, {"git", build::git},
                {"study_hash", study_hash(s_)}, {"seed", s_.study.seed},     {"blas_core", blas_core()}};
    }

    void write_summary() {
        json summary;
        const bool rough = s_.stiffness.window_ps < 50 || s_.stiffness.temperatures_K.size() < 3;
        summary["study"] = {{"name", s_.study.name},
                            {"version", build::version},
                            {"git", build::git},
                            {"seed", s_.study.seed},
                            {"elements", potential_.elements},
                            {"fractions", s_.system.fractions},
                            {"atoms", s_.quenches() ? json(s_.system.atoms) : json()},
                            {"samples", samples_.size()},
                            {"rate_K_per_s", s_.quenches() ? json(s_.quench.rate_K_per_s) : json()},
                            {"rough_labels", rough},
                            {"temperatures_K", s_.stiffness.temperatures_K},
                            {"window_ps", s_.stiffness.window_ps},
                            {"hash", study_hash(s_)}};
        summary["potential"] = {{"path", potential_.path},
                                {"format", potential_.format},
                                {"sha256", potential_.sha256},
                                {"comment", potential_.comment},
                                {"cutoff_A", potential_.cutoff}};
        summary["hardware"] = {{"host", host_},
                               {"backend", Space::name},
                               {"threads", omp_get_max_threads()},
                               {"device", options_.device},
                               {"precision", s_.compute.precision}};
        json timings = json::array();
        for (const std::string& name : study_stages())
            if (ledger_.contains(name))
                timings.push_back({{"stage", name}, {"seconds", ledger_[name].value("seconds", 0.0)}});
        summary["timings"] = timings;
        if (fs::exists(directory_ + "/metrics.json") && finished("train"))
            summary["metrics"] = read_json(directory_ + "/metrics.json");
        json glass = json::array();
        for (std::size_t k = 0; k < samples_.size(); ++k) {
            if (!fs::exists(sample_path(k, "glass.h5"))) continue;
            const Structure s = read_glass(k, "");
            const std::vector<double> e =
                H5File::open(sample_path(k, "glass.h5")).template read<double>("/inherent/energy");
            glass.push_back({{"sample", k},
                             {"rate_K_per_s", s_.quenches() ? json(samples_[k].rate_K_per_s) : json()},
                             {"volume_per_atom", s.box.volume / s.size()},
                             {"crystalline_fraction", crystalline_fraction_of(k)},
                             {"inherent_energy_per_atom", mean(e)}});
        }
        summary["glass"] = glass;
        if (s_.barriers.enabled && finished("barriers")) summary["barriers"] = barriers_summary();
        write_json(directory_ + "/summary.json", summary);
        progress_->say("stage           seconds");
        for (const json& t : timings)
            progress_->say(fmt::format("{:<12} {:>10.1f}", t["stage"].get<std::string>(), t["seconds"].get<double>()));
    }

    json barriers_summary() const {
        json all = json::array();
        for (const int k : searched_samples(s_)) {
            const H5File f = H5File::open(sample_path(static_cast<std::size_t>(k), "barriers.h5"));
            const BarrierSummary s = summarise(get_events(f, "/events", f.read<long>("/minimum/id")));
            json classes = json::object();
            for (std::size_t c = 0; c < s.by_status.size(); ++c) classes[search_status_names()[c]] = s.by_status[c];
            all.push_back({{"sample", k},
                           {"attempts", s.attempts},
                           {"accepted", s.accepted},
                           {"status", classes},
                           {"checked", s.checked},
                           {"check_failed", s.check_failed},
                           {"mean_barrier_eV", s.mean},
                           {"median_barrier_eV", s.median},
                           {"deviation_eV", s.deviation},
                           {"evaluations_per_attempt", s.evaluations},
                           {"larger_evaluations_per_attempt", s.larger_evaluations},
                           {"whole_evaluations_per_attempt", s.whole_evaluations},
                           {"viscosity_K", s_.report.viscosity_K}});
        }
        return all;
    }

    StudyFile s_;
    RunOptions options_;
    Comm& world_;
    StopRequest stop_;
    int teams_ = 1;
    bool idle_ = false;
    int rank_said_ = 0;
    std::unique_ptr<Comm> team_;  ///< the ranks that share a replica; null where each has its own
    std::chrono::steady_clock::time_point last_checkpoint_;
    std::string directory_, host_;
    EamPotential potential_;
    std::vector<Sample> samples_;
    std::unique_ptr<Progress> progress_;
    json ledger_;
};

}  // namespace

template <class Space>
void run_study(const StudyFile& study, const RunOptions& options, Comm& world) {
    // Whatever a rank finds wrong with the input, all of them say, and nothing has been run.
    std::unique_ptr<StudyRun<Space>> run;
    std::string problem;
    try {
        run = std::make_unique<StudyRun<Space>>(study, options, world);
    } catch (const InputError& e) {
        problem = e.what();
    }
    for (const std::string& text : world.all_gather(problem))
        if (!text.empty()) throw InputError(text);
    run->run();
}

#define MG_RUN_STUDY(Space) template void run_study<Space>(const StudyFile&, const RunOptions&, Comm&);
MG_INSTANTIATE(MG_RUN_STUDY)

}  // namespace mg
