#include <gtest/gtest.h>

#include <sys/resource.h>
#include <cmath>
#include <csignal>
#include <functional>

#include "core/error.hpp"
#include "io/atomic_file.hpp"
#include "io/elements.hpp"
#include "io/hdf5.hpp"
#include "io/json.hpp"
#include "io/sha256.hpp"
#include "io/text.hpp"
#include "support/paths.hpp"

using namespace mg;

TEST(Text, Numbers) {
    EXPECT_EQ(io::parse_double("1.5D-3"), 1.5e-3);
    EXPECT_EQ(io::parse_double("+2"), 2.0);
    EXPECT_EQ(io::parse_double("-1E12"), -1e12);
    EXPECT_EQ(io::parse_double("1e-999"), 0.0);
    EXPECT_TRUE(std::isinf(*io::parse_double("1e999")));
    EXPECT_TRUE(std::isnan(*io::parse_double("nan")));
    for (const char* bad : {"", "+", "+-1", "1.0x", "x", "--1", "1 2", "D5", "0x10"})
        EXPECT_FALSE(io::parse_double(bad)) << bad;
    EXPECT_EQ(io::parse_integer("+12"), 12);
    for (const char* bad : {"", "1.5", "99999999999999999999", "a"}) EXPECT_FALSE(io::parse_integer(bad)) << bad;
}

TEST(Text, LinesKeepTheirNumbers) {
    io::LineReader lines("a\r\n\nb");
    std::string_view line;
    ASSERT_TRUE(lines.next(line));
    EXPECT_EQ(line, "a");
    ASSERT_TRUE(lines.next(line));
    EXPECT_EQ(line, "");
    ASSERT_TRUE(lines.next(line));
    EXPECT_EQ(line, "b");
    EXPECT_EQ(lines.number(), 3);
    EXPECT_FALSE(lines.next(line));
}

TEST(Elements, Table) {
    ASSERT_NE(io::find_element("Zr"), nullptr);
    EXPECT_EQ(io::find_element("Zr")->mass, 91.224);
    EXPECT_EQ(io::atomic_number(*io::find_element("Cu")), 29);
    EXPECT_EQ(io::atomic_number(*io::find_element("U")), 92);
    EXPECT_EQ(io::find_element("Xx"), nullptr);
}

TEST(Sha256, KnownAnswers) {
    // FIPS 180-4 examples.
    EXPECT_EQ(io::sha256_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(io::sha256_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    TemporaryDirectory directory;
    EXPECT_EQ(io::sha256_of_file(directory.write("x", "xyzabc"), 3), io::sha256_of("abc"));
    EXPECT_EQ(io::sha256_of_file(source_path("jobs/potentials/Cu-Zr_2.eam.fs")),
              "7871ba1196a490973d8eb941aefba250a3b9db5b772628157fd937a9a5f9ba39");
    EXPECT_THROW(io::sha256_of_file(directory / "absent"), InputError);
}

TEST(AtomicFile, ReplacesOrLeavesAlone) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.txt";
    io::write_file_atomically(path, "old");
    io::write_file_atomically(path, "new");
    EXPECT_EQ(io::read_bytes(path), "new");
    EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
    try {
        io::write_file_atomically(directory / "absent/x.txt", "text");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("its directory is not there"), std::string::npos) << error.what();
    }
}

TEST(AtomicFile, FailedWriteKeepsTheOldFile) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.txt";
    io::write_file_atomically(path, "old");
    // A limit on file size stands in for a full disk.
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    auto* handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 1000;
    setrlimit(RLIMIT_FSIZE, &small);
    EXPECT_THROW(io::write_file_atomically(path, std::string(5000, 'x')), Error);
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(io::read_bytes(path), "old");
    EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
}

TEST(Json, RoundTrip) {
    TemporaryDirectory directory;
    io::write_json(directory / "x.json", {{"a", 0.1}, {"b", {1, 2, 3}}});
    const nlohmann::json value = io::read_json(directory / "x.json");
    EXPECT_EQ(value["a"], 0.1);
    EXPECT_EQ(value["b"][2], 3);
    EXPECT_THROW(io::read_json(directory.write("bad.json", "{\"a\": ")), InputError);
}

TEST(Hdf5, RoundTrip) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    {
        io::H5File file = io::H5File::create(path);
        EXPECT_FALSE(std::filesystem::exists(path));
        file.write("/a/b/energy", std::vector<double>{1.5, -2, 1.0 / 3}, {}, "eV");
        file.write("/grid", std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3});
        file.write("/a/count", std::vector<int>{-1, 2});
        file.write("/id", std::vector<long>{1L << 40});
        file.write("/state", std::vector<unsigned char>{0, 255});
        file.write("/counter", std::vector<unsigned long>{~0ul});
        file.write("/position", std::vector<Vec3>{{1, 2, 3}, {4, 5, 6}}, "A");
        file.write("/empty", std::vector<double>{});
        file.create_group("/inherent/more");
        file.write_attribute("/", "version", "0.1 \xc3\xa5");
        file.write_attribute("/", "nothing", "");
        file.write_attribute("/id", "names", std::vector<std::string>{"Cu", "Zr", ""});
        file.write_attribute("/a", "seed", 42L);
        file.write_attribute("/a", "seed", 43L);
        file.write_attribute("/a", "dt", 0.002);
        file.write_attribute("/", "long", std::string(100000, 'x'));
        file.write_attribute("/a", "list", std::vector<double>{1, 2});
        file.write_attribute("/a", "counts", std::vector<long>{3, 4});
        file.close();
        file.close();
    }
    EXPECT_FALSE(std::filesystem::exists(path + ".tmp"));
    const io::H5File file = io::H5File::open(path);
    EXPECT_EQ(file.read<double>("/a/b/energy"), (std::vector<double>{1.5, -2, 1.0 / 3}));
    EXPECT_EQ(file.read_string("/a/b/energy", "unit"), "eV");
    EXPECT_EQ(file.dims("/grid"), (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(file.read<double>("/grid")[4], 5.0);  // converted
    EXPECT_EQ(file.read<int>("/a/count"), (std::vector<int>{-1, 2}));
    EXPECT_EQ(file.read<long>("/id")[0], 1L << 40);
    EXPECT_EQ(file.read<unsigned char>("/state")[1], 255);
    EXPECT_EQ(file.read<unsigned long>("/counter")[0], ~0ul);
    EXPECT_EQ(file.dims("/position"), (std::vector<std::size_t>{2, 3}));
    EXPECT_EQ(file.read_vectors("/position")[1].y, 5);
    EXPECT_TRUE(file.read<double>("/empty").empty());
    EXPECT_EQ(file.read_string("/", "version"), "0.1 \xc3\xa5");
    EXPECT_EQ(file.read_string("/", "nothing"), "");
    EXPECT_EQ(file.read_string("/", "long").size(), 100000u);
    EXPECT_EQ(file.read_strings("/id", "names"), (std::vector<std::string>{"Cu", "Zr", ""}));
    EXPECT_EQ(file.read_long("/a", "seed"), 43);
    EXPECT_EQ(file.read_double("/a", "dt"), 0.002);
    EXPECT_EQ(file.read_doubles("/a", "list"), (std::vector<double>{1, 2}));
    EXPECT_EQ(file.read_longs("/a", "counts"), (std::vector<long>{3, 4}));
    EXPECT_TRUE(file.exists("/inherent/more"));
    EXPECT_FALSE(file.exists("/inherent/absent/deep"));
    EXPECT_TRUE(file.has_attribute("/", "version"));
    EXPECT_FALSE(file.has_attribute("/nowhere", "version"));
    EXPECT_EQ(file.children("/a"), (std::vector<std::string>{"b", "count"}));
}

TEST(Hdf5, UncommittedFilesLeaveNothing) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    try {
        io::H5File file = io::H5File::create(path);
        file.write("/a", std::vector<double>{1});
        file.write("/a", std::vector<double>{1});  // the name exists
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("'/a' of '" + path + "'"), std::string::npos) << error.what();
    }
    EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
    io::H5File nowhere = io::H5File::create(directory / "absent/x.h5");
    EXPECT_THROW(nowhere.close(), Error);
}

TEST(Hdf5, FaultsNameFileAndObject) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    {
        io::H5File file = io::H5File::create(path);
        EXPECT_THROW(file.write("/a", std::vector<double>{1, 2, 3}, {2, 2}), Error);
        file.write("/a", std::vector<double>{1, 2, 3});
        file.write_attribute("/", "text", "x");
        file.close();
        EXPECT_THROW(file.write("/b", std::vector<double>{1}), Error);
    }
    const io::H5File file = io::H5File::open(path);
    testing::internal::CaptureStderr();
    for (const auto& f : std::vector<std::function<void()>>{
             [&] { file.read<double>("/absent"); }, [&] { file.read_string("/a", "absent"); },
             [&] { file.read_double("/", "text"); }, [&] { file.read_vectors("/a"); }, [&] { file.dims("/absent"); },
             [&] { file.children("/absent"); }}) {
        try {
            f();
            ADD_FAILURE() << "no exception";
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
        }
    }
    EXPECT_THROW(io::H5File::open(directory / "absent.h5"), InputError);
    EXPECT_THROW(io::H5File::open(directory.write("bad.h5", "not HDF5")), InputError);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Hdf5, SealIsVerified) {
    TemporaryDirectory directory;
    const std::string path = directory / "x.h5";
    {
        io::H5File file = io::H5File::create(path, true);
        file.write("/a", std::vector<double>(100, 1.0));
        file.close();
    }
    EXPECT_EQ(io::H5File::open(path, true).read<double>("/a")[99], 1.0);
    const std::string bytes = io::read_bytes(path);
    EXPECT_NE(bytes.find(io::sha256_of(std::string_view(bytes).substr(512))), std::string::npos);
    std::string flipped = bytes;
    flipped[bytes.size() - 9] ^= 1;
    EXPECT_THROW(io::H5File::open(directory.write("flipped.h5", flipped)), InputError);
    EXPECT_THROW(io::H5File::open(directory.write("short.h5", bytes.substr(0, bytes.size() - 1))), InputError);
    EXPECT_THROW(io::H5File::open(directory.write("head.h5", bytes.substr(0, 300))), InputError);
    {
        io::H5File file = io::H5File::create(directory / "plain.h5");
        file.close();
    }
    EXPECT_NO_THROW(io::H5File::open(directory / "plain.h5"));
    EXPECT_THROW(io::H5File::open(directory / "plain.h5", true), InputError);
}
