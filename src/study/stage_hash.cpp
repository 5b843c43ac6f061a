#include "study/stage_hash.hpp"

#include <fmt/format.h>

#include <set>

#include "config/study_hash.hpp"
#include "core/error.hpp"

namespace mg {

std::string stage_hash(const StudyFile& study, const std::string& stage) {
    std::set<std::string> tables{"system", "quench"};
    if (stage == "quench") {
    } else if (stage == "stiffness" || stage == "barriers") {
        tables.insert(stage);
    } else if (stage == "descriptors") {
        tables.insert(stage);
        // Time-averaged positions come from the windows of the stiffness runs.
        if (study.descriptors.positions == DescriptorPositions::mean) tables.insert("stiffness");
    } else if (stage == "train") {
        tables.insert({"stiffness", "descriptors", "train"});
    } else if (stage == "report") {
        tables.insert({"stiffness", "descriptors", "barriers", "train", "report"});
    } else {
        throw InputError("unknown stage '" + stage + "'",
                         "the stages are quench, stiffness, descriptors, barriers, train, report", "choose one");
    }
    std::string further = "stage " + stage + '\n';
    if (stage == "barriers") further += "format 3\n";  // saddles that their second mode was asked
    // Its metrics bin and average as the report does.
    if (stage == "train") further += fmt::format("{} {:.17g}\n", study.report.bin_atoms, study.report.coarse_grain_A);
    return tables_hash(study, tables, further);
}

}  // namespace mg
