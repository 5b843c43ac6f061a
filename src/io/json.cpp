#include "io/json.hpp"

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/text.hpp"

namespace mg::io {

void write_json(const std::string& path, const nlohmann::json& value) {
    // A path given by the user may hold bytes that are no UTF-8; they must not stop the summary.
    write_file_atomically(path, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

nlohmann::json read_json(const std::string& path) {
    const std::string bytes = read_bytes(path);
    try {
        return nlohmann::json::parse(bytes);
    } catch (const nlohmann::json::exception& error) {
        throw InputError("'" + path + "' is not JSON", error.what(), "restore or delete the file");
    }
}

}  // namespace mg::io
