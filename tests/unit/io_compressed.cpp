// Packed texts: whole, in several parts, cut short, damaged, and of kinds that are refused.
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

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
        EXPECT_EQ(mg::read_text(folder.write(text)), text);
        EXPECT_EQ(mg::read_text(folder.write(zipped(text))), text) << size;
        EXPECT_EQ(mg::read_text(folder.write(zstandard(text))), text) << size;
        EXPECT_EQ(mg::read_text(folder.write(zipped(text) + zipped("more\n"))), text + "more\n");
        EXPECT_EQ(mg::read_text(folder.write(zstandard(text) + zstandard("more\n"))), text + "more\n");
    }
    EXPECT_EQ(mg::read_text(folder.write(zipped("a\n") + std::string(512, '\0'))), "a\n");  // padded
    EXPECT_EQ(mg::read_text(folder.write("")), "");
    EXPECT_EQ(mg::read_text(folder.write(zipped(""))), "");
}

TEST(Compressed, DamageIsFound) {
    const Folder folder;
    const std::string text = lines(20000);
    for (const std::string& packed : {zipped(text), zstandard(text)}) {
        for (std::size_t cut = 4; cut < packed.size(); cut += packed.size() / 50)
            EXPECT_THROW(mg::read_text(folder.write(packed.substr(0, cut))), mg::InputError) << cut;
        EXPECT_THROW(mg::read_text(folder.write(packed.substr(0, packed.size() - 1))), mg::InputError);
        EXPECT_THROW(mg::read_text(folder.write(packed + "garbage")), mg::InputError);
    }
    // gzip has a checksum: no byte of its data may change unseen.
    std::string wrong = zipped(text);
    for (std::size_t at = 12; at < wrong.size(); at += wrong.size() / 40) {
        wrong[at] ^= 0x20;
        try {
            EXPECT_EQ(mg::read_text(folder.write(wrong)), text) << "unseen damage at byte " << at;
        } catch (const mg::InputError&) {
        }
        wrong[at] ^= 0x20;
    }
}

TEST(Compressed, OtherKindsAreNamed) {
    const Folder folder;
    const auto expect = [&](const std::string& bytes, const std::string& command) {
        try {
            mg::read_text(folder.write(bytes));
            ADD_FAILURE() << "not refused";
        } catch (const mg::InputError& e) {
            EXPECT_NE(std::string(e.what()).find(command), std::string::npos) << e.what();
        }
    };
    expect("BZh91AY&SY", "bunzip2");
    expect(std::string("\xfd"
                       "7zXZ\0\0",
                       7),
           "xz -d");
}

}  // namespace
