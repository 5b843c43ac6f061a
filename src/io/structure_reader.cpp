#include "io/structure_reader.hpp"

#include "core/error.hpp"
#include "io/compressed.hpp"
#include "io/structures/extended_xyz.hpp"
#include "io/structures/lammps_data.hpp"
#include "io/structures/lammps_dump.hpp"
#include "io/structures/source.hpp"

namespace mg::io {
namespace {

/// By the name, or by a first line that is a number before a second with a key of extended XYZ.
bool is_extended_xyz(const StructureSource& source) {
    const std::string_view name = unpacked_name(source.path());
    const auto has = [&](const char* key) { return has_word(source.second_line(), key); };
    return name.ends_with(".xyz") || name.ends_with(".extxyz") ||
           (parse_integer(trimmed(source.first_line())) && (has("Lattice") || has("Properties=") || has("pbc=")));
}

/// What the file is where it is of another program's format; "" where nothing says so.
std::string other_format(const StructureSource& source) {
    const std::string_view first = trimmed(source.first_line()), second = trimmed(source.second_line());
    if (first.starts_with("data_") || source.holds("\n_cell_length_a")) return "a CIF file";
    if (parse_double(second) && !parse_integer(first) && (source.holds("\nDirect") || source.holds("\nCartesian")))
        return "a POSCAR of VASP";
    if (first.starts_with("CRYST1") || first.starts_with("HEADER") || source.holds("\nHETATM")) return "a PDB file";
    if (first.starts_with("Number of particles")) return "a CFG file of AtomEye";
    return "";
}

}  // namespace

Structure read_structure(const std::string& path, const std::vector<std::string>& elements) {
    StructureSource source(path);
    if (source.first_line().starts_with("ITEM:")) return read_lammps_dump(source, elements);
    if (is_extended_xyz(source)) return read_extended_xyz(source, elements);
    if (const std::string other = other_format(source); !other.empty())
        throw InputError("'" + path + "' is " + other,
                         "LAMMPS data files, LAMMPS text dumps and extended XYZ files are read",
                         "convert it, with ASE: python3 -c 'import ase.io, sys; ase.io.write(sys.argv[2], "
                         "ase.io.read(sys.argv[1]), format=\"extxyz\")' " +
                             path + " out.xyz");
    return read_lammps_data(source, elements);
}

std::vector<double> read_property(const std::string& path, const std::string& name) {
    StructureSource source(path);
    if (source.first_line().starts_with("ITEM:") || !is_extended_xyz(source))
        throw InputError(path + " has no property " + quoted(name), "properties are read from extended XYZ files",
                         "write the structure as extended XYZ, with a column " + name);
    return read_extended_xyz_property(source, name);
}

}  // namespace mg::io
