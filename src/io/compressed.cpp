#include "io/compressed.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "io/text.hpp"

namespace mg {
namespace {

constexpr std::size_t largest_text = std::size_t{16} << 30;  // what a small file can blow up to must have an end
constexpr std::size_t piece = 1 << 20;

[[noreturn]] void damaged(const std::string& path, const std::string& why) {
    throw InputError("'" + path + "' cannot be unpacked", why, "get the complete file");
}

void append(std::string& text, const char* bytes, std::size_t count, const std::string& path) {
    if (text.size() + count > largest_text)
        throw InputError("'" + path + "' is too long", "it unpacks to more than 16 GiB of text", "give a smaller file");
    text.append(bytes, count);
}

std::string gunzip(const std::string& path, const std::string& packed) {
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw Error("zlib cannot start", "no memory", "free some");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    std::string text;
    std::vector<char> out(piece);
    std::size_t given = 0;
    int state = Z_OK;
    for (;;) {
        if (stream.avail_in == 0) {
            if (given == packed.size()) break;
            const std::size_t now = std::min<std::size_t>(packed.size() - given, std::numeric_limits<uInt>::max());
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + given));
            stream.avail_in = static_cast<uInt>(now);
            given += now;
        }
        if (state == Z_STREAM_END) {
            // A further member, or what some programs pad files with.
            const std::string_view rest(reinterpret_cast<const char*>(stream.next_in), stream.avail_in);
            if (rest.find_first_not_of('\0') == std::string_view::npos) {
                stream.avail_in = 0;
                continue;
            }
            if (inflateReset(&stream) != Z_OK) damaged(path, "its gzip data are damaged");
        }
        do {
            stream.next_out = reinterpret_cast<Bytef*>(out.data());
            stream.avail_out = static_cast<uInt>(out.size());
            state = inflate(&stream, Z_NO_FLUSH);
            if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
                damaged(path, "its gzip data are damaged");
            append(text, out.data(), out.size() - stream.avail_out, path);
        } while (stream.avail_out == 0 && state != Z_STREAM_END);
    }
    if (state != Z_STREAM_END) damaged(path, "its gzip data end early");
    return text;
}

std::string unzstd(const std::string& path, const std::string& packed) {
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!stream) throw Error("Zstandard cannot start", "no memory", "free some");
    std::string text;
    std::vector<char> out(piece);
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    std::size_t left = 1;
    for (;;) {
        ZSTD_outBuffer to{out.data(), out.size(), 0};
        left = ZSTD_decompressStream(stream.get(), &to, &in);
        if (ZSTD_isError(left))
            damaged(path, std::string("its Zstandard data are damaged: ") + ZSTD_getErrorName(left));
        append(text, out.data(), to.pos, path);
        // With nothing left to give, what is in its hands comes out as long as pieces are full.
        if (in.pos == in.size && (left == 0 || to.pos < to.size)) break;
    }
    if (left != 0) damaged(path, "its Zstandard data end early");
    return text;
}

}  // namespace

std::string read_text(const std::string& path) {
    std::string bytes = read_bytes(path);
    const auto refuse = [&](const char* kind, const char* command) {
        throw InputError("'" + path + "' is packed by " + kind, "gzip and Zstandard are what this program unpacks",
                         std::string("unpack it first: ") + command);
    };
    if (bytes.starts_with("\x1f\x8b")) return gunzip(path, bytes);
    if (bytes.starts_with("\x28\xb5\x2f\xfd")) return unzstd(path, bytes);
    if (bytes.starts_with("BZh")) refuse("bzip2", "bunzip2");
    if (bytes.starts_with(std::string_view("\xfd"
                                           "7zXZ\0",
                                           6)))
        refuse("xz", "xz -d");
    return bytes;
}

}  // namespace mg
