#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "core/error.hpp"
#include "io/structure_reader.hpp"
#include "io/xyz_writer.hpp"
#include "support/paths.hpp"

using namespace mg;

namespace {

void expect_near(Vec3 a, Vec3 b, double tolerance = 1e-12) {
    EXPECT_NEAR(a.x, b.x, tolerance);
    EXPECT_NEAR(a.y, b.y, tolerance);
    EXPECT_NEAR(a.z, b.z, tolerance);
}

void expect_error(const std::string& path, const std::vector<std::string>& parts,
                  const std::vector<std::string>& elements = {}) {
    try {
        io::read_structure(path, elements);
        FAIL() << path << " was read; expected: " << (parts.empty() ? "" : parts[0]);
    } catch (const InputError& error) {
        for (const std::string& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

// Lattice vectors a = (10, 0, 0), b = (2, 9, 0), c = (-3, 1, 8), origin (1, -2, 0.5).
const std::string data = R"(a comment: 7 atoms xlo xhi

3 atoms
2 atom types
1.0 11.0 xlo xhi  # bounds
-2 7 ylo yhi
0.5 8.5 zlo zhi
2 -3 1 xy xz yz

Velocities

7 0.1 0.2 0.3
2 -1 0 1
4 4 5 6

Atoms # atomic

7 2 1.5 -1.0 2.5 0 0 0
2 1 2.0 0.0 1.0 1 0 -1
4 1 3.0 1.0 4.0 0 2 0

Masses

1 63.546
2 91.224
)";

const std::string dump = R"(ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
1
ITEM: BOX BOUNDS pp pp pp
0 1
0 1
0 1
ITEM: ATOMS id type x y z
1 1 0 0 0
ITEM: TIMESTEP
100
ITEM: NUMBER OF ATOMS
3
ITEM: BOX BOUNDS xy xz yz pp pp pp
-2.0 13.0 2.0
-2.0 8.0 -3.0
0.5 8.5 1.0
ITEM: ATOMS type id x y z ix iy iz vx vy vz
2 7 1.5 -1.0 2.5 0 0 0 0.1 0.2 0.3
1 2 2.0 0.0 1.0 1 0 -1 -1 0 1
1 4 3.0 1.0 4.0 0 2 0 4 5 6
)";

const std::string dump_with_masses = R"(ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
3
ITEM: BOX BOUNDS pp pp pp
0 10
0 10
0 10
ITEM: ATOMS id type mass x y z
1 2 91.2 0 0 0
3 2 91.224 0 5 0
2 % 5 0 0
)";

/// What `data` and `dump` say.
void expect_the_three_atoms(const Structure& s) {
    ASSERT_EQ(s.size(), 3);
    EXPECT_EQ(s.id, (std::vector<long>{2, 4, 7}));
    EXPECT_EQ(s.species, (std::vector<int>{0, 0, 1}));
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    expect_near(s.box.h.column(0), {10, 0, 0});
    expect_near(s.box.h.column(1), {2, 9, 0});
    expect_near(s.box.h.column(2), {-3, 1, 8});
    EXPECT_NEAR(s.box.volume, 720, 1e-9);
    expect_near(s.origin, {1, -2, 0.5});
    expect_near(s.position[0], {1 + 10 + 3, 2 - 1, 0.5 - 8});
    expect_near(s.position[1], {2 + 4, 3 + 18, 3.5});
    expect_near(s.position[2], {0.5, 1, 2});
    ASSERT_EQ(s.velocity.size(), 3u);
    expect_near(s.velocity[0], {-1, 0, 1});
    expect_near(s.velocity[2], {0.1, 0.2, 0.3});
}

}  // namespace

TEST(LammpsData, SectionsInAnyOrder) {
    TemporaryDirectory directory;
    const Structure s = io::read_structure(directory.write("x.data", data));  // names by mass
    expect_the_three_atoms(s);
    EXPECT_EQ(s.masses, (std::vector<double>{63.546, 91.224}));
    expect_the_three_atoms(io::read_structure(directory.write("x.data", data), {"Cu", "Zr"}));
    expect_the_three_atoms(io::read_structure(directory.write("x.data", replaced(data, "Atoms # atomic", "Atoms"))));
}

TEST(LammpsData, Names) {
    TemporaryDirectory directory;
    std::string text = replaced(replaced(data, "1 63.546", "1 60.5 # Cu"), "2 91.224", "2 90.5 # Zr");
    EXPECT_EQ(io::read_structure(directory.write("x.data", text)).elements, (std::vector<std::string>{"Cu", "Zr"}));
    EXPECT_EQ(io::read_structure(directory.write("x.data", text)).masses, (std::vector<double>{60.5, 90.5}));
    text = replaced(text, "Velocities", "Atom Type Labels\n\n1 Ni\n2 Nb\n\nVelocities");
    EXPECT_EQ(io::read_structure(directory.write("x.data", text)).elements, (std::vector<std::string>{"Ni", "Nb"}));
    expect_error(directory.write("x.data", replaced(data, "1 63.546", "1 50.0")),
                 {"type 1", "no element's", "--elements"});
    expect_error(directory.write("x.data", replaced(data, "1 63.546", "1 40.0")), {"type 1", "Ar, Ca"});
    EXPECT_EQ(io::read_structure(directory.write("x.data", replaced(data, "1 63.546", "1 91.2"))).elements,
              std::vector<std::string>{"Zr"});
    const std::string bare = data.substr(0, data.find("Masses"));
    expect_error(directory.write("x.data", bare), {"not known", "--elements"});
    EXPECT_EQ(io::read_structure(directory.write("x.data", bare), {"Ni", "Al"}).elements[1], "Al");
    EXPECT_TRUE(io::read_structure(directory.write("x.data", bare), {"Ni", "Al"}).masses.empty());
    expect_error(directory.write("x.data", bare), {"type 2 has no element", ":18:"}, {"Ni"});
}

/// The atom 4 has another id everywhere.
std::string replaced_all_ids(const TemporaryDirectory& directory, const std::string& id) {
    return directory.write("x.data", replaced(replaced(data, "4 4 5 6", id + " 4 5 6"), "4 1 3.0", id + " 1 3.0"));
}

TEST(LammpsData, BadInputIsLocated) {
    TemporaryDirectory directory;
    const auto with = [&](const std::string& from, const std::string& to) {
        return directory.write("x.data", replaced(data, from, to));
    };
    expect_error(with("3.0 1.0 4.0 0 2 0", "nan 1.0 4.0 0 2 0"), {"x.data:20:", "not finite"});
    expect_error(with("3.0 1.0 4.0 0 2 0", "3.0 inf 4.0 0 2 0"), {"x.data:20:", "not finite"});
    expect_error(with("3.0 1.0 4.0 0 2 0", "3.0 1.0 x 0 2 0"), {"x.data:20:", "'x' is no number"});
    expect_error(with("3.0 1.0 4.0 0 2 0", "3.0 1.0 4.0"), {"x.data:20:", "5 words"});
    expect_error(with("4 1 3.0", "7 1 3.0"), {"x.data:20:", "id 7 occurs twice", "line 18"});
    expect_error(with("4 1 3.0", "4 3 3.0"), {"x.data:20:", "type 3 is out of range"});
    expect_error(with("4 1 3.0", "4 0 3.0"), {"x.data:20:", "type 0 is out of range"});
    expect_error(with("1.0 11.0 xlo", "1.0 1.0 xlo"), {"x.data:5:", "no positive volume"});
    expect_error(with("1.0 11.0 xlo", "11.0 1.0 xlo"), {"x.data:5:", "no positive volume"});
    expect_error(with("3 atoms", "4 atoms"), {"ends early", "3 lines and needs 4"});
    expect_error(with("3 atoms", "2 atoms"), {"too long"});
    expect_error(with("3 atoms", "99999999999 atoms"), {"x.data:3:"});
    expect_error(with("3 atoms", "0 atoms"), {"x.data:3:", "no atoms"});
    expect_error(with("# atomic", "# sphere"), {"'sphere' is not read", "atomic, charge"});
    expect_error(with("# atomic", "# charge"), {"x.data:18:", "8 words", "atom_style charge has 6, or 9"});
    expect_error(with("4 4 5 6", "5 4 5 6"), {"no velocity for atom 4"});
    expect_error(with("4 4 5 6", "4 4 5 2e9"), {"x.data:20:", "atom 4 moves at", "A/ps"});
    expect_error(replaced_all_ids(directory, "9007199254740993"), {"x.data:20:", "the id of an atom is 90071992547"});
    expect_error(with("2 91.224", "2 -1"), {"mass of type 2 is not positive"});
    expect_error(with("2 atom types", "2 charges"), {"x.data:4:", "unknown header"});
    expect_error(directory.write("x.data", ""), {"no atoms"});
    expect_error(directory.write("x.data", "\x1f\x8b garbage"), {"x.data", "is damaged at byte", "gzip"});
    expect_error(directory.write("x.data", "something else\nentirely\n"), {"no number of atoms"});
    expect_error(directory / "absent.data", {"No such file"});
    // Any prefix without the last atom line is an error, never a crash.
    const std::size_t end = data.find("4 1 3.0");
    for (std::size_t length = 0; length < end; ++length)
        EXPECT_THROW(io::read_structure(directory.write("p.data", data.substr(0, length)), {"Cu", "Zr"}), InputError)
            << length;
}

TEST(LammpsData, StylesOfAtoms) {
    TemporaryDirectory directory;
    // Charges and molecules stand between the columns that are wanted.
    for (const auto& [style, first, second] : std::vector<std::array<std::string, 3>>{{"atomic", "", ""},
                                                                                      {"atomic/kk", "", ""},
                                                                                      {"charge", "", "0.25 "},
                                                                                      {"molecular", "3 ", ""},
                                                                                      {"bond", "0 ", ""},
                                                                                      {"angle", "3 ", ""},
                                                                                      {"full", "3 ", "-1 "}}) {
        std::string text = replaced(data, "# atomic", "# " + style);
        text = replaced(text, "7 2 1.5", "7 " + first + "2 " + second + "1.5");
        text = replaced(text, "2 1 2.0", "2 " + first + "1 " + second + "2.0");
        text = replaced(text, "4 1 3.0", "4 " + first + "1 " + second + "3.0");
        expect_the_three_atoms(io::read_structure(directory.write("x.data", text)));
        if (style.starts_with("atomic")) continue;
        // Without the style one more column is told by its words.
        const std::string bare = directory.write("x.data", replaced(text, "Atoms # " + style, "Atoms"));
        if (style == "full")
            expect_error(bare, {"x.data:18:", "atom_style atomic has 5", "'Atoms # charge'"});
        else
            expect_the_three_atoms(io::read_structure(bare));
        if (!second.empty())
            expect_error(directory.write("x.data", replaced(text, "1 " + second + "3.0", "1 q 3.0")),
                         {"x.data:20:", "'q' is no number", "a charge"});
    }
}

TEST(LammpsData, GeneralTriclinic) {
    TemporaryDirectory directory;
    const std::string text =
        "LAMMPS data file via write_data, version 7 Feb 2024, timestep = 0, units = metal\n\n2 atoms\n1 atom types\n\n"
        "0 9.5 1 avec\n0 -1 8 bvec\n10 0 2 cvec\n1 2 3 abc origin\n\nAtoms # atomic\n\n"
        "5 1 1.5 2.5 3.5 1 0 -1\n4 1 0 0 0 0 0 0\n";
    const Structure s = io::read_structure(directory.write("x.data", text), {"Cu"});
    expect_near(s.box.h.column(0), {0, 9.5, 1});
    expect_near(s.box.h.column(2), {10, 0, 2});
    EXPECT_NEAR(s.box.volume, 10 * (9.5 * 8 + 1), 1e-9);
    expect_near(s.position[0], {-1, -2, -3});
    expect_near(s.position[1], {0.5 - 10, 0.5 + 9.5, 0.5 + 1 - 2});
    expect_error(directory.write("x.data", replaced(text, "10 0 2 cvec\n", "")), {"no cell", "avec, bvec, cvec"});
    expect_error(directory.write("x.data", replaced(text, "10 0 2 cvec", "0 8.5 9 cvec")), {"no positive volume"});
    expect_error(directory.write("x.data", replaced(text, "10 0 2 cvec", "10 0 cvec")), {"x.data:8:", "three numbers"});
    expect_error(directory.write("x.data", replaced(text, "units = metal", "units = real")),
                 {"x.data:1:", "'real' are not read", "metal"});
}

TEST(LammpsData, LabelsInPlaceOfTypes) {
    TemporaryDirectory directory;
    std::string text = replaced(data, "Velocities", "Atom Type Labels\n\n1 Cu\n2 Zr\n\nVelocities");
    text = replaced(replaced(replaced(text, "7 2 1.5", "7 Zr 1.5"), "2 1 2.0", "2 Cu 2.0"), "4 1 3.0", "4 Cu 3.0");
    text = replaced(replaced(text, "1 63.546", "Cu 63.546"), "2 91.224", "Zr 91.224");
    text += "\nPair Coeffs # eam/fs\n\nCu a b\nZr a b\n\nPairIJ Coeffs\n\nCu Zr a b\n";
    expect_the_three_atoms(io::read_structure(directory.write("x.data", text)));
    // Names are names: a list of elements gives their order, not that of the types.
    const Structure s = io::read_structure(directory.write("x.data", text), {"Zr", "Cu"});
    EXPECT_EQ(s.species, (std::vector<int>{1, 1, 0}));
    EXPECT_EQ(s.masses, (std::vector<double>{91.224, 63.546}));
    expect_error(directory.write("x.data", replaced(text, "4 Cu 3.0", "4 Ni 3.0")), {"'Ni' is no integer", "a type"});
    expect_error(directory.write("x.data", replaced(text, "Cu 63.546", "Cu 26.546")),
                 {"x.data: Cu has a mass of 26.546", "the element's is 63.546"});
    // Labels that are no elements say nothing, and the list names the types.
    text = replaced(data, "Velocities", "Atom Type Labels\n\n1 small\n2 big\n\nVelocities");
    expect_the_three_atoms(io::read_structure(directory.write("x.data", text), {"Cu", "Zr"}));
}

TEST(LammpsData, ElementsInAnotherOrderThanTypes) {
    TemporaryDirectory directory;
    expect_error(directory.write("x.data", data), {"type 1 is named Zr and seems to be Cu", "63.546", "--elements"},
                 {"Zr", "Cu"});
    expect_error(directory.write("x.data", replaced(data, "2 91.224", "2 3 # Cu")), {"type 1 is named Zr"},
                 {"Zr", "Cu"});
    std::string text = replaced(replaced(data, "1 63.546", "1 1.5 # Cu"), "2 91.224", "2 2.5 # Zr");
    expect_error(directory.write("x.data", text), {"type 1 is named Zr and seems to be Cu", "names it so"},
                 {"Zr", "Cu"});
    // Masses that mean nothing are no evidence.
    text = replaced(replaced(data, "1 63.546", "1 1.0"), "2 91.224", "2 1.0");
    EXPECT_EQ(io::read_structure(directory.write("x.data", text), {"Zr", "Cu"}).species, (std::vector<int>{0, 0, 1}));
    expect_error(directory.write("x.dump", replaced(dump_with_masses, "%", "1 63.546")), {"type 1 is named Zr"},
                 {"Zr", "Cu"});
}

TEST(LammpsData, AsAseWritesIt) {
    TemporaryDirectory directory;
    const std::string text =
        "x.data (written by ASE) \n\n2 \t atoms \n2  atom types\n0.0       5.5000000000000000  xlo xhi\n"
        "0.0       6.5000000000000000  ylo yhi\n0.0       7.5000000000000000  zlo zhi\n"
        "     -0.25      0.5     1e-1  xy xz yz\n\n\nAtoms \n\n"
        "     1   2     -0.5  6.5  8.0\n     2   1     5.5     0  0\n";
    const Structure s = io::read_structure(directory.write("x.data", text), {"Cu", "Zr"});
    EXPECT_EQ(s.species, (std::vector<int>{1, 0}));
    expect_near(s.position[0], {-0.5, 6.5, 8.0});
    expect_near(s.box.h.column(2), {0.5, 0.1, 7.5});
    expect_error(directory.write("x.data", text), {"the elements are not known", "--elements"});
}

TEST(LammpsDump, TriclinicLastFrameUnsorted) {
    TemporaryDirectory directory;
    expect_the_three_atoms(io::read_structure(directory.write("x.dump", dump), {"Cu", "Zr"}));
}

TEST(LammpsDump, AllKindsOfCoordinatesAgree) {
    TemporaryDirectory directory;
    const Structure s = io::read_structure(directory.write("x.dump", dump), {"Cu", "Zr"});
    const std::string head = dump.substr(0, dump.rfind("ITEM: ATOMS"));
    char line[200];
    std::string unwrapped = head + "ITEM: ATOMS id element xu yu zu\n",
                scaled = head + "ITEM: ATOMS id element xsu ysu zsu\n",
                wrapped = head + "ITEM: ATOMS id element xs ys zs ix iy iz\n";
    for (int i = 0; i < 3; ++i) {
        const char* name = s.elements[s.species[i]].c_str();
        const Vec3 x = s.position[i] + s.origin, f = s.box.inverse * s.position[i];
        std::snprintf(line, sizeof line, "%ld %s %.17g %.17g %.17g\n", s.id[i], name, x.x, x.y, x.z);
        unwrapped += line;
        std::snprintf(line, sizeof line, "%ld %s %.17g %.17g %.17g\n", s.id[i], name, f.x, f.y, f.z);
        scaled += line;
        std::snprintf(line, sizeof line, "%ld %s %.17g %.17g %.17g %d %d %d\n", s.id[i], name, f.x - std::floor(f.x),
                      f.y - std::floor(f.y), f.z - std::floor(f.z), static_cast<int>(std::floor(f.x)),
                      static_cast<int>(std::floor(f.y)), static_cast<int>(std::floor(f.z)));
        wrapped += line;
    }
    for (const std::string& text : {unwrapped, scaled, wrapped}) {
        const Structure t = io::read_structure(directory.write("y.dump", text));
        ASSERT_EQ(t.size(), 3);
        EXPECT_EQ(t.elements, s.elements);
        EXPECT_EQ(t.species, s.species);
        for (int i = 0; i < 3; ++i) expect_near(t.position[i], s.position[i]);
    }
}

TEST(LammpsDump, SpeciesFromWhatIsThere) {
    TemporaryDirectory directory;
    const std::string masses = replaced(dump_with_masses, "%", "1 63.546");
    // Types with masses, in either order of appearance; the species are in the order of the types.
    Structure s = io::read_structure(directory.write("x.dump", masses));
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    EXPECT_EQ(s.species, (std::vector<int>{1, 0, 1}));
    EXPECT_EQ(s.masses, (std::vector<double>{63.546, 91.2}));
    // Masses alone, with and without a list of elements.
    std::string text = replaced(masses, "id type mass", "id kind mass");
    EXPECT_EQ(io::read_structure(directory.write("x.dump", text)).elements, (std::vector<std::string>{"Zr", "Cu"}));
    s = io::read_structure(directory.write("x.dump", text), {"Ni", "Cu", "Zr"});
    EXPECT_EQ(s.species, (std::vector<int>{2, 1, 2}));
    expect_error(directory.write("x.dump", text), {"atom 1", "91.2", "that of none of Cu, Ni"}, {"Cu", "Ni"});
    expect_error(directory.write("x.dump", replaced(dump_with_masses, "%", "1 40.0")), {"type 1", "Ar, Ca"});
    expect_error(directory.write("x.dump", replaced(dump_with_masses, "%", "2 63.546")),
                 {"x.dump:12:", "two masses for type 2"});
    // A list of elements names types; the masses may then be any.
    s = io::read_structure(directory.write("x.dump", replaced(dump_with_masses, "%", "1 1.0")), {"Cu", "Zr"});
    EXPECT_EQ(s.species, (std::vector<int>{1, 0, 1}));
    // Labels: a column of their own, or in the column of types.
    text = replaced(replaced(replaced(masses, "id type mass", "id type typelabel"), "1 2 91.2", "1 2 Zr"), "1 63.546",
                    "1 Cu");
    text = replaced(text, "3 2 91.224", "3 2 Zr");
    EXPECT_EQ(io::read_structure(directory.write("x.dump", text)).elements, (std::vector<std::string>{"Zr", "Cu"}));
    EXPECT_EQ(io::read_structure(directory / "x.dump", {"Cu", "Zr"}).species, (std::vector<int>{1, 0, 1}));
    text = replaced(text, "id type typelabel", "id kind type");
    s = io::read_structure(directory.write("x.dump", text), {"Cu", "Zr"});
    EXPECT_EQ(s.species, (std::vector<int>{1, 0, 1}));
    // Types alone are ambiguous.
    expect_error(directory.write("x.dump", replaced(masses, "id type mass", "id type weight")),
                 {"the elements are not known", "--elements"});
}

TEST(LammpsDump, GeneralTriclinicUnitsAndTime) {
    TemporaryDirectory directory;
    const std::string text =
        "ITEM: UNITS\nmetal\nITEM: TIME\n0.5\nITEM: TIMESTEP\n500\nITEM: NUMBER OF ATOMS\n2\n"
        "ITEM: BOX BOUNDS abc origin pp pp pp\n0 9.5e0 1 1\n0 -1 8 2\n10 0 2 3\n"
        "ITEM: ATOMS id element x y z ix iy iz c_pe\n8 Zr 1.5 2.5 3.5 1 0 -1 -6.5\n2 Cu 1 2 3 0 0 0 -3.5\n";
    const Structure s = io::read_structure(directory.write("x.dump", text));
    expect_near(s.box.h.column(0), {0, 9.5, 1});
    expect_near(s.box.h.column(1), {0, -1, 8});
    expect_near(s.origin, {1, 2, 3});
    expect_near(s.position[0], {0, 0, 0});
    expect_near(s.position[1], {0.5 - 10, 0.5 + 9.5, 0.5 + 1 - 2});
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    expect_error(directory.write("x.dump", replaced(text, "metal", "lj")), {"x.dump:2:", "'lj' are not read"});
    expect_error(directory.write("x.dump", replaced(text, "1 1\n0 -1", "1\n0 -1")), {"x.dump:10:", "should be 4"});
}

TEST(LammpsDump, OnAndBeyondTheWalls) {
    TemporaryDirectory directory;
    const std::string head =
        "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n4\nITEM: BOX BOUNDS pp pp pp\n-1 4\n0 10\n2 12\nITEM: ATOMS ";
    Structure s = io::read_structure(
        directory.write("x.dump", head + "id type xs ys zs\n1 1 0 0 0\n2 1 1 1 1\n3 1 -0.01 0.5 1.001\n4 1 2 0 0\n"),
        {"Cu"});
    expect_near(s.position[0], {0, 0, 0});
    expect_near(s.position[1], {5, 10, 10});
    expect_near(s.position[2], {-0.05, 5, 10.01});
    s = io::read_structure(
        directory.write("x.dump", head + "id type x y z\n1 1 -1 0 2\n2 1 4 10 12\n3 1 -1.05 5 12.01\n4 1 9 0 2\n"),
        {"Cu"});
    expect_near(s.position[1], {5, 10, 10});
    expect_near(s.position[2], {-0.05, 5, 10.01});
    expect_near(s.position[3], {10, 0, 0});
}

TEST(LammpsDump, BadInputIsLocated) {
    TemporaryDirectory directory;
    const auto with = [&](const std::string& from, const std::string& to) {
        return directory.write("x.dump", replaced(dump, from, to));
    };
    const std::vector<std::string> names = {"Cu", "Zr"};
    expect_error(with("1 4 3.0", "1 4 NaN"), {"x.dump:22:", "not finite"}, names);
    expect_error(with("1 4 3.0", "1 7 3.0"), {"x.dump:22:", "occurs twice"}, names);
    expect_error(with("1 4 3.0", "1 -7 3.0"), {"x.dump:22:", "the id of an atom is -7", "from 1"}, names);
    expect_error(with("1 4 3.0", "3 4 3.0"), {"x.dump:22:", "type 3"}, names);
    expect_error(with("0 2 0 4 5 6", "0 2 0 4 5"), {"x.dump:22:", "words"}, names);
    expect_error(with("\n3\nITEM", "\n4\nITEM"), {"ends early", "atom 4 of 4"}, names);
    expect_error(with("\n3\nITEM", "\n2\nITEM"), {"x.dump:22:", "unexpected line"}, names);
    expect_error(with("xz yz pp pp pp", "xz yz pp ff pp"), {"x.dump:15:", "not periodic"}, names);
    expect_error(with("0.5 8.5 1.0", "0.5 0.5 1.0"), {"no positive volume"}, names);
    expect_error(with("type id x y z ix", "type id q y z ix"), {"no positions"}, names);
    expect_error(with("type id x", "kind id x"), {"no species"}, names);
    expect_error(directory.write("x.dump", dump), {"not known", "--elements"});
    expect_error(directory.write("x.dump", dump.substr(0, dump.rfind("ITEM: ATOMS"))), {"not complete"}, names);
}

TEST(ExtendedXyz, AnyCellAnyOrder) {
    TemporaryDirectory directory;
    const std::string text =
        "1\nLattice=\"1 0 0 0 1 0 0 0 1\"\nH 0 0 0\n"
        "3\nLattice=\"0 9.5 1 0 -1 8 10 0 2\" Properties=id:I:1:species:S:1:forces:R:3:pos:R:3:velo:R:3 Origin=\"1 2 "
        "3\" pbc=\"T T T\" note='a b'\n"
        "9 Zr 0 0 0 1.5 2.5 3.5 1 2 3\n3 Cu 0 0 0 1 2 3 4 5 6\n5 Zr 0 0 0 0 0 0 7 8 9\n";
    const Structure s = io::read_structure(directory.write("x.xyz", text));
    ASSERT_EQ(s.size(), 3);
    EXPECT_EQ(s.id, (std::vector<long>{3, 5, 9}));
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    expect_near(s.box.h.column(0), {0, 9.5, 1});
    expect_near(s.box.h.column(2), {10, 0, 2});
    EXPECT_NEAR(s.box.volume, 10 * (9.5 * 8 + 1), 1e-9);
    expect_near(s.position[2], {0.5, 0.5, 0.5});
    expect_near(s.velocity[0], {4, 5, 6});
    EXPECT_EQ(io::read_structure(directory / "x.xyz", {"Zr", "Cu"}).species, (std::vector<int>{1, 0, 0}));
    expect_error(directory / "x.xyz", {"x.xyz:8:", "unknown species 'Zr'"}, {"Cu", "Ni"});
}

TEST(ExtendedXyz, AsAseWritesIt) {
    TemporaryDirectory directory;
    const std::string rows = "Cu 0.5 1 2 63.546 0.0 29 T\nZr 3 4 5 91.224 -1.5 40 F\n";
    const std::string text =
        std::string(R"(2
Lattice="5.0 0.0 0.0 1.0 6.0 0.0 0.0 0.0 7.0" note="he said \"Lattice=\" twice" "my key"=3 path="C:\\tmp" )") +
        R"(table="_JSON [[1, 2], [3, 4]]" empty="" flag energy=-3.5 pbc="T T T" )" +
        "Properties=species:S:1:pos:R:3:masses:R:1:initial_magmoms:R:1:numbers:I:1:move_mask:L:1\n" + rows;
    Structure s = io::read_structure(directory.write("x.xyz", text));
    expect_near(s.box.h.column(1), {1, 6, 0});
    expect_near(s.position[1], {3, 4, 5});
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    // Numbers in place of names; lattice vectors in brackets; blanks around =; a name that says nothing.
    for (const char* name : {"Z", "numbers"}) {
        s = io::read_structure(directory.write(
            "x.dat", std::string("2\r\nLattice = [[5, 0, 0], [1, 6, 0], [0, 0, 7]] pbc=[T, T, T] Properties=") + name +
                         ":I:1:pos:R:3\r\n29 0.5 1 2\r\n40 3 4 5\r\n"));
        expect_near(s.box.h.column(1), {1, 6, 0});
        expect_near(s.position[1], {3, 4, 5});
        EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    }
    expect_error(directory.write("x.xyz", replaced(text, "T T T", "F F F")), {"x.xyz:2:", "not periodic", "'F F F'"});
    expect_error(directory.write("x.xyz", "1\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nCu 0 0 0\n"),
                 {"x.xyz:2:", "not periodic"});
    expect_error(directory.write("x.xyz", replaced(text, "T T T", "T T")), {"x.xyz:2:", "pbc has 2 words"});
    expect_error(directory.write("x.xyz", replaced(text, "empty=\"\"", "empty=[[1, 2]")), {"x.xyz:2:", "no end"});
    expect_error(directory.write("x.xyz.gz", "2\na comment\nCu 0 0 0\nZr 1 1 1\n"), {"x.xyz.gz:2:", "no cell"});
    EXPECT_EQ(io::read_structure(directory.write("x.xyz", "\xef\xbb\xbf" + text)).size(), 2);
}

TEST(ExtendedXyz, BadInputIsLocated) {
    TemporaryDirectory directory;
    const std::string text = "2\nLattice=\"5 0 0 0 5 0 0 0 5\" Properties=species:S:1:pos:R:3\nCu 0 0 0\nCu 1 1 1\n";
    const auto with = [&](const std::string& from, const std::string& to) {
        return directory.write("x.xyz", replaced(text, from, to));
    };
    EXPECT_EQ(io::read_structure(directory.write("x.xyz", text)).size(), 2);
    expect_error(with("1 1 1", "1 nan 1"), {"x.xyz:4:", "not finite"});
    expect_error(with("1 1 1", "1 1"), {"x.xyz:4:", "3 words"});
    expect_error(with("2\n", "3\n"), {"ends early", "atom 3 of 3"});
    expect_error(with("2\n", "1\n"), {"x.xyz:4:", "'Cu 1 1 1' is no integer"});
    expect_error(with("Lattice", "Gitter"), {"x.xyz:2:", "no cell"});
    expect_error(with("5 0 0 0 5", "5 0 0 0 0"), {"x.xyz:2:", "no positive volume"});
    expect_error(with("0 0 5\"", "0 0 5 1\""), {"10 numbers"});
    expect_error(with("0 0 5\"", "0 0 5"), {"is missing"});
    expect_error(with("pos:R:3", "pos:R:2"), {"wrong shape"});
    const std::string ids =
        replaced(replaced(replaced(text, "pos:R:3", "pos:R:3:id:I:1"), "1 1 1", "1 1 1 2"), "0 0 0\n", "0 0 0 0\n");
    expect_error(directory.write("x.xyz", ids), {"x.xyz:3:", "the id of an atom is 0"});
    expect_error(with("pos:R:3", "pos:R:3 pbc=\"T T F\""), {"not periodic"});
}

TEST(XyzWriter, RoundTripIsExact) {
    TemporaryDirectory directory;
    Structure s = io::read_structure(source_path("tests/data/single-point/b2_triclinic.data"), {"Cu", "Zr"});
    std::vector<double> forces;
    for (int i = 0; i < 3 * s.size(); ++i) forces.push_back(std::sin(i) / 3);
    io::write_xyz(directory / "x.xyz", s,
                  {{"forces", 3, forces}, {"local_energy", 1, std::vector<double>(s.size(), -1.0 / 3)}}, "energy=1",
                  17);
    const Structure t = io::read_structure(directory / "x.xyz", {"Cu", "Zr"});
    EXPECT_EQ(t.id, s.id);
    EXPECT_EQ(t.species, s.species);
    for (int k = 0; k < 9; ++k) EXPECT_EQ(t.box.h.m[k], s.box.h.m[k]);
    for (int i = 0; i < s.size(); ++i) expect_near(t.position[i], s.position[i], 0);
    std::ifstream stream(directory / "x.xyz");
    std::string line;
    std::getline(stream, line);
    EXPECT_EQ(line, "432");
    std::getline(stream, line);
    EXPECT_NE(line.find(" Properties=species:S:1:pos:R:3:forces:R:3:local_energy:R:1:id:I:1 pbc=\"T T T\" energy=1"),
              std::string::npos)
        << line;
    EXPECT_FALSE(std::filesystem::exists(directory / "x.xyz.tmp"));
    // Lattice vectors stand one after the other.
    io::write_xyz(directory / "y.xyz", s, {});
    std::ifstream shorter(directory / "y.xyz");
    std::getline(shorter, line), std::getline(shorter, line);
    EXPECT_EQ(line,
              "Lattice=\"20.0124 0 0 1.5696 19.0314 0 -0.981 2.1582 19.8162\" Properties=species:S:1:pos:R:3:id:I:1 "
              "pbc=\"T T T\"");
}

TEST(XyzWriter, OriginReturnsAndIdCanMove) {
    TemporaryDirectory directory;
    const Structure s = io::read_structure(source_path("tests/data/single-point/cuzr_glass_4000.data"));
    EXPECT_EQ(s.elements, (std::vector<std::string>{"Cu", "Zr"}));
    io::write_xyz(directory / "x.xyz", s, {{"id", 1, {}}, {"kind", 1, {}, {}, std::vector<std::string>(4000, "solid")}},
                  "", 17);
    const Structure t = io::read_structure(directory / "x.xyz");
    expect_near(t.origin, s.origin, 0);
    for (int i = 0; i < s.size(); ++i) expect_near(t.position[i], s.position[i]);
    std::ifstream stream(directory / "x.xyz");
    std::string line;
    std::getline(stream, line), std::getline(stream, line);
    EXPECT_NE(line.find("pos:R:3:id:I:1:kind:S:1"), std::string::npos) << line;
}

TEST(XyzWriter, RefusesWhatIsNotFinite) {
    TemporaryDirectory directory;
    Structure s = io::read_structure(directory.write("a.xyz", "1\nLattice=\"5 0 0 0 5 0 0 0 5\"\nCu 0 0 0\n"));
    EXPECT_THROW(io::write_xyz(directory / "x.xyz", s, {{"forces", 3, {1, NAN, 2}}}), Error);
    EXPECT_THROW(io::write_xyz(directory / "x.xyz", s, {{"forces", 3, {1, 2}}}), Error);
    EXPECT_FALSE(std::filesystem::exists(directory / "x.xyz"));
    EXPECT_THROW(io::write_xyz(directory / "no/such/x.xyz", s, {}), Error);
}

TEST(XyzWriter, LeavesGapsWhereTheyAreAllowed) {
    TemporaryDirectory directory;
    const Structure s =
        io::read_structure(directory.write("a.xyz", "2\nLattice=\"5 0 0 0 5 0 0 0 5\"\nCu 0 0 0\nCu 2 2 2\n"));
    io::write_xyz(directory / "x.xyz", s, {{"eb", 1, {NAN, 0.5}, {}, {}, true}});
    const std::vector<double> eb = io::read_property(directory / "x.xyz", "eb");
    EXPECT_TRUE(std::isnan(eb.at(0)));
    EXPECT_EQ(eb.at(1), 0.5);
    EXPECT_THROW(io::write_xyz(directory / "x.xyz", s, {{"eb", 1, {INFINITY, 0.5}, {}, {}, true}}), Error);
}

TEST(Property, IsAColumnInTheOrderOfIds) {
    TemporaryDirectory directory;
    const std::string head =
        "3\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3:pair:R:2:eb:R:1:count:I:1:"
        "id:I:1\n";
    const std::string path =
        directory.write("a.xyz", head + "Cu 1 1 1 0 0 1.5 7 30\nZr 2 2 2 0 0 nan 8 10\nCu 3 3 3 0 0 -2e-1 9 20\n");
    const std::vector<double> eb = io::read_property(path, "eb");
    ASSERT_EQ(eb.size(), 3u);
    EXPECT_TRUE(std::isnan(eb[0]));
    EXPECT_EQ(eb[1], -0.2);
    EXPECT_EQ(eb[2], 1.5);
    EXPECT_EQ(io::read_property(path, "count"), (std::vector<double>{8, 9, 7}));
    const auto refused = [&](const std::string& file, const std::string& name, const std::string& part) {
        try {
            io::read_property(file, name);
            ADD_FAILURE() << name << " was read";
        } catch (const InputError& error) {
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
        }
    };
    refused(path, "pair", "there are eb, count, id");
    refused(directory.write("b.xyz", head + "Cu 1 1 1 0 0 x 7 30\nZr 2 2 2 0 0 1 8 10\nCu 3 3 3 0 0 1 9 20\n"), "eb",
            "b.xyz:3");
    refused(source_path("tests/data/single-point/fcc_cu_vacancy.data"), "eb", "extended XYZ");
}

TEST(Structures, ReferenceDataAgreeInIdsAndVolume) {
    for (const char* name : {"b2_triclinic", "cuzr_glass_4000", "cuzr_liquid_4000", "fcc_cu_vacancy"}) {
        const std::string base = source_path(std::string("tests/data/single-point/") + name);
        const Structure s = io::read_structure(base + ".data");
        std::ifstream stream(base + ".forces.txt"), thermo(base + ".thermo");
        for (int i = 0; i < s.size(); ++i) {
            long id = 0;
            double fx = 0, fy = 0, fz = 0, energy = 0;
            ASSERT_TRUE(stream >> id >> fx >> fy >> fz >> energy);
            ASSERT_EQ(id, s.id[i]);
        }
        std::string header;
        std::getline(thermo, header);
        std::vector<double> numbers(10);
        for (double& number : numbers) thermo >> number;
        EXPECT_EQ(static_cast<int>(numbers[1]), s.size());
        EXPECT_NEAR(s.box.volume, numbers[9], 1e-10 * numbers[9]);
    }
}
