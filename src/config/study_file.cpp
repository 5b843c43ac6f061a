#include "config/study_file.hpp"

#include <filesystem>

#include "config/checks.hpp"
#include "io/toml_reader.hpp"
#include "io/toml_writer.hpp"

namespace mg {

StudyFile read_study(const std::string& path, const std::vector<std::string>& overrides) {
    StudyFile file;
    io::TomlReader reader(path, overrides);
    reader.read(file);
    check_study(file, reader, std::filesystem::absolute(path).parent_path().string());
    reader.finish();
    if (file.study.name.empty()) file.study.name = std::filesystem::path(path).stem().string();
    if (file.study.output.empty()) file.study.output = "out/" + file.study.name;
    return file;
}

std::string resolved_toml(const StudyFile& study) {
    StudyFile copy = study;
    io::TomlWriter writer("# Every key of the study with its value; runs as it is.\n");
    copy.visit(writer);
    return writer.text;
}

}  // namespace mg
