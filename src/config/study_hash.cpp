#include "config/study_hash.hpp"

#include <fmt/format.h>

#include <functional>
#include <map>

#include "config/samples.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"
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

/// Keys that say which samples a study has, and nothing of any of them.
bool tells_samples(const std::string& table, const std::string& key) {
    static const std::set<std::string> keys{"quench.samples", "quench.rate_K_per_s", "quench.test_rates_K_per_s",
                                            "quench.samples_per_test_rate", "barriers.samples"};
    return keys.count(table + "." + key) > 0;
}

enum class SampleList { told, left_out };

std::string text_of(const StudyFile& study, const std::function<bool(const std::string& table)>& wants,
                    SampleList list = SampleList::told) {
    StudyFile copy = study;
    Digest digest{[&](const std::string& table, const std::string& key) {
                      if (table == "study") return key == "seed";
                      if (table == "compute") return key == "precision";
                      return wants(table) && (list == SampleList::told || !tells_samples(table, key));
                  },
                  ""};
    copy.visit(digest);
    digest.text += "potential sha256 " + study.system.potential_sha256 + '\n';
    if (list == SampleList::told)
        for (const std::string& hash : study.system.structure_sha256) digest.text += "structure sha256 " + hash + '\n';
    if (wants("descriptors") && study.descriptors.reads_elastic())
        digest.text += "elastic model sha256 " + study.descriptors.elastic_model_sha256 + '\n';
    return digest.text;
}

std::string hash_of(const std::string& text) { return io::sha256_of("mgstiff-gpu study\n" + text); }

/// Values by "table.key", and hashes by the name of the file.
std::map<std::string, std::string> values_of(const std::string& text) {
    std::map<std::string, std::string> values;
    int structures = 0;
    io::LineReader lines(text);
    std::string_view line;
    while (lines.next(line)) {
        if (const std::size_t equals = line.find(" = "); equals != std::string_view::npos)
            values.emplace(line.substr(0, equals), line.substr(equals + 3));
        else if (line.starts_with("structure"))
            values.emplace("structure " + std::to_string(structures++), line);
        else if (line.starts_with("potential"))
            values.emplace("the potential", line);
        else if (line.starts_with("elastic model"))
            values.emplace("the elastic model", line);
    }
    return values;
}

}  // namespace

std::string study_hash(const StudyFile& study) {
    return hash_of(text_of(study, [](const std::string& table) { return table != "report"; }));
}

std::string tables_text(const StudyFile& study, const std::set<std::string>& tables) {
    return text_of(study, [&](const std::string& table) { return tables.count(table) > 0; });
}

std::vector<std::string> differences(const std::string& text, const std::string& before) {
    const std::map<std::string, std::string> now = values_of(text), old = values_of(before);
    std::vector<std::string> list;
    for (const auto& [key, value] : now) {
        const auto was = old.find(key);
        if (was != old.end() && was->second == value) continue;
        if (key.find('.') == std::string::npos)
            list.push_back(key + (was == old.end() ? " is new" : " has changed"));
        else
            list.push_back(key + " is " + value +
                           (was == old.end() ? " and was not there" : " and was " + was->second));
    }
    for (const auto& [key, value] : old)
        if (now.count(key) == 0) list.push_back(key + " is gone");
    return list;
}

std::string tables_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further) {
    return hash_of(tables_text(study, tables) + further);
}

std::string samples_hash(const StudyFile& study, const std::set<std::string>& tables, const std::string& further,
                         const std::vector<int>& samples) {
    std::string text = text_of(
        study, [&](const std::string& table) { return tables.count(table) > 0; }, SampleList::left_out);
    const std::vector<Sample> all = samples_of(study);
    for (const int k : samples)
        text += study.quenches() ? fmt::format("sample {} at {:.17g} K/s{}\n", k, all.at(k).rate_K_per_s,
                                               all.at(k).is_further_test ? ", a further test" : "")
                                 : fmt::format("sample {} sha256 {}\n", k, study.system.structure_sha256.at(k));
    return hash_of(text + further);
}

}  // namespace mg
