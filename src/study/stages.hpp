#pragma once
/// \file The stages of a study, in their order.

#include "core/space.hpp"
#include "study/stage.hpp"

namespace mg::study {

template <class Space>
const std::vector<std::unique_ptr<Stage>>& all_stages();

/// Their names: quench, stiffness, descriptors, barriers, train, elastic, moduli. (The report is drawn by src/app.)
const std::vector<std::string>& study_stages();

/// The stage of that name. Throws InputError for an unknown one.
const Stage& stage_named(const std::string& name);

/// The stage that writes files of that name for its samples.
const Stage& maker_of(const std::string& file);

/// Names of the stages that depend on the results of `name`, directly or not, in their order.
std::vector<std::string> stages_upon(const StudyFile& study, const std::string& name);

/// SHA-256 of all that the results of one stage follow from: its own tables and those of the stages that it needs, and
/// which samples it has.
/// Takes "report" too, which follows from all. Throws InputError for another name.
std::string stage_hash(const StudyFile& study, const std::string& stage);
/// SHA-256 of what the results of one sample follow from: of a stage that goes by samples, nothing of the others.
std::string sample_hash(const StudyFile& study, const std::string& stage, int sample);
/// The settings among these, as tables_text() has them (config/study_hash.hpp).
std::string stage_settings(const StudyFile& study, const std::string& stage);

}  // namespace mg::study
