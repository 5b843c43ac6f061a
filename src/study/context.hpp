#pragma once
/// \file What a stage works with while it runs.

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "config/samples.hpp"
#include "config/study_file.hpp"
#include "core/structure.hpp"
#include "md/dynamics.hpp"
#include "physics/eam_potential.hpp"
#include "study/farm.hpp"
#include "study/output_directory.hpp"
#include "study/progress.hpp"
#include "study/results/glass_file.hpp"
#include "study/stage_checkpoints.hpp"

namespace mg::study {

/// The study, its samples, its output directory and the ranks that share the work; made anew for each stage that runs.
class Context {
public:
    Context(const StudyFile& study, const EamPotential& potential, const OutputDirectory& directory, Farm& farm,
            Progress& progress, const Stage& stage);
    Context(const Context&) = delete;  // its checkpoints ask it for hashes
    Context& operator=(const Context&) = delete;

    const StudyFile& study;  ///< with its skin chosen
    const EamPotential& potential;
    const std::vector<Sample> samples;
    const OutputDirectory& directory;
    Farm& farm;
    Progress& progress;
    const StageCheckpoints checkpoints;  ///< of the stage that runs

    int sample_count() const { return static_cast<int>(samples.size()); }
    double skin() const { return *study.compute.skin_A; }
    std::string sample_file(std::size_t k, const std::string& name) const { return directory.sample_file(k, name); }
    /// What is written into each result of this stage.
    Stamp stamp(std::size_t sample, const std::string& name) const;
    /// Writes a result of this stage.
    template <class File>
    void write(std::size_t sample, const std::string& name, const File& file) const {
        write_result(sample_file(sample, name), file, stamp(sample, name));
    }
    /// A result of whatever stage writes files of that name. Throws InputError where it is missing, damaged, of another
    /// sample or of other settings.
    io::H5File open(std::size_t sample, const std::string& name) const;
    template <class File>
    File read(std::size_t sample, const std::string& name, const std::set<std::string>& only = {}) const {
        return read_fields<File>(open(sample, name), only);
    }

    /// Throws InputError where a result of `stage`, which this one reads, is missing.
    void require(const std::string& stage) const;

    /// Collective: the whole stage where each sample is a task of its own: one(sample), by the first rank of a team,
    /// for every sample whose `file` is not there with the present settings. Where one() returns false it has been told
    /// to stop, and Stopped is thrown, by all ranks.
    void run_by_sample(const std::vector<int>& of, const std::string& file, const std::function<bool(int sample)>& one);
    /// The same for tasks of any kind; `file_of` says what each leaves, and `what` they are called in the progress.
    void run_tasks(const std::vector<int>& tasks, const std::string& what,
                   const std::function<std::string(int task)>& file_of, const std::function<bool(int task)>& one);

    /// The glass of a sample, without velocities, and its inherent structure.
    Structure glass(std::size_t k) const;
    Structure inherent_structure(std::size_t k) const;
    /// Share of its atoms in crystalline surroundings.
    double crystalline_fraction(std::size_t k) const;
    /// glass.xyz of a sample: its inherent structure, with all per-atom results that exist, for OVITO.
    void write_xyz(std::size_t k) const;

    /// The structures as replicas of one batch, with names for messages: "sample 3 at 300 K". With a team (domains)
    /// collective, and of one structure, which is divided over its ranks.
    template <class Space>
    Dynamics<Space> dynamics(std::vector<Structure> structures, std::vector<std::string> names) const {
        const long atoms = structures.at(0).size();
        Comm* const team = farm.team();
        if (team) structures = {own_part(structures[0], choose_domains(structures[0].box, team->size()), team->rank())};
        return Dynamics<Space>(make_batch<Space>(structures, potential.elements, potential.masses), potential,
                               study.compute.precision, skin(), team, atoms, std::move(names));
    }
    /// run(), with these dynamics. Where the physics fails in it, the state of the replica, from up to 50 steps before,
    /// goes to DIR/failed/ for OVITO, and the error says so.
    template <class Space, class Run>
    auto watched(Dynamics<Space>& dynamics, const Run& run) const {
        try {
            return run();
        } catch (const PhysicsError& e) {
            fail(e, dynamics.structures(), dynamics.replica_names());
        }
    }

private:
    [[noreturn]] void fail(const PhysicsError& error, const std::vector<Structure>& state,
                           const std::vector<std::string>& names) const;
    /// Of a stage's results for a sample.
    const std::string& hash_of(const std::string& stage, std::size_t sample) const;
    Structure read_structure_of(std::size_t k, const std::string& group) const;

    mutable std::map<std::pair<std::string, std::size_t>, std::string> hashes_;  // by stage and sample
};

/// Origin of a result for JSON files: program, version, study, seed.
nlohmann::json provenance(const StudyFile& study);

}  // namespace mg::study
