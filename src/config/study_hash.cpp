#include "config/study_hash.hpp"

#include <functional>

#include "io/sha256.hpp"
#include "io/toml_writer.hpp"

namespace mg {

namespace {

/// A visitor that writes one line "table.key = value" per key that `wants` holds.
struct Digest {
    std::function<bool(const std::string& table, const std::string& key)> wants;
    std::string text;
    std::string current = {};

    bool shows(bool has_use) const { return has_use; }
    void table(const char* name, const char*) { current = name; }
    bool optional_table(const char* name, const char*, bool is_there) {
        current = name;
        return is_there;
    }
    template <class T, class... Rules>
    void key(const char* name, const T& value, const Rules&...) {
        if (wants(current, name)) text += current + "." + name + " = " + io::toml_of(value) + '\n';
    }
    /// Files count by their content.
    template <class T>
    void key(const char*, const T&, const io::FileName&) {}
};

std::string hash_of(const StudyFile& study, const std::function<bool(const std::string& table)>& wants,
                    const std::string& further) {
    StudyFile copy = study;
    Digest digest{[&](const std::string& table, const std::string& key) {
                      if (table == "study") return key == "seed";
                      if (table == "compute") return key == "precision";
                      return wants(table);
                  },
                  "mgstiff-gpu study\n"};
    copy.visit(digest);
    digest.text += "potential sha256 " + study.system.potential_sha256 + '\n';
    for (const std::string& hash : study.system.structure_sha256) digest.text += "structure sha256 " + hash + '\n';
    return io::sha256_of(digest.text + further);
}

}  // namespace

std::string study_hash(const StudyFile& study) {
    return hash_of(
        study, [](const std::string& table) { return table != "report"; }, "");
}

std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further) {
    return hash_of(
        study, [&](const std::string& table) { return tables.count(table) > 0; }, further);
}

}  // namespace mg
