#include "app/commands/structure_names.hpp"

#include <filesystem>
#include <initializer_list>
#include <map>

#include "core/error.hpp"

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

std::vector<std::string> output_names(const std::vector<std::string>& structures, const std::string& out,
                                      const std::string& ending) {
    std::vector<std::string> names;
    std::map<std::string, std::string> source;
    for (const std::string& path : structures) {
        names.push_back(out.empty() ? stem_of(path) + ending : out);
        const auto [at, fresh] = source.emplace(names.back(), path);
        if (!fresh && out.empty())
            throw InputError(path + " and " + at->second + " would be written to one file, " + names.back(),
                             "they have the same name", "use --out FILE.xyz, which takes all of them as frames");
        std::error_code none;
        if (std::filesystem::equivalent(path, names.back(), none))
            throw InputError("the output " + names.back() + " is the structure itself", "it would be overwritten",
                             "use --out with another name");
    }
    return names;
}

}  // namespace mg
