/// \file Checkpoints: damaged ones are noticed, generations, failing writes; stops.

#include "study/checkpoint.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "core/error.hpp"
#include "study/stop.hpp"
#include "support/oracle.hpp"
#include "support/paths.hpp"

namespace mg {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}
void write_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// A checkpoint that holds this number and some more.
void write_number(const study::CheckpointFile& file, double number) {
    file.write([&](io::H5File& f) {
        study::QuenchProgress p;
        p.place = {true, 1, static_cast<long>(number)};
        p.history.rows = {std::vector<Thermo>(20)};
        p.history.rows[0][3].potential = number;
        p.glass.position = {{1, 2, number}};
        p.glass.energy = {number};
        p.relaxed.box = {orthorhombic(1, 2, number)};
        study::put(f, p);
    });
}
/// The number of the newest whole checkpoint, or -1; `warnings` counts what was told.
double read_number(const study::CheckpointFile& file, int* warnings = nullptr) {
    double number = -1;
    file.read(
        [&](const io::H5File& f) {
            const study::QuenchProgress p = study::get_quench_progress(f);
            number = p.history.rows.at(0).at(3).potential;
            EXPECT_EQ(p.place.step, static_cast<long>(number));
            EXPECT_EQ(p.glass.position.at(0).z, number);
            EXPECT_EQ(p.glass.energy, std::vector<double>{number});
            EXPECT_TRUE(p.glass.velocity.empty() && p.relaxed.position.empty());
            EXPECT_EQ(p.relaxed.box.at(0).h(2, 2), number);
        },
        [&](const std::string& text) {
            EXPECT_NE(text.find("/unit.h5"), std::string::npos) << text;
            if (warnings) ++*warnings;
        });
    return number;
}

TEST(Checkpoint, TheNewestIsReadAndTheOneBeforeIsKept) {
    const TemporaryDirectory directory;
    const study::CheckpointFile file(directory / "unit.h5");
    EXPECT_EQ(read_number(file), -1);
    for (const double n : {1.0, 2.0, 3.0}) {
        write_number(file, n);
        EXPECT_EQ(read_number(file), n);
    }
    fs::remove(file.path());
    EXPECT_EQ(read_number(file), 2);
    file.remove();
    EXPECT_EQ(read_number(file), -1);
    EXPECT_TRUE(fs::is_empty(directory.path()));
}

/// A crash between the two renames of a write.
TEST(Checkpoint, IsFoundBetweenTheRenames) {
    const TemporaryDirectory directory;
    const study::CheckpointFile file(directory / "unit.h5");
    write_number(file, 1);
    write_number(file, 2);
    fs::rename(file.path(), file.path() + ".next");
    EXPECT_EQ(read_number(file), 2);
}

TEST(Checkpoint, OneByteChangedAnywhereIsNoticed) {
    const TemporaryDirectory directory;
    const study::CheckpointFile file(directory / "unit.h5");
    write_number(file, 1);
    write_number(file, 2);
    const std::string good = bytes_of(file.path());
    oracle::Random random(5);
    const int places = 1000;
    for (int k = 0; k < places; ++k) {
        // The first 512 bytes, which hold the seal, one by one; then anywhere.
        const auto at = k < 512 ? static_cast<std::size_t>(k)
                                : static_cast<std::size_t>(random.between(512, static_cast<double>(good.size())));
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 + static_cast<int>(random.between(0, 255))));
        write_bytes(file.path(), bad);
        int warnings = 0;
        ASSERT_EQ(read_number(file, &warnings), 1) << "byte " << at << " of " << good.size();
        ASSERT_EQ(warnings, 1) << at;
    }
}

TEST(Checkpoint, TruncatedAnywhereIsNoticed) {
    const TemporaryDirectory directory;
    const study::CheckpointFile file(directory / "unit.h5");
    write_number(file, 1);
    write_number(file, 2);
    const std::string good = bytes_of(file.path());
    oracle::Random random(6);
    for (int k = 0; k < 1000; ++k) {
        const auto length = k < 20 ? static_cast<std::size_t>(k)
                                   : static_cast<std::size_t>(random.between(0, static_cast<double>(good.size())));
        write_bytes(file.path(), good.substr(0, length));
        ASSERT_EQ(read_number(file), 1) << length;
    }
    write_bytes(file.path(), good + "x");
    EXPECT_EQ(read_number(file), 1);
    // Both damaged: the work starts again.
    write_bytes(file.path() + ".before", good.substr(0, 100));
    int warnings = 0;
    EXPECT_EQ(read_number(file, &warnings), -1);
    EXPECT_EQ(warnings, 2);
}

/// A write that fails half-way, as on a full disk: the process may write no file longer than this.
TEST(Checkpoint, AWriteThatFailsLeavesTheOldOne) {
    const TemporaryDirectory directory;
    const study::CheckpointFile file(directory / "unit.h5");
    write_number(file, 1);
    write_number(file, 2);
    rlimit old{};
    getrlimit(RLIMIT_FSIZE, &old);
    for (const rlim_t limit : {rlim_t{0}, rlim_t{100}, rlim_t{600}, rlim_t{3000}}) {
        const auto handler = std::signal(SIGXFSZ, SIG_IGN);
        rlimit narrow = old;
        narrow.rlim_cur = limit;
        setrlimit(RLIMIT_FSIZE, &narrow);
        std::string text;
        try {
            write_number(file, 3);
        } catch (const Error& e) {
            text = e.what();
        }
        setrlimit(RLIMIT_FSIZE, &old);
        std::signal(SIGXFSZ, handler);
        EXPECT_NE(text.find("unit.h5"), std::string::npos) << limit << ": " << text;
        EXPECT_EQ(read_number(file), 2) << limit;
    }
    write_number(file, 4);
    EXPECT_EQ(read_number(file), 4);
}

TEST(Checkpoint, APlaceThatIsNoDirectoryIsNamed) {
    const TemporaryDirectory directory;
    directory.write("file", "");
    const study::CheckpointFile file(directory / "file/unit.h5");
    try {
        write_number(file, 1);
        FAIL();
    } catch (const Error& e) {
        EXPECT_NE(std::string(e.what()).find("file/unit.h5"), std::string::npos) << e.what();
    }
}

TEST(Stop, WallTimesOfEveryForm) {
    EXPECT_EQ(study::wall_seconds("90"), 90);
    EXPECT_EQ(study::wall_seconds("90s"), 90);
    EXPECT_EQ(study::wall_seconds("1.5m"), 90);
    EXPECT_EQ(study::wall_seconds("2h"), 7200);
    EXPECT_EQ(study::wall_seconds("01:30:05"), 5405);
    EXPECT_EQ(study::wall_seconds("02:05"), 125);
    for (const char* bad : {"", "0", "-1", "nan", "x", "5d", "1:2:3:4", "1::2", "1:x", "1e12"})
        EXPECT_THROW(study::wall_seconds(bad), InputError) << bad;
}

TEST(Stop, TheLimitIsSeenAndSpread) {
    SerialComm world;
    study::StopRequest never(world, {});
    EXPECT_FALSE(never.now());
    study::StopRequest soon(world, 1e-9);
    EXPECT_TRUE(soon.now());
    EXPECT_TRUE(never.now());  // it asks the same ranks
    EXPECT_EQ(soon.reason(), "--max-wall");
}

}  // namespace
}  // namespace mg
