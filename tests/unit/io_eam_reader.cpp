#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <sstream>

#include "core/error.hpp"
#include "io/eam_reader.hpp"
#include "support/paths.hpp"

using namespace mg;

namespace {

constexpr int nrho = 40, nr = 60;
constexpr double drho = 0.5, dr = 0.1, cutoff = 5.9;

/// Smooth at the cutoff, and different for each weight.
double density(int source, int center, double r) { return (1 + 2 * source + 5 * center) * std::pow(1 - r / cutoff, 3); }
double pair_rphi(int a, int b, double r) {
    return r * (1 + a + b + 3.0 * a * b) * std::pow(1 - r / cutoff, 3) * (2.5 - r);
}
double embedding(int s, double rho) { return -(1 + s) * std::sqrt(rho); }

std::string header(const std::vector<std::string>& names) {
    std::ostringstream text;
    text << "comment one\ncomment two\ncomment three\n" << names.size();
    for (const std::string& name : names) text << ' ' << name;
    text << '\n' << nrho << ' ' << drho << ' ' << nr << ' ' << dr << ' ' << cutoff << '\n';
    return text.str();
}

void table(std::ostream& out, int n, const std::function<double(int)>& f) {
    out.precision(17);
    for (int k = 0; k < n; ++k) out << f(k) << (k % 5 == 4 || k + 1 == n ? '\n' : ' ');
}

struct Options {
    bool fs = true;
    std::vector<std::string> names = {"Ni", "Al"};
    std::vector<int> numbers = {28, 13};
    std::vector<double> masses = {58.7, 26.98};
};

std::string setfl(const Options& o) {
    std::ostringstream text;
    text << header(o.names);
    const int n = static_cast<int>(o.names.size());
    for (int s = 0; s < n; ++s) {
        text << o.numbers[s] << ' ' << o.masses[s] << " 3.52 fcc\n";
        table(text, nrho, [&](int k) { return embedding(s, k * drho); });
        for (int c = 0; c < (o.fs ? n : 1); ++c) table(text, nr, [&](int k) { return density(s, c, k * dr); });
    }
    for (int a = 0; a < n; ++a)
        for (int b = 0; b <= a; ++b) table(text, nr, [&](int k) { return pair_rphi(a, b, k * dr); });
    return text.str();
}

std::string funcfl(const std::string& comment, double last_charge = 0) {
    std::ostringstream text;
    text << comment << "\n 29 63.55 3.615 FCC\n"
         << nrho << ' ' << drho << ' ' << nr << ' ' << dr << ' ' << cutoff << '\n';
    table(text, nrho, [&](int k) { return embedding(0, k * drho); });
    table(text, nr, [&](int k) { return 3 * std::pow(1 - k * dr / cutoff, 2) + last_charge; });
    table(text, nr, [&](int k) { return density(0, 0, k * dr); });
    return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

/// Expects an InputError whose text has all `parts`.
void expect_error(const std::string& path, const std::vector<std::string>& parts,
                  const std::vector<std::string>& elements = {}) {
    try {
        io::read_potential(path, elements);
        FAIL() << path << " was read";
    } catch (const InputError& error) {
        for (const std::string& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

}  // namespace

TEST(EamReader, AsymmetricFinnisSinclairKeepsSourceAndCenterApart) {
    TemporaryDirectory directory;
    const EamPotential p = io::read_potential(directory.write("x.eam.fs", setfl({})));
    EXPECT_EQ(p.format, "eam/fs");
    ASSERT_EQ(p.species(), 2);
    EXPECT_EQ(p.nrho, nrho);
    EXPECT_EQ(p.nr, nr);
    EXPECT_EQ(p.cutoff, cutoff);
    EXPECT_EQ(p.masses[1], 26.98);
    EXPECT_EQ(p.lattices[0], "fcc");
    EXPECT_EQ(p.comment, "comment one\ncomment two\ncomment three");
    EXPECT_EQ(p.sha256.size(), 64u);
    for (int k : {0, 7, 31, nr - 1}) {
        for (int source = 0; source < 2; ++source) {
            EXPECT_EQ(p.embedding[source][std::min(k, nrho - 1)], embedding(source, std::min(k, nrho - 1) * drho));
            for (int center = 0; center < 2; ++center) {
                EXPECT_EQ(p.density[source * 2 + center][k], density(source, center, k * dr));
                EXPECT_EQ(p.pair[source * 2 + center][k], pair_rphi(source, center, k * dr));
            }
        }
    }
}

TEST(EamReader, AlloyDensityDependsOnTheSourceAlone) {
    TemporaryDirectory directory;
    Options options;
    options.fs = false;
    // The name's end is wrong on purpose: the counts decide.
    const EamPotential p = io::read_potential(directory.write("x.eam.fs", setfl(options)));
    EXPECT_EQ(p.format, "eam/alloy");
    for (int source = 0; source < 2; ++source)
        for (int center = 0; center < 2; ++center)
            EXPECT_EQ(p.density[source * 2 + center][9], density(source, 0, 9 * dr));
}

TEST(EamReader, OneElementGoesByTheName) {
    TemporaryDirectory directory;
    const Options one{true, {"Ni"}, {28}, {58.7}};
    EXPECT_EQ(io::read_potential(directory.write("x.eam.fs", setfl(one))).format, "eam/fs");
    EXPECT_EQ(io::read_potential(directory.write("x.eam.alloy", setfl(one))).format, "eam/alloy");
}

TEST(EamReader, FuncflPairIsTheProductOfCharges) {
    TemporaryDirectory directory;
    for (const char* comment : {"Cu functions (universal 3)", "DATE: 2007-06-11 UNITS: metal"}) {
        const EamPotential p = io::read_potential(directory.write("x.eam", funcfl(comment)));
        EXPECT_EQ(p.format, "eam");
        EXPECT_EQ(p.elements, std::vector<std::string>{"Cu"});
        const double charge = 3 * std::pow(1 - 12 * dr / cutoff, 2);
        EXPECT_NEAR(p.pair[0][12], 27.2 * 0.529 * charge * charge, 1e-13);
        EXPECT_EQ(p.density[0][12], density(0, 0, 12 * dr));
        EXPECT_EQ(p.embedding[0][5], embedding(0, 5 * drho));
    }
    const std::string path = directory.write("y.eam", funcfl("a model of Xx"));
    EXPECT_EQ(io::read_potential(path, {"Xx"}).elements[0], "Xx");
    EXPECT_EQ(io::read_potential(path, {"Cu"}).elements[0], "Cu");
    expect_error(path, {"'Zr'", "Cu"}, {"Zr"});
}

TEST(EamReader, ElementsRestrictAndOrder) {
    TemporaryDirectory directory;
    const std::string path =
        directory.write("x.eam.fs", setfl({true, {"Ni", "Al", "H"}, {28, 13, 1}, {58.7, 26.98, 1.008}}));
    const EamPotential p = io::read_potential(path, {"H", "Ni"});
    ASSERT_EQ(p.elements, (std::vector<std::string>{"H", "Ni"}));
    EXPECT_EQ(p.masses[0], 1.008);
    EXPECT_EQ(p.density[0 * 2 + 1][4], density(2, 0, 4 * dr));
    EXPECT_EQ(p.density[1 * 2 + 0][4], density(0, 2, 4 * dr));
    EXPECT_EQ(p.pair[0 * 2 + 1][4], pair_rphi(2, 0, 4 * dr));
    EXPECT_EQ(p.embedding[0][4], embedding(2, 4 * drho));
    expect_error(path, {"'Zr'", "Ni, Al, H"}, {"Ni", "Zr"});
    expect_error(path, {"'Ni'", "twice"}, {"Ni", "Ni"});
}

TEST(EamReader, FortranExponentsAndSentinelsAreNumbers) {
    TemporaryDirectory directory;
    std::string text = replaced(setfl({}), "58.7", "0.587D+02");
    EXPECT_EQ(io::read_potential(directory.write("x.eam.fs", text)).masses[0], 58.7);
}

TEST(EamReader, TruncatedFilesSayHowManyNumbersAreMissing) {
    TemporaryDirectory directory;
    const std::string text = setfl({});
    const auto without_last = [](std::string cut, int n) {
        while (n-- > 0) {
            cut.erase(cut.find_last_not_of(" \n") + 1);
            cut.erase(cut.find_last_of(" \n") + 1);
        }
        return cut;
    };
    const auto without_last_numbers = [&](int n) { return without_last(text, n); };
    expect_error(directory.write("x.eam.fs", without_last_numbers(1)), {"x.eam.fs:", "1 number missing", "Al"});
    expect_error(directory.write("x.eam.fs", without_last_numbers(17)), {"17 numbers missing"});
    // Within the first section, so that the second one is missing.
    expect_error(directory.write("x.eam.fs", without_last_numbers(3 * nr + nrho + 2 * nr + 4 + 30)), {"missing", "Ni"});
    expect_error(directory.write("x.eam.fs", text + "0.0\n"), {"1 number too many"});
    expect_error(directory.write("x.eam", without_last(funcfl("Cu"), 3)), {"3 numbers missing", "Cu"});
    // Every prefix of the file is refused, and none crashes.
    for (std::size_t length = 0; length + 30 < text.size(); length += 97)
        EXPECT_THROW(io::read_potential(directory.write("p.eam.fs", text.substr(0, length))), InputError) << length;
}

TEST(EamReader, GarbageIsLocated) {
    TemporaryDirectory directory;
    const std::string text = setfl({});
    // Line 7 is the first of the first embedding function.
    std::string line7 = text;
    std::size_t at = 0;
    for (int k = 0; k < 6; ++k) at = line7.find('\n', at) + 1;
    line7.replace(at, 1, "x");
    expect_error(directory.write("x.eam.fs", line7), {"x.eam.fs:7:", "is no number"});
    line7.replace(at, 1, "nan ");
    expect_error(directory.write("x.eam.fs", line7), {"x.eam.fs:7:", "not finite"});
    expect_error(directory.write("x.eam", funcfl("Cu", 1e160)), {"x.eam: a pair function overflows"});
    expect_error(directory.write("x.eam", replaced(funcfl("Cu"), " 29 63.55", " 29 1e-3")),
                 {"x.eam:2:", "the mass is that of no atom"});
    expect_error(directory.write("x.eam.fs", "hello\n"), {"ends early"});
    expect_error(directory.write("x.eam.fs", "a\nb\nc\nd\ne\n"), {":4:", "no table"});
    expect_error(directory.write("x.eam.fs", std::string("a\0b", 3)), {"binary"});
    expect_error(directory / "absent", {"absent", "No such file"});
    expect_error(directory.path(), {"not a file"});
}

TEST(EamReader, ImpossibleHeadersAreRefused) {
    TemporaryDirectory directory;
    const std::string grid = "40 0.5 60 0.1 5.9";
    const std::string text = setfl({});
    const auto with = [&](const std::string& g) { return directory.write("x.eam.fs", replaced(text, grid, g)); };
    expect_error(with("4 0.5 60 0.1 5.9"), {":5:", "nrho is too small"});
    expect_error(with("40 0.5 3 0.1 5.9"), {":5:", "nr is too small"});
    expect_error(with("40 0 60 0.1 5.9"), {":5:", "drho is not positive"});
    expect_error(with("40 0.5 60 -0.1 5.9"), {":5:", "dr is not positive"});
    expect_error(with("40 0.5 60 0.1 0"), {":5:", "cutoff is not positive"});
    expect_error(with("40 0.5 60 0.1 6.1"), {":5:", "beyond the table"});
    expect_error(with("40 0.5 99999999999 0.1 5.9"), {":5:", "no count"});
    expect_error(with("41 0.5 60 0.1 5.9"), {"1 number missing"});
    expect_error(directory.write("x.eam.fs", replaced(text, "58.7", "-58.7")), {":6:", "mass is not positive"});
    expect_error(directory.write("x.eam.fs", replaced(text, "2 Ni Al", "2 Ni Ni")), {":4:", "twice"});
}

TEST(EamReader, ExchangedAndShiftedTablesAreRefused) {
    TemporaryDirectory directory;
    // Spacings exchanged: the cutoff then lies in the middle of the functions.
    expect_error(directory.write("x.eam.fs", replaced(setfl({}), "40 0.5 60 0.1 5.9", "40 0.1 60 0.5 5.9")),
                 {"does not end smoothly"});
    // Sections in another order than the names.
    Options exchanged;
    exchanged.numbers = {13, 28};
    expect_error(directory.write("x.eam.fs", setfl(exchanged)), {"Ni and Al are exchanged"});
    // Counts exchanged between the two grids.
    expect_error(directory.write("x.eam.fs", replaced(setfl({}), "40 0.5 60 0.1 5.9", "60 0.5 40 0.15 5.9")),
                 {"number"});
    // The embedding function where the density should be: negative, and not zero at the cutoff.
    std::ostringstream text;
    text << header({"Ni"}) << "28 58.7 3.52 fcc\n";
    table(text, nrho, [&](int k) { return density(0, 0, k * dr); });
    table(text, nr, [&](int k) { return embedding(0, k * drho); });
    table(text, nr, [&](int k) { return pair_rphi(0, 0, k * dr); });
    expect_error(directory.write("x.eam.fs", text.str()), {"the density of Ni", "does not end smoothly"});
    // One number lost in one place and one gained in another: the counts agree, the functions do not end.
    expect_error(directory.write("y.eam", funcfl("Cu", 2.0)), {"pair function of Cu-Cu", "does not end smoothly"});
}

TEST(EamReader, NegativeDensityIsRefused) {
    TemporaryDirectory directory;
    std::ostringstream text;
    text << header({"Ni"}) << "28 58.7 3.52 fcc\n";
    table(text, nrho, [&](int k) { return embedding(0, k * drho); });
    table(text, nr, [&](int k) { return -density(0, 0, k * dr); });
    table(text, nr, [&](int k) { return pair_rphi(0, 0, k * dr); });
    expect_error(directory.write("x.eam.fs", text.str()), {"the density of Ni", "negative over a wide range"});
}

TEST(EamReader, CopperZirconium) {
    const std::string path = source_path("jobs/potentials/Cu-Zr_2.eam.fs");
    const EamPotential p = io::read_potential(path);
    EXPECT_EQ(p.sha256, "7871ba1196a490973d8eb941aefba250a3b9db5b772628157fd937a9a5f9ba39");
    EXPECT_EQ(p.format, "eam/fs");
    EXPECT_EQ(p.elements, (std::vector<std::string>{"Cu", "Zr"}));
    EXPECT_EQ(p.nr, 10000);
    EXPECT_EQ(p.nrho, 10000);
    EXPECT_EQ(p.cutoff, 7.6);
    EXPECT_EQ(p.embedding[0][1], -0.1395768444);
    EXPECT_EQ(p.masses[1], 91.224);
    const EamPotential zr = io::read_potential(path, {"Zr"});
    EXPECT_EQ(zr.density[0], p.density[3]);
    EXPECT_EQ(zr.pair[0], p.pair[3]);
}

TEST(EamReader, PublishedAsymmetricTable) {
    const std::string path = "/usr/share/lammps/potentials/NiAlH_jea.eam.fs";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not installed";
    const EamPotential p = io::read_potential(path);
    EXPECT_EQ(p.format, "eam/fs");
    EXPECT_EQ(p.elements, (std::vector<std::string>{"Ni", "Al", "H"}));
    // Read by hand from the file: the second block of the first section is Ni as a source, Al as a centre.
    std::ifstream stream(path);
    std::string line, word;
    for (int k = 0; k < 5; ++k) std::getline(stream, line);
    for (int k = 0; k < 4; ++k) stream >> word;
    std::vector<double> numbers(1000 + 3 * 1000);
    for (double& number : numbers) stream >> number;
    EXPECT_EQ(p.density[0 * 3 + 1][200], numbers[1000 + 1000 + 200]);
    EXPECT_EQ(p.density[0 * 3 + 2][200], numbers[1000 + 2000 + 200]);
    EXPECT_NE(p.density[0 * 3 + 2], p.density[2 * 3 + 0]);
}
