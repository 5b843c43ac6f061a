#include "io/json.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"

namespace mg::io {

namespace {

std::string text_of(const nlohmann::json& value) {
    // A path given by the user may hold bytes that are no UTF-8; they must not stop the summary.
    return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string seal_of(const std::string& body) { return "  \"sha256\": \"" + sha256_of(body) + "\"\n}\n"; }

}  // namespace

void write_json(const std::string& path, const nlohmann::json& value) {
    write_file_atomically(path, text_of(value) + "\n");
}

void write_sealed_json(const std::string& path, const nlohmann::json& object) {
    std::string body = text_of(object);
    body.resize(body.size() - 2);  // the end of its last line, and the brace
    body += ",\n";
    write_file_atomically(path, body + seal_of(body));
}

nlohmann::json read_json(const std::string& path) {
    const std::string bytes = read_bytes(path);
    try {
        return nlohmann::json::parse(bytes);
    } catch (const nlohmann::json::exception& error) {
        throw InputError("'" + path + "' is not JSON", error.what(), "restore or delete the file");
    }
}

nlohmann::json read_sealed_json(const std::string& path) {
    nlohmann::json object = read_json(path);
    const std::string bytes = read_bytes(path);
    const std::size_t length = seal_of("").size();
    const std::string body = bytes.substr(0, bytes.size() - std::min(length, bytes.size()));
    if (bytes != body + seal_of(body))
        throw InputError("'" + path + "' was changed since it was written", "its seal, the key sha256, does not fit",
                         "put the right file back, or have its stage run again (--resume force)");
    object.erase("sha256");
    return object;
}

}  // namespace mg::io
