#include "io/sha256.hpp"

#include <nettle/sha2.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/error.hpp"

namespace mg::io {
namespace {

std::string hexadecimal_digest(sha256_ctx& context) {
    unsigned char digest[SHA256_DIGEST_SIZE];
    sha256_digest(&context, sizeof digest, digest);
    static const char* digits = "0123456789abcdef";
    std::string text;
    for (unsigned char byte : digest) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace

std::string sha256_of(std::string_view bytes) {
    sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, bytes.size(), reinterpret_cast<const unsigned char*>(bytes.data()));
    return hexadecimal_digest(context);
}

std::string sha256_of_file(const std::string& path, long offset) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError("cannot read '" + path + "'", std::strerror(errno), "check the path");
    stream.seekg(offset);
    sha256_ctx context;
    sha256_init(&context);
    std::vector<char> chunk(1 << 20);
    while (stream.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || stream.gcount() > 0)
        sha256_update(&context, static_cast<std::size_t>(stream.gcount()),
                      reinterpret_cast<const unsigned char*>(chunk.data()));
    if (stream.bad()) throw InputError("cannot read '" + path + "'", std::strerror(errno), "check the disk");
    return hexadecimal_digest(context);
}

}  // namespace mg::io
