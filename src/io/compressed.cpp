#include "io/compressed.hpp"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <memory>
#include <new>

#include "core/error.hpp"
#include "io/text.hpp"

namespace mg::io {
namespace {

constexpr std::size_t piece = std::size_t{1} << 20;    // [bytes] of text at a time
constexpr std::size_t portion = std::size_t{1} << 30;  // [bytes] of a file at a time: zlib counts with 32 bits

/// A packed file, and the text that it has given so far.
class Unpacking {
public:
    Unpacking(const std::string& path, const std::string& packed, const char* kind, const char* command,
              const UnpackLimits& limits)
        : path_(path),
          packed_(packed),
          kind_(kind),
          command_(command),
          limit_(std::min(limits.largest, std::max(limits.free, limits.ratio * packed.size()))),
          out_(new char[piece]) {}

    [[noreturn]] void damaged(std::size_t byte, const std::string& why) const {
        throw InputError(
            "'" + path_ + "' is damaged at byte " + std::to_string(byte) + " of " + std::to_string(packed_.size()),
            std::string(kind_) + ": " + why, "get the file anew");
    }
    [[noreturn]] void cut_short() const {
        throw InputError("'" + path_ + "' ends early, at byte " + std::to_string(packed_.size()),
                         std::string("its ") + kind_ + " data go on", "get the complete file");
    }
    [[noreturn]] void unpack_yourself(const std::string& problem, const std::string& why) const {
        throw InputError("'" + path_ + "' " + problem, why,
                         std::string("if that is meant, unpack it first: ") + command_ + " " + path_);
    }

    char* out() { return out_.get(); }
    /// Takes the first `count` bytes of out().
    void take(std::size_t count) {
        if (count > limit_ - text_.size())
            unpack_yourself("is too large", "its " + std::to_string(packed_.size()) + " bytes unpack to more than " +
                                                std::to_string(limit_));
        text_.append(out_.get(), count);
    }
    std::string text() { return std::move(text_); }

private:
    const std::string& path_;
    const std::string& packed_;
    const char *kind_, *command_;
    std::size_t limit_;
    std::unique_ptr<char[]> out_;
    std::string text_;
};

std::string gunzip(const std::string& path, const std::string& packed, const UnpackLimits& limits) {
    Unpacking to(path, packed, "gzip", "gunzip", limits);
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: gzip's header and checksum
    const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
    std::size_t given = 0;
    while (true) {
        if (stream.avail_in == 0) {
            const std::size_t now = std::min(packed.size() - given, portion);
            stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data() + given));
            stream.avail_in = static_cast<uInt>(now);
            given += now;
        }
        stream.next_out = reinterpret_cast<Bytef*>(to.out());
        stream.avail_out = static_cast<uInt>(piece);
        const int state = inflate(&stream, Z_NO_FLUSH);
        const std::size_t at = given - stream.avail_in;
        if (state == Z_MEM_ERROR) throw std::bad_alloc();
        // With nothing left to give, no progress means that more was to come.
        if (state == Z_BUF_ERROR && at == packed.size()) to.cut_short();
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            to.damaged(at, stream.msg ? stream.msg : "its data are not gzip's");
        to.take(piece - stream.avail_out);
        if (state != Z_STREAM_END) continue;
        // The end, behind which some programs pad files with zeros; or one more member.
        if (packed.find_first_not_of('\0', at) == std::string::npos) return to.text();
        inflateReset(&stream);
    }
}

std::string unzstd(const std::string& path, const std::string& packed, const UnpackLimits& limits) {
    Unpacking to(path, packed, "Zstandard", "zstd -d --long=31", limits);
    const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
    if (!stream) throw std::bad_alloc();
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    while (true) {
        ZSTD_outBuffer out{to.out(), piece, 0};
        const std::size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left)) {
            const ZSTD_ErrorCode code = ZSTD_getErrorCode(left);
            if (code == ZSTD_error_memory_allocation) throw std::bad_alloc();
            if (code == ZSTD_error_frameParameter_windowTooLarge)
                to.unpack_yourself("was packed with a window above 128 MiB", "that much memory is not asked for");
            to.damaged(in.pos, ZSTD_getErrorName(left));
        }
        to.take(out.pos);
        // With nothing left to give, text comes out as long as pieces are full.
        if (in.pos < in.size || (left != 0 && out.pos == out.size)) continue;
        if (left != 0) to.cut_short();
        return to.text();
    }
}

enum class Packing { none, gzip, zstandard, other };

struct Known {
    std::string_view magic;  // its zeros count, so the length is the literal's
    Packing packing;
    const char *name, *command;
};

/// What the first bytes say.
Known packing_of(std::string_view bytes) {
    using namespace std::string_view_literals;
    static constexpr Known known[] = {
        {"\x1f\x8b"sv, Packing::gzip, "gzip", "gunzip"},
        {"\x28\xb5\x2f\xfd"sv, Packing::zstandard, "Zstandard", "zstd -d"},
        {"BZh"sv, Packing::other, "bzip2", "bunzip2"},
        {"\xfd\x37zXZ\0"sv, Packing::other, "xz", "xz -d"},
        {"\x04\x22\x4d\x18"sv, Packing::other, "lz4", "lz4 -d"},
        {"\x1f\x9d"sv, Packing::other, "compress", "uncompress"},
        {"PK\x03\x04"sv, Packing::other, "zip", "unzip"},
    };
    for (const Known& k : known)
        if (bytes.starts_with(k.magic) &&
            (k.magic != "BZh" || (bytes.size() > 3 && bytes[3] >= '1' && bytes[3] <= '9')))
            return k;
    // Frames that say nothing, with which pzstd begins: 0x184D2A5?, low byte first.
    if (bytes.size() >= 4 && (static_cast<unsigned char>(bytes[0]) & 0xf0) == 0x50 &&
        bytes.substr(1, 3) == "\x2a\x4d\x18")
        return known[1];
    return {{}, Packing::none, "", ""};
}

}  // namespace

std::string read_text(const std::string& path, const UnpackLimits& limits) {
    try {
        std::string bytes = read_bytes(path);
        const Known first = packing_of(bytes);
        if (first.packing == Packing::none) return bytes;
        if (first.packing == Packing::other)
            throw InputError("'" + path + "' is packed by " + first.name, "this program unpacks gzip and Zstandard",
                             std::string("unpack it first: ") + first.command + " " + path);
        std::string text = first.packing == Packing::gzip ? gunzip(path, bytes, limits) : unzstd(path, bytes, limits);
        if (const Known second = packing_of(text); second.packing != Packing::none)
            throw InputError("'" + path + "' is packed twice",
                             std::string("by ") + first.name + ", and within by " + second.name,
                             std::string("unpack it first: ") + first.command + " " + path);
        return text;
    } catch (const std::bad_alloc&) {
        throw InputError("'" + path + "' cannot be read", "it does not fit into memory", "give a smaller file");
    }
}

std::string_view unpacked_name(std::string_view path) {
    for (const std::string_view end : {".gz", ".zst"})
        if (path.ends_with(end)) return path.substr(0, path.size() - end.size());
    return path;
}

}  // namespace mg::io
