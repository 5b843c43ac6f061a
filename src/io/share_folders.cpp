#include "io/share_folders.hpp"

#include <cstdlib>
#include <filesystem>

namespace mg::io {
namespace {

std::string chosen_share() {
    const char* share = std::getenv("MGSTIFF_SHARE");
    return share ? share : "";
}

}  // namespace

bool share_is_chosen() { return !chosen_share().empty(); }

std::vector<std::string> share_folders() {
    if (share_is_chosen()) return {chosen_share()};
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    return {program.parent_path() / "share/mgstiff-gpu", program / "share/mgstiff-gpu"};
}

}  // namespace mg::io
