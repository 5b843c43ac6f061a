#pragma once
/// \file Where tests find data and put files.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

// The build defines it; the lint compiles every header alone.
#if !defined(MG_SOURCE_DIRECTORY)
#define MG_SOURCE_DIRECTORY "."
#endif

namespace mg {

/// A path of the repository. MG_TEST_ROOT replaces the source folder where the tests have been moved to another
/// machine.
inline std::string source_path(const std::string& relative) {
    const char* root = std::getenv("MG_TEST_ROOT");
    return std::string(root && *root ? root : MG_SOURCE_DIRECTORY) + "/" + relative;
}

/// A fresh directory that is removed with everything in it.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "mgstiff-XXXXXX").string();
        if (!mkdtemp(name.data())) throw std::runtime_error("cannot make " + name);
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    const std::string& path() const { return path_; }
    /// The path of `name` in the directory.
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }
    /// Writes a file and returns its path.
    std::string write(const std::string& name, const std::string& text) const {
        std::ofstream(*this / name, std::ios::binary) << text;
        return *this / name;
    }

private:
    std::string path_;
};

}  // namespace mg
