#include "study/stages.hpp"
#include "config/samples.hpp"
#include "config/study_hash.hpp"

#include <algorithm>
#include <functional>

#include "core/error.hpp"
#include "core/macros.hpp"
#include "core/space.hpp"
#include "io/text.hpp"

namespace mg::study {

// Each is made in the file of its name in study/stages/.
template <class Space>
std::unique_ptr<Stage> make_quench_stage();
template <class Space>
std::unique_ptr<Stage> make_stiffness_stage();
template <class Space>
std::unique_ptr<Stage> make_descriptors_stage();
template <class Space>
std::unique_ptr<Stage> make_barriers_stage();
template <class Space>
std::unique_ptr<Stage> make_train_stage();
template <class Space>
std::unique_ptr<Stage> make_moduli_stage();
template <class Space>
std::unique_ptr<Stage> make_elastic_stage();

template <class Space>
const std::vector<std::unique_ptr<Stage>>& all_stages() {
    static const std::vector<std::unique_ptr<Stage>> stages = [] {
        std::vector<std::unique_ptr<Stage>> list;
        list.push_back(make_quench_stage<Space>());
        list.push_back(make_stiffness_stage<Space>());
        list.push_back(make_descriptors_stage<Space>());
        list.push_back(make_barriers_stage<Space>());
        list.push_back(make_train_stage<Space>());
        list.push_back(make_elastic_stage<Space>());
        list.push_back(make_moduli_stage<Space>());
        return list;
    }();
    return stages;
}

#define MG_ALL_STAGES(Space) template const std::vector<std::unique_ptr<Stage>>& all_stages<Space>();
MG_INSTANTIATE(MG_ALL_STAGES)

std::vector<int> Stage::samples(const StudyFile& study) const { return all_samples(study); }

const std::vector<std::string>& study_stages() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const auto& stage : all_stages<Host>()) list.push_back(stage->name());
        return list;
    }();
    return names;
}

const Stage& stage_named(const std::string& name) {
    for (const auto& stage : all_stages<Host>())
        if (stage->name() == name) return *stage;
    throw InputError("unknown stage \"" + name + "\"",
                     "the stages are " + io::comma_separated(study_stages()) + ", report", "choose one");
}

const Stage& maker_of(const std::string& file) {
    for (const auto& stage : all_stages<Host>()) {
        const StageFiles files = stage->files();
        for (const auto* names : {&files.of_sample, &files.beside_sample})
            if (std::find(names->begin(), names->end(), file) != names->end()) return *stage;
    }
    throw Error("no stage writes " + file, "none says so", "this is a fault of the program: report it");
}

std::vector<std::string> stages_upon(const StudyFile& study, const std::string& name) {
    std::vector<std::string> stale{name};
    for (const auto& stage : all_stages<Host>())
        for (const std::string& need : stage->needs(study))
            if (std::find(stale.begin(), stale.end(), need) != stale.end()) {
                stale.push_back(stage->name());
                break;
            }
    return {stale.begin() + 1, stale.end()};
}

namespace {

/// What the results of a stage follow from.
struct Grounds {
    std::set<std::string> tables;
    std::string versions;
};

Grounds grounds_of(const StudyFile& study, const std::string& name) {
    Grounds g;
    if (name == "report") {
        for (const auto& stage : all_stages<Host>()) g.tables.merge(stage->tables());
        g.tables.insert("report");
        return g;
    }
    const std::function<void(const Stage&)> add = [&](const Stage& stage) {
        g.tables.merge(stage.tables());
        g.versions += stage.hashed_besides(study);
        for (const std::string& need : stage.needs(study)) add(stage_named(need));
    };
    add(stage_named(name));
    return g;
}

}  // namespace

std::string stage_hash(const StudyFile& study, const std::string& name) {
    const Grounds g = grounds_of(study, name);
    const std::string further = "stage " + name + '\n' + g.versions;
    if (name == "report" || !stage_named(name).goes_by_samples()) return tables_hash(study, g.tables, further);
    return samples_hash(study, g.tables, further, stage_named(name).samples(study));
}

std::string sample_hash(const StudyFile& study, const std::string& name, int sample) {
    if (!stage_named(name).goes_by_samples()) return stage_hash(study, name);
    const Grounds g = grounds_of(study, name);
    return samples_hash(study, g.tables, "stage " + name + '\n' + g.versions, {sample});
}

std::string stage_settings(const StudyFile& study, const std::string& name) {
    return tables_text(study, grounds_of(study, name).tables);
}

}  // namespace mg::study
