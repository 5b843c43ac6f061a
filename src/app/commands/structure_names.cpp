#include "app/commands/structure_names.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>
#include <cmath>

#include <filesystem>
#include <initializer_list>
#include <limits>
#include <map>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "md/dynamics.hpp"

namespace mg {
namespace {

/// The name without folder and the endings of structure files: glass.data.gz gives glass, dump.1000 stays.
std::string stem_of(const std::string& path) {
    std::filesystem::path name = std::filesystem::path(path).filename();
    const auto strip = [&](const std::initializer_list<const char*> endings) {
        for (const char* ending : endings)
            if (name.extension() == ending && name.has_stem()) {
                name = name.stem();
                return;
            }
    };
    strip({".gz", ".zst"});
    strip({".data", ".dump", ".lmp", ".lammpstrj", ".xyz", ".extxyz"});
    return name.string();
}

}  // namespace

void check_width(const std::string& path, const Structure& s, const EamPotential& potential) {
    const double needed = 2 * (potential.cutoff + least_skin), width = smallest_width(s.box);
    if (width < needed)
        throw InputError(path + ": the box is too small",
                         fmt::format("its smallest perpendicular width is {:.3f} A and must be {:.3f} A at least, "
                                     "twice the potential's cutoff and skin",
                                     width, needed),
                         "repeat the structure along its short edges, or use --no-minimise");
}

std::vector<nlohmann::ordered_json> deal_out_structures(Comm& world, std::size_t count,
                                                        const std::function<nlohmann::ordered_json(std::size_t)>& one) {
    using Json = nlohmann::ordered_json;
    std::vector<Json> mine;
    for (std::size_t k = 0; k < count; ++k)
        if (static_cast<int>(k % world.size()) == world.rank()) mine.push_back({{"index", k}, {"result", one(k)}});
    const std::vector<std::string> all = world.gather(Json(mine).dump(), 0);
    if (world.rank() != 0) return {};
    std::vector<Json> in_order(count);
    for (const std::string& text : all)
        for (const Json& part : Json::parse(text)) in_order[part["index"].get<std::size_t>()] = part["result"];
    return in_order;
}

nlohmann::ordered_json write_structures(const std::vector<nlohmann::ordered_json>& results) {
    std::map<std::string, std::string> files;
    nlohmann::ordered_json summaries = nlohmann::ordered_json::array();
    for (const auto& part : results) {
        files[part["summary"]["output"].get<std::string>()] += part["xyz"].get<std::string>();
        summaries.push_back(part["summary"]);
    }
    for (const auto& [path, text] : files) io::write_file_atomically(path, text);
    return summaries;
}

std::vector<std::string> output_names(const std::vector<std::string>& structures, const std::string& out,
                                      const std::string& ending) {
    namespace fs = std::filesystem;
    std::error_code none;
    const bool is_folder = out.empty() || out.ends_with('/') || fs::is_directory(out, none);
    const fs::path folder = is_folder ? fs::path(out) : fs::path(out).parent_path();
    if (!folder.empty() && !fs::is_directory(folder, none))
        throw InputError("there is no folder " + folder.string(), "the output would stand there",
                         "make it, or give another --out");
    std::vector<std::string> names;
    std::map<std::string, std::string> source;
    for (const std::string& path : structures) {
        names.push_back(is_folder ? (folder / (stem_of(path) + ending)).string() : out);
        const auto [at, fresh] = source.emplace(names.back(), path);
        if (!fresh && is_folder)
            throw InputError(path + " and " + at->second + " would be written to one file, " + names.back(),
                             "they have the same name", "use --out FILE.xyz, which takes all of them as frames");
        if (fs::equivalent(path, names.back(), none))
            throw InputError("the output " + names.back() + " is the structure itself", "it would be overwritten",
                             "use --out with another name");
    }
    return names;
}

double mean_over(const Structure& s, const std::vector<double>& values, int species) {
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s.size(); ++i)
        if ((species < 0 || s.species[i] == species) && !std::isnan(values[i])) sum += values[i], ++n;
    return n > 0 ? sum / n : std::numeric_limits<double>::quiet_NaN();
}

std::string key_of_unit(const std::string& unit) {
    std::string key = "_";
    for (const char c : unit) {
        if (c == '/')
            key += "_per_";
        else if (std::isalnum(static_cast<unsigned char>(c)))
            key += c;
    }
    return key;
}

void add_mean(const Structure& s, const Property& property, const std::vector<double>& values,
              nlohmann::ordered_json& j) {
    j["mean_" + property.name + key_of_unit(property.unit)] = mean_over(s, values);
    for (std::size_t t = 0; t < s.elements.size(); ++t)
        if (std::count(s.species.begin(), s.species.end(), static_cast<int>(t)) > 0)
            j["mean_" + property.name + "_of"][s.elements[t]] = mean_over(s, values, static_cast<int>(t));
}

}  // namespace mg
