/// \file Structures as other programs write them, where that is not what one expects.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "io/structure_reader.hpp"
#include "support/paths.hpp"

using namespace mg;

namespace {

std::string foreign_text(const std::string& name) {
    std::ifstream stream(source_path("tests/data/fuzz/structure/" + name));
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string with_text(std::string text, const std::string& from, const std::string& to) {
    std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    for (; at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
    return text;
}

void expect_refused(const std::string& path, const std::vector<std::string>& elements,
                    const std::vector<std::string>& parts) {
    try {
        io::read_structure(path, elements);
        ADD_FAILURE() << path << " was read; expected: " << parts.at(0);
    } catch (const InputError& error) {
        for (const std::string& part : parts)
            EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
}

/// The four atoms that all these files have, of the two elements in this order.
void expect_four_atoms(const Structure& s, const std::vector<std::string>& elements) {
    EXPECT_EQ(s.elements, elements);
    ASSERT_EQ(s.size(), 4);
    EXPECT_EQ(s.id, (std::vector<long>{1, 2, 3, 4}));
    const Vec3 x[] = {{1.5, 2, 2.5}, {3.9, 2.6, 2.25}, {2.4, 4.5, 3}, {3.2, 3.5, 5.5}};
    for (int k = 0; k < 4; ++k) {
        EXPECT_EQ(s.elements[s.species[k]], k % 2 == 0 ? "Cu" : "Zr") << k;
        EXPECT_LT(std::sqrt(norm2(s.position[k] - x[k])), 1e-12) << k;
    }
    EXPECT_NEAR(s.box.volume, 4488, 1e-9);
    const Vec3 cell[] = {{17, 0, 0}, {1.25, 16.5, 0}, {-0.75, 0.5, 16}};
    for (int k = 0; k < 3; ++k) EXPECT_LT(std::sqrt(norm2(s.box.h.column(k) - cell[k])), 1e-12) << k;
}

const std::vector<std::string> cu_zr = {"Cu", "Zr"}, zr_cu = {"Zr", "Cu"};

}  // namespace

TEST(ForeignStructures, NumbersInPlaceOfNamesAreTypes) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("ovito-numeric-types.xyz"), path = directory.write("x.xyz", text);
    expect_four_atoms(io::read_structure(path, cu_zr), cu_zr);
    expect_refused(path, {}, {"the elements are not known", "in the order of the types (--elements"});
    expect_refused(path, {"Cu"}, {"x.xyz:4: type 2 has no element", "name an element for each type"});
    // Types 1 and 3 may be one element.
    expect_four_atoms(
        io::read_structure(directory.write("x.xyz", with_text(text, "\n1 2.4", "\n3 2.4")), {"Cu", "Zr", "Cu"}), cu_zr);
    expect_refused(directory.write("x.xyz", with_text(text, "\n1 2.4", "\n0 2.4")), cu_zr,
                   {"x.xyz:5: species '0' is neither a name nor a type"});
    expect_refused(directory.write("x.xyz", with_text(text, "\n1 2.4", "\nCu 2.4")), cu_zr, {"unknown species '1'"});
    // A dump's column of elements as well.
    const std::string dump = with_text(with_text(foreign_text("no-ids.dump"), "type x", "element x"), "ATOMS", "ATOMS");
    expect_four_atoms(io::read_structure(directory.write("x.dump", dump), cu_zr), cu_zr);
}

TEST(ForeignStructures, KeysInAnyCase) {
    TemporaryDirectory directory;
    std::string text = foreign_text("left-handed.extxyz");
    text = with_text(with_text(text, "1.25 16.5 0.0 17.0 0.0 0.0", "17 0 0 1.25 16.5 0"), "Lattice", "lattice");
    text = with_text(text, "Properties", "properties");
    expect_four_atoms(io::read_structure(directory.write("x.dat", text), cu_zr), cu_zr);
    expect_four_atoms(io::read_structure(directory.write("x.xyz", with_text(text, "lattice", "LATTICE"))), cu_zr);
    expect_refused(directory.write("x.xyz", with_text(text, "pbc=\"T T T", "PBC=\"T F T")), {}, {"is not periodic"});
    // The proper key is the one that counts.
    expect_four_atoms(
        io::read_structure(directory.write("x.xyz", with_text(text, "lattice=", "LATTICE=fcc lattice=hcp Lattice="))),
        cu_zr);
}

TEST(ForeignStructures, SectionsOfFixPropertyAtom) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("fix-property-section.data");
    const Structure s = io::read_structure(directory.write("x.data", text));
    expect_four_atoms(s, cu_zr);
    EXPECT_EQ(s.velocity.size(), 4u);
    // In any place, with several values, and beside labels of types.
    const std::string section = text.substr(text.find("stiff #"));
    std::string moved = with_text(with_text(text, section, ""), "Atoms #", section + "\n\nAtoms #");
    expect_four_atoms(io::read_structure(directory.write("x.data", moved)), cu_zr);
    moved = with_text(with_text(text, " 1.5\n", " 1.5 0 2\n"), "Masses", "Atom Type Labels\n\n1 Cu\n2 Zr\n\nMasses");
    expect_four_atoms(io::read_structure(directory.write("x.data", moved)), cu_zr);
    expect_refused(directory.write("x.data", with_text(text, "\n3 1.5", "")), cu_zr,
                   {"x.data:30: unknown section 'stiff'", "each of the 4 atoms; it has 3 lines"});
}

TEST(ForeignStructures, ElementsThatWereNeverSet) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("element-never-set.dump"), path = directory.write("x.dump", text);
    expect_four_atoms(io::read_structure(path, cu_zr), cu_zr);
    expect_refused(path, {}, {"x.dump:13: the column element is C for all atoms", "(--elements Cu,Zr)"});
    expect_refused(path, {"Cu"}, {"type 2 has no element"});
    // An alloy with carbon all the same; carbon alone is carbon.
    EXPECT_EQ(io::read_structure(path, {"Fe", "C"}).species, (std::vector<int>{0, 1, 0, 1}));
    const std::string carbon = directory.write("c.dump", with_text(text, " 2 C", " 1 C"));
    EXPECT_EQ(io::read_structure(carbon).elements, std::vector<std::string>{"C"});
    EXPECT_EQ(io::read_structure(carbon, {"Fe", "C"}).species, (std::vector<int>{1, 1, 1, 1}));
    EXPECT_EQ(io::read_structure(carbon, {"Fe"}).species, (std::vector<int>{0, 0, 0, 0}));
    // Without types beside it nothing else tells.
    expect_refused(directory.write("x.dump", with_text(text, "id type", "id kind")), cu_zr, {"unknown species 'C'"});
}

TEST(ForeignStructures, SeveralTypesOfOneElement) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("three-types-two-elements.data"), path = directory.write("x.data", text);
    for (const auto& elements : std::vector<std::vector<std::string>>{{}, {"Cu", "Zr"}, {"Cu", "Zr", "Cu"}}) {
        const Structure s = io::read_structure(path, elements);
        expect_four_atoms(s, cu_zr);
        EXPECT_EQ(s.masses, (std::vector<double>{63.546, 91.224}));
    }
    // Shorter lists give the order of the elements, and masses the types.
    expect_four_atoms(io::read_structure(path, zr_cu), zr_cu);
    // Names beside the masses, or labels.
    const std::string named = with_text(with_text(text, "1 63.546", "1 63.546 # Cu"), "3 63.546", "3 63.546 # Cu");
    expect_four_atoms(io::read_structure(directory.write("y.data", with_text(named, "91.224", "91.224 # Zr"))), cu_zr);
    const std::string bare = with_text(text, "Masses\n\n1 63.546\n2 91.224\n3 63.546\n", "");
    expect_four_atoms(io::read_structure(directory.write("y.data", bare), {"Cu", "Zr", "Cu"}), cu_zr);
    expect_refused(directory / "y.data", cu_zr, {"y.data:16: type 3 has no element", "(--elements Cu,Zr,Cu)"});
    expect_refused(path, {"Cu", "Cu", "Zr"}, {"type 2 is named Cu and seems to be Zr"});
    expect_refused(path, {"Cu", "Cu", "Cu"}, {"types 1 and 2 are both named Cu", "63.546000 and 91.224000 u"});
    // Isotopes may be types of one element.
    const std::string hydrogen = with_text(with_text(text, "63.546", "1.008"), "91.224", "2.014");
    EXPECT_EQ(io::read_structure(directory.write("x.data", hydrogen), {"H", "H", "H"}).masses,
              std::vector<double>{1.008});
}

TEST(ForeignStructures, LeftHandedCells) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("left-handed.extxyz");
    expect_four_atoms(io::read_structure(directory.write("x.extxyz", text), cu_zr), cu_zr);
    const Structure s = io::read_structure(directory.write("x.xyz", with_text(text, "17.0", "-17.0")));
    EXPECT_NEAR(s.box.volume, 4488, 1e-9);
    EXPECT_EQ(s.position[0].x, 1.5);
    expect_refused(directory.write("x.xyz", with_text(text, "17.0 0.0", "1.25 16.5")), {}, {"no positive volume"});
}

TEST(ForeignStructures, DumpsWithoutIds) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("no-ids.dump");
    expect_four_atoms(io::read_structure(directory.write("x.dump", text), cu_zr), cu_zr);
}

TEST(ForeignStructures, AtomsOfNoNamedStyle) {
    TemporaryDirectory directory;
    const std::string text = foreign_text("unlabelled-charge.data");
    const auto with = [&](const std::vector<std::string>& columns) {
        std::string changed = text;
        for (int k = 0; k < 4; ++k)
            changed = with_text(changed, "\n" + std::to_string(k + 1) + (k % 2 == 0 ? "  2 0.0000" : "  1 0.0000"),
                                "\n" + std::to_string(k + 1) + " " + columns[k]);
        return directory.write("x.data", changed);
    };
    const std::string path = directory.write("x.data", text);
    expect_four_atoms(io::read_structure(path, zr_cu), zr_cu);
    expect_four_atoms(io::read_structure(path), zr_cu);
    expect_four_atoms(io::read_structure(with({"2 0", "1 0", "2 0", "1 0"}), zr_cu), zr_cu);
    expect_four_atoms(io::read_structure(with({"2 1.0", "1 1", "2 1", "1 -1"}), zr_cu), zr_cu);
    // Molecules: 0 for all is what MDAnalysis writes.
    expect_four_atoms(io::read_structure(with({"0 2", "0 1", "0 2", "0 1"}), zr_cu), zr_cu);
    expect_four_atoms(io::read_structure(with({"1 2", "2 1", "3 2", "4 1"}), zr_cu), zr_cu);
    expect_refused(with({"2 1", "1 1", "2 1", "1 2"}), zr_cu,
                   {"x.data:17: section Atoms may be of two styles", "a type and a charge", "a molecule and a type",
                    "'Atoms # charge' or 'Atoms # molecular'"});
    expect_refused(with({"2 0.5", "9 0", "2 0", "1 0"}), zr_cu, {"x.data:19: 6 words", "'Atoms # charge'"});
}
