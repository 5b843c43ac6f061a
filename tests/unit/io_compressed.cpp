// Packed texts: whole, in several parts, cut short, damaged, and of kinds that are refused.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "io/compressed.hpp"

namespace {

struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("mg_compressed_" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string write(const std::string& bytes) const {
        const std::string file = (path / "x.data").string();
        std::ofstream(file, std::ios::binary) << bytes;
        return file;
    }
};

/// Lines of numbers, about `size` bytes.
std::string lines(std::size_t size) {
    std::string text;
    for (int k = 0; text.size() < size; ++k)
        text += std::to_string(k) + " " + std::to_string(k * 2654435761u % 1000003) + "\n";
    return text;
}

std::string zipped(const std::string& text) {
    z_stream stream{};
    EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(deflateBound(&stream, text.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

std::string zstandard(const std::string& text) {
    std::string out(ZSTD_compressBound(text.size()), '\0');
    const std::size_t size = ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3);
    EXPECT_FALSE(ZSTD_isError(size));
    out.resize(size);
    return out;
}

TEST(Compressed, ComesBackWhole) {
    const Folder folder;
    // Below, at and above the pieces in which it is unpacked.
    for (const std::size_t size : {std::size_t{1}, std::size_t{1000}, std::size_t{1} << 20, std::size_t{5} << 20}) {
        std::string text = lines(size);
        if (size == std::size_t{1} << 20) text.resize(size);
        EXPECT_EQ(mg::io::read_text(folder.write(text)), text);
        EXPECT_EQ(mg::io::read_text(folder.write(zipped(text))), text) << size;
        EXPECT_EQ(mg::io::read_text(folder.write(zstandard(text))), text) << size;
        EXPECT_EQ(mg::io::read_text(folder.write(zipped(text) + zipped("more\n"))), text + "more\n");
        EXPECT_EQ(mg::io::read_text(folder.write(zstandard(text) + zstandard("more\n"))), text + "more\n");
    }
    EXPECT_EQ(mg::io::read_text(folder.write(zipped("a\n") + std::string(512, '\0'))), "a\n");  // padded
    EXPECT_EQ(mg::io::read_text(folder.write("")), "");
    EXPECT_EQ(mg::io::read_text(folder.write(zipped(""))), "");
}

TEST(Compressed, DamageIsFound) {
    const Folder folder;
    const std::string text = lines(20000);
    for (const std::string& packed : {zipped(text), zstandard(text)}) {
        for (std::size_t cut = 4; cut < packed.size(); cut += packed.size() / 50)
            EXPECT_THROW(mg::io::read_text(folder.write(packed.substr(0, cut))), mg::InputError) << cut;
        EXPECT_THROW(mg::io::read_text(folder.write(packed.substr(0, packed.size() - 1))), mg::InputError);
        EXPECT_THROW(mg::io::read_text(folder.write(packed + "garbage")), mg::InputError);
    }
    // gzip has a checksum: no byte of its data may change unseen.
    std::string wrong = zipped(text);
    for (std::size_t at = 12; at < wrong.size(); at += wrong.size() / 40) {
        wrong[at] ^= 0x20;
        try {
            EXPECT_EQ(mg::io::read_text(folder.write(wrong)), text) << "unseen damage at byte " << at;
        } catch (const mg::InputError&) {
        }
        wrong[at] ^= 0x20;
    }
}

void expect_error(const std::string& file, const std::vector<std::string>& parts,
                  const mg::io::UnpackLimits& limits = {}) {
    try {
        mg::io::read_text(file, limits);
        ADD_FAILURE() << "not refused; expected: " << parts[0];
    } catch (const mg::InputError& e) {
        for (const std::string& part : parts)
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
}

TEST(Compressed, DamageIsLocated) {
    const Folder folder;
    const std::string text = lines(20000), gzip = zipped(text), zstd = zstandard(text);
    const std::string half = std::to_string(gzip.size() / 2);
    expect_error(folder.write(gzip.substr(0, gzip.size() / 2)), {"x.data' ends early, at byte " + half, "gzip"});
    expect_error(folder.write(zstd.substr(0, zstd.size() - 1)),
                 {"ends early, at byte " + std::to_string(zstd.size() - 1), "Zstandard"});
    std::string wrong = gzip;
    wrong[wrong.size() - 6] ^= 1;  // of the checksum
    expect_error(folder.write(wrong), {"is damaged at byte ", " of " + std::to_string(gzip.size()), "data check"});
    expect_error(folder.write(gzip + "garbage"), {"is damaged at byte "});
    expect_error(folder.write(zstd + "garbage"), {"is damaged at byte " + std::to_string(zstd.size())});
}

TEST(Compressed, BombsAreNotUnpacked) {
    const Folder folder;
    const std::string zeros(2 << 20, '0'), table = lines(2 << 20);
    mg::io::UnpackLimits limits;
    limits.free = 1 << 20;
    for (const auto& pack : {zipped, zstandard}) {
        expect_error(folder.write(pack(zeros)), {"is too large", "unpack to more than 1048576", "unpack it first: "},
                     limits);
        // What packs as tables of atoms do is none, nor what is small.
        EXPECT_EQ(mg::io::read_text(folder.write(pack(table)), limits), table);
        EXPECT_EQ(mg::io::read_text(folder.write(pack(zeros.substr(0, 1 << 20))), limits).size(), std::size_t{1} << 20);
        mg::io::UnpackLimits small;
        small.largest = table.size() - 1;
        expect_error(folder.write(pack(table)), {"is too large"}, small);
    }
    EXPECT_EQ(mg::io::read_text(folder.write(table), limits), table);
}

TEST(Compressed, RarerFrames) {
    const Folder folder;
    // pzstd begins with a frame that says nothing: magic, four bytes of length, content.
    const std::string text = lines(1000), skippable("\x50\x2a\x4d\x18\x04\0\0\0\x10\0\0\0", 12);
    EXPECT_EQ(mg::io::read_text(folder.write(skippable + zstandard(text))), text);
    // A window that would take 1 GiB to unpack.
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 30);
    std::string out(ZSTD_compressBound(text.size()), '\0');
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    ZSTD_compressStream2(context, &to, &in, ZSTD_e_flush);  // before the end is known, so that the window is kept
    while (ZSTD_compressStream2(context, &to, &in, ZSTD_e_end) != 0) {
    }
    ZSTD_freeCCtx(context);
    expect_error(folder.write(out.substr(0, to.pos)), {"a window above 128 MiB", "zstd -d --long=31"});
    expect_error(folder.write(zipped(zstandard(text))), {"is packed twice", "gunzip"});
    EXPECT_EQ(mg::io::unpacked_name("a.xyz.gz"), "a.xyz");
    EXPECT_EQ(mg::io::unpacked_name("b.dump.zst"), "b.dump");
    EXPECT_EQ(mg::io::unpacked_name("c.xz"), "c.xz");
}

TEST(Compressed, OtherKindsAreNamed) {
    const Folder folder;
    const auto expect = [&](const std::string& bytes, const std::string& command) {
        const std::string file = folder.write(bytes);
        expect_error(file, {"is packed by ", "unpack it first: " + command + " " + file});
    };
    expect("BZh91AY&SY", "bunzip2");
    expect(std::string("\xfd"
                       "7zXZ\0\0",
                       7),
           "xz -d");
    expect(std::string("PK\x03\x04\x14\0", 6), "unzip");
    expect("\x1f\x9d\x90", "uncompress");
    // No packed file, but a comment.
    EXPECT_EQ(mg::io::read_text(folder.write("BZhang's glass\n")), "BZhang's glass\n");
}

}  // namespace
