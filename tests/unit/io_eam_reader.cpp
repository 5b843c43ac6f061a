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

/// `rest` stands behind the last value.
void table(std::ostream& out, int n, const std::function<double(int)>& f, const std::string& rest = "") {
    out.precision(17);
    for (int k = 0; k < n; ++k) out << f(k) << (k + 1 == n ? rest + '\n' : k % 5 == 4 ? "\n" : " ");
}

struct Options {
    bool fs = true;
    std::vector<std::string> names = {"Ni", "Al"};
    std::vector<int> numbers = {28, 13};
    std::vector<double> masses = {58.7, 26.98};
    std::string lattice = " 3.52 fcc", rest = "";  ///< behind the mass; behind each table
};

std::string setfl(const Options& o) {
    std::ostringstream text;
    text << header(o.names);
    const int n = static_cast<int>(o.names.size());
    for (int s = 0; s < n; ++s) {
        text << o.numbers[s] << ' ' << o.masses[s] << o.lattice << '\n';
        table(
            text, nrho, [&](int k) { return embedding(s, k * drho); }, o.rest);
        for (int c = 0; c < (o.fs ? n : 1); ++c)
            table(
                text, nr, [&](int k) { return density(s, c, k * dr); }, o.rest);
    }
    for (int a = 0; a < n; ++a)
        for (int b = 0; b <= a; ++b)
            table(
                text, nr, [&](int k) { return pair_rphi(a, b, k * dr); }, o.rest);
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

/// The same tables for the same elements.
void expect_same(const EamPotential& p, const EamPotential& q) {
    EXPECT_EQ(p.format, q.format);
    EXPECT_EQ(p.elements, q.elements);
    EXPECT_EQ(p.masses, q.masses);
    EXPECT_EQ(p.embedding, q.embedding);
    EXPECT_EQ(p.density, q.density);
    EXPECT_EQ(p.pair, q.pair);
}

/// The lines of a text, each with its end.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line + "\n");
    return lines;
}
std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line;
    return text;
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
    // A name for each of three types of two elements.
    expect_same(io::read_potential(path, {"Ni", "H", "Ni"}), io::read_potential(path, {"Ni", "H"}));
}

TEST(EamReader, FortranExponentsAndSentinelsAreNumbers) {
    TemporaryDirectory directory;
    std::string text = replaced(setfl({}), "58.7", "0.587D+02");
    text = replaced(text, "\n0 -", "\n0.0D-03 -");
    expect_same(io::read_potential(directory.write("x.eam.fs", text)),
                io::read_potential(directory.write("y.eam.fs", setfl({}))));
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

TEST(EamReader, NegativeDensityIsAWarning) {
    TemporaryDirectory directory;
    std::ostringstream text;
    text << header({"Ni"}) << "28 58.7 3.52 fcc\n";
    table(text, nrho, [&](int k) { return embedding(0, k * drho); });
    table(text, nr, [&](int k) { return -density(0, 0, k * dr); });
    table(text, nr, [&](int k) { return pair_rphi(0, 0, k * dr); });
    const EamPotential p = io::read_potential(directory.write("x.eam.fs", text.str()));
    ASSERT_EQ(p.warnings.size(), 1u);
    EXPECT_NE(p.warnings[0].find("x.eam.fs: densities are negative over a wide range (Ni at Ni"), std::string::npos)
        << p.warnings[0];
    EXPECT_EQ(p.density[0][7], -density(0, 0, 7 * dr));
}

TEST(EamReader, LinesAsLammpsTakesThem) {
    TemporaryDirectory directory;
    for (const bool fs : {true, false}) {
        Options options;
        options.fs = fs;
        const std::string text = setfl(options), name = fs ? "x.eam.fs" : "x.eam.alloy";
        const EamPotential plain = io::read_potential(directory.write(name, text));
        EXPECT_TRUE(plain.warnings.empty());
        const auto expect_plain = [&](const std::string& other) {
            const EamPotential p = io::read_potential(directory.write(name, other));
            expect_same(p, plain);
            EXPECT_TRUE(p.warnings.empty());
        };
        // Comments and blank lines before and behind every line from the names on, and behind their words.
        std::vector<std::string> lines = lines_of(text);
        for (std::size_t k = 3; k < lines.size(); ++k)
            lines[k] = "\n# 1 2 3\n" + replaced(lines[k], "\n", "  # 4 5\n \t\n");
        expect_plain(joined(lines));
        for (const char* end : {"# end of table\n", "made by hand, 1 2 3\n1 2 3\n", "\n\n"}) expect_plain(text + end);
        for (const char* lattice : {"", " 3.52", " 3.52 1", " 3.52 1 2", " fcc 3.52"}) {
            options.lattice = lattice;
            expect_plain(setfl(options));
            // The end of the name is wrong: the number of tables tells.
            expect_same(io::read_potential(directory.write(fs ? "y.eam.alloy" : "y.eam.fs", setfl(options))), plain);
        }
        options.lattice = " 3.52 fcc";
        for (const char* rest : {" 0.0", " 0.0 0.0 0.0", " what"}) {
            options.rest = rest;
            const EamPotential p = io::read_potential(directory.write(name, setfl(options)));
            expect_same(p, plain);
            ASSERT_EQ(p.warnings.size(), 1u);
            EXPECT_NE(p.warnings[0].find(name + ":14: " + (fs ? "9" : "7") + " tables have numbers left"),
                      std::string::npos)
                << p.warnings[0];
        }
    }
    const EamPotential p = io::read_potential(directory.write("x.eam", funcfl("Cu")));
    const std::string remarks = replaced(replaced(funcfl("Cu"), "\n 29", "\n\n# an element\n 29"), " FCC", " # FCC");
    expect_same(io::read_potential(directory.write("x.eam", remarks + "the end\n")), p);
    expect_same(io::read_potential(directory.write("x.eam", replaced(funcfl("Cu"), " 3.615 FCC", ""))), p);
}

TEST(EamReader, LostAndSurplusNumbersAreNotReadOver) {
    TemporaryDirectory directory;
    const std::vector<std::string> lines = lines_of(setfl({}));
    // Line 20 is in the first density; the lines of the file have five numbers each.
    const auto with = [&](std::size_t line, const std::string& text) {
        std::vector<std::string> changed = lines;
        changed[line - 1] = text;
        return directory.write("x.eam.fs", joined(changed));
    };
    const std::string line = lines[19];
    expect_error(with(20, ""), {"x.eam.fs:37: 5 numbers missing", "the section of Ni has 155 numbers and needs 160"});
    expect_error(with(20, line + line), {"x.eam.fs:39: 5 numbers too many", "mass of Al should stand here"});
    expect_error(with(20, line.substr(line.find(' ') + 1)), {"x.eam.fs:20: 1 number missing", "has 4, those before"});
    expect_error(with(20, "0.1 " + line), {"x.eam.fs:20: 1 number too many", "has 6, those before it 5"});
    // The last number of a table, which is the last of a line.
    const std::string last = lines[13];
    expect_error(with(14, last.substr(0, last.rfind(' ')) + "\n"), {"x.eam.fs:14: 1 number missing"});
    // Two tables in one line: LAMMPS would drop the beginning of the second.
    std::ostringstream merged;
    merged << header({"Ni"}) << "28 58.7 3.52 fcc\n";
    std::vector<double> all;
    for (int k = 0; k < nrho - 1; ++k) all.push_back(embedding(0, k * drho));
    for (int k = 0; k < nr; ++k) all.push_back(density(0, 0, k * dr));
    for (int k = 0; k < nr; ++k) all.push_back(pair_rphi(0, 0, k * dr));
    table(merged, static_cast<int>(all.size()), [&](int k) { return all[k]; });
    expect_error(directory.write("x.eam.alloy", replaced(merged.str(), "40 0.5", "39 0.5")),
                 {"missing", "each table begins on a line of its own"});
    // Lines of an element that are all numbers do not hide that a line before them is lost.
    Options options;
    for (const char* lattice : {"", " 3.52", " 3.52 1", " 3.52 1 2"}) {
        options.lattice = lattice;
        const std::vector<std::string> own = lines_of(setfl(options));
        for (std::size_t k = 6; k < own.size(); ++k) {
            if (k == 38) continue;  // the second element's line
            std::vector<std::string> changed = own;
            changed[k] = "";
            EXPECT_THROW(io::read_potential(directory.write("x.eam.fs", joined(changed))), InputError) << k;
        }
    }
}

TEST(EamReader, ValuesAtTheOriginMayBeInfinite) {
    TemporaryDirectory directory;
    Options options{true, {"Ni"}, {28}, {58.7}};
    const std::vector<std::string> lines = lines_of(setfl(options));
    const EamPotential plain = io::read_potential(directory.write("x.eam.fs", joined(lines)));
    const auto with = [&](std::size_t line, const std::string& word) {
        std::vector<std::string> changed = lines;
        changed[line - 1] = word + changed[line - 1].substr(changed[line - 1].find(' '));
        return directory.write("x.eam.fs", joined(changed));
    };
    // Lines 15 and 27 begin density and pair function.
    for (const char* word : {"inf", "-Infinity", "nan", "+NaN", "1e999"}) {
        EamPotential p = io::read_potential(with(15, word));
        EXPECT_NEAR(p.density[0][0], plain.density[0][0], 0.01);
        p.density[0][0] = plain.density[0][0];
        expect_same(p, plain);
        p = io::read_potential(with(27, word));
        EXPECT_NEAR(p.pair[0][0], 0, 0.05);
        p.pair[0][0] = plain.pair[0][0];
        expect_same(p, plain);
        expect_error(with(7, word), {"x.eam.fs:7:", "not finite"});
        expect_error(with(16, word), {"x.eam.fs:16:", "not finite"});
        expect_error(with(28, word), {"x.eam.fs:28:", "not finite"});
    }
    EXPECT_TRUE(
        std::isfinite(io::read_potential(source_path("tests/data/fuzz/potential/inf-at-zero.eam.alloy")).pair[0][0]));
}

TEST(EamReader, OtherKindsOfPotentialsAreNamed) {
    TemporaryDirectory directory;
    std::ostringstream dipoles;
    for (int k = 0; k < 6; ++k) table(dipoles, nr, [](int i) { return 0.5 * i; });
    expect_error(directory.write("x.adp", setfl({}) + dipoles.str()), {"x.adp:108: adp tables are not read"});
    expect_error(directory.write("x.cdeam", setfl({}) + "4 0.01 2 -2 9 -9\n"), {":108: eam/cd tables are not read"});
    expect_error(directory.write("x.cdeam", setfl({}) + "9223372036854775807 1\n"), {":108: 2 numbers too many"});
    expect_error(directory.write("x.eam.he", replaced(setfl({}), "0.1 5.9", "0.1 5.9 12.5")), {":5: eam/he tables"});
    const std::string library = "# of 1992\n# elt lat z ielement atwt\n'Cu' 'fcc' 12. 29 63.54\n1 2 3\n4 5\n";
    expect_error(directory.write("library", library), {"library' is of a MEAM potential"});
    expect_error(directory.write("Ni.meam", "rc = 4\ndelr = 0.1\n"), {"Ni.meam' is of a MEAM potential"});
    std::ostringstream one_band;
    one_band << header({"Fe"}) << "26 55.8 2.87 bcc\n";
    table(one_band, nrho, [&](int k) { return embedding(0, k * drho); });
    table(one_band, nr, [&](int k) { return density(0, 0, k * dr); });
    table(one_band, nr, [](int) { return 0.0; });
    expect_error(directory.write("x_s.eam.fs", one_band.str()), {"x_s.eam.fs: no pair functions", "two-band"});
    const std::string remark = replaced(setfl({}), "comment two", "d band of a Two-Band model");
    const EamPotential p = io::read_potential(directory.write("x_d.eam.fs", remark));
    ASSERT_EQ(p.warnings.size(), 1u);
    EXPECT_NE(p.warnings[0].find("speaks of two bands"), std::string::npos);
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
