#include "study/context.hpp"
#include "config/samples.hpp"
#include "config/study_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/build_info.hpp"
#include "core/error.hpp"
#include "io/xyz_writer.hpp"
#include "ops/blas.hpp"
#include "ops/local_structure.hpp"
#include "study/stages.hpp"

namespace mg::study {

Context::Context(const StudyFile& study_file, const EamPotential& eam, const OutputDirectory& output, Farm& ranks,
                 Progress& messages, const Stage& stage)
    : study(study_file),
      potential(eam),
      samples(samples_of(study_file)),
      directory(output),
      farm(ranks),
      progress(messages),
      checkpoints(
          output, stage.name(), stage_hash(study_file, stage.name()),
          [this, name = stage.name()](int k) { return hash_of(name, static_cast<std::size_t>(k)); }, messages) {}

Stamp Context::stamp(std::size_t sample, const std::string& name) const {
    return {.version = std::string(build::version) + " (" + build::git + ")",
            .seed = study.study.seed,
            .study_hash = study_hash(study),
            .potential_sha256 = potential.sha256,
            .origin = {name, checkpoints.stage(), hash_of(checkpoints.stage(), sample), static_cast<long>(sample)}};
}

void Context::fail(const PhysicsError& error, const std::vector<Structure>& state,
                   const std::vector<std::string>& names) const {
    std::string files;
    for (int r = 0; farm.leads() && r < static_cast<int>(state.size()); ++r) {
        if (error.replica >= 0 && r != error.replica) continue;
        const Structure& s = state[r];
        std::string name = checkpoints.stage() + " " + names.at(r);
        std::replace(name.begin(), name.end(), ' ', '-');
        const std::string path = directory.file("failed/" + name + ".xyz");
        io::XyzColumn velocity{"velo", 3, {}};
        for (const Vec3& v : s.velocity) velocity.values.insert(velocity.values.end(), {v.x, v.y, v.z});
        try {
            std::filesystem::create_directories(directory.file("failed"));
            io::write_xyz(path, s, {velocity});
            files += (files.empty() ? "" : ", ") + path;
        } catch (const std::exception& e) {
            progress.warn(std::string("the state is not written: ") + e.what());
        }
    }
    // All ranks of a team come here, and the first to end ends the job.
    if (Comm* const team = farm.team()) team->barrier();
    throw PhysicsError(error.what() + (files.empty() ? std::string() : "; the state some steps before is in " + files));
}

const std::string& Context::hash_of(const std::string& stage, std::size_t sample) const {
    std::string& hash = hashes_[{stage, sample}];
    if (hash.empty()) hash = sample_hash(study, stage, static_cast<int>(sample));
    return hash;
}

io::H5File Context::open(std::size_t sample, const std::string& name) const {
    const std::string stage = maker_of(name).name();
    return open_result(sample_file(sample, name), {name, stage, hash_of(stage, sample), static_cast<long>(sample)});
}

void Context::require(const std::string& name) const {
    const Stage& stage = stage_named(name);
    for (const int k : stage.samples(study))
        for (const std::string& file : stage.files().of_sample)
            if (const std::string path = sample_file(static_cast<std::size_t>(k), file); !std::filesystem::exists(path))
                throw InputError(path + " is missing", "the stage " + name + " has not run",
                                 "run it first (without --stage all stages run in order)");
}

void Context::run_by_sample(const std::vector<int>& of, const std::string& file,
                            const std::function<bool(int sample)>& one) {
    run_tasks(
        of, "samples", [&](int k) { return sample_file(k, file); }, one);
}

void Context::run_tasks(const std::vector<int>& tasks, const std::string& what,
                        const std::function<std::string(int task)>& file_of, const std::function<bool(int task)>& one) {
    std::vector<Unit> open;
    for (const int k : tasks)
        if (!checkpoints.is_current(file_of(k), k)) open.push_back({k});
    progress.begin(checkpoints.stage(), static_cast<double>(open.size()) / farm.teams(), what);
    farm.world().barrier();  // all have seen what there is before anything is added
    double done = 0;
    farm.run_alone(open, [&](const Unit& unit) {
        if (!one(unit[0])) return false;
        progress.advance(++done);
        return true;
    });
    progress.end();
}

Structure Context::read_structure_of(std::size_t k, const std::string& group) const {
    const auto f = read<GlassFile>(k, "glass.h5", {"/id", "/species", group + "/position", group + "/cell"});
    const bool inherent = !group.empty();
    Structure s;
    s.elements = potential.elements;
    s.masses = potential.masses;
    s.id = f.id;
    s.species = f.species;
    s.position = inherent ? f.inherent_position : f.position;
    s.box = box_of_rows((inherent ? f.inherent_cell : f.cell).data());
    return s;
}

Structure Context::glass(std::size_t k) const { return read_structure_of(k, ""); }
Structure Context::inherent_structure(std::size_t k) const { return read_structure_of(k, "/inherent"); }

double Context::crystalline_fraction(std::size_t k) const {
    const auto f = read<GlassFile>(k, "glass.h5", {"/inherent/local_structure"});
    // Glasses of before version 0.1 do not say.
    return f.local_structure.empty() ? mg::crystalline_fraction(local_structures(inherent_structure(k)))
                                     : f.crystalline_fraction;
}

void Context::write_xyz(std::size_t k) const {
    static constexpr struct {
        const char *name, *file, *dataset;
    } results[] = {{"local_energy", "glass.h5", "/inherent/energy"},
                   {"stiffness", "stiffness.h5", "/stiffness"},
                   {"elastic_stiffness", "elastic.h5", "/stiffness"},
                   {"mean_barrier", "barriers.h5", "/atoms/mean_barrier"}};
    std::vector<io::XyzColumn> columns;
    // Those of other settings may stand there until their stage runs.
    const auto current = [&](const char* name) -> std::optional<io::H5File> {
        const std::string path = sample_file(k, name), stage = maker_of(name).name();
        if (!std::filesystem::exists(path)) return {};
        io::H5File file = io::H5File::open(path, true);
        if (file.read_string("/", "stage_hash") != hash_of(stage, k)) return {};
        require_origin(file, {name, stage, hash_of(stage, k), static_cast<long>(k)});
        return file;
    };
    for (const auto& r : results)
        if (const auto file = current(r.file)) columns.push_back({r.name, 1, file->read<double>(r.dataset)});
    if (const auto file = current("glass.h5")) {
        const auto f = read_fields<GlassFile>(
            *file, {"/inherent/voronoi/volume", "/inherent/voronoi/faces", "/inherent/voronoi/index"});
        columns.push_back({"voronoi_volume", 1, f.voronoi_volume});
        columns.push_back({"coordination", 1, {}, {f.voronoi_faces.begin(), f.voronoi_faces.end()}});
        columns.push_back({"voronoi_index", 4, {}, {f.voronoi_index.begin(), f.voronoi_index.end()}});
    }
    if (const auto file = current("prediction.h5")) {
        const io::H5File& h5 = *file;
        const std::string property = h5.has_attribute("/", "property") ? h5.read_string("/", "property") : "stiffness";
        const bool gaps = h5.exists("/label");  // atoms without a label, or of species that are not learned from
        if (gaps && !Property{property, {}}.is_stiffness())
            columns.push_back({property, 1, h5.read<double>("/label"), {}, {}, gaps});
        columns.push_back({"predicted_" + property, 1, h5.read<double>("/" + property), {}, {}, gaps});
    }
    io::write_xyz(sample_file(k, "glass.xyz"), inherent_structure(k), columns,
                  fmt::format("sample={} seed={} study_hash={} potential_sha256={} program=\"mgstiff-gpu {} ({})\"", k,
                              study.study.seed, study_hash(study), potential.sha256, build::version, build::git));
}

nlohmann::json provenance(const StudyFile& study) {
    return {{"program", "mgstiff-gpu"},        {"version", build::version}, {"git", build::git},
            {"study_hash", study_hash(study)}, {"seed", study.study.seed},  {"blas_core", blas_core()}};
}

}  // namespace mg::study
