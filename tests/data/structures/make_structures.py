#!/usr/bin/env python3
"""One small glass in the files of LAMMPS and ASE: make_structures.py GLASS.data[.gz] FOLDER --potential FILE

The glass (a LAMMPS data file with ids, types Cu and Zr, a triclinic cell) is read by LAMMPS, which writes it as data and
dumps, and by ASE, which writes it as extended XYZ and data. In FOLDER/moved are files of another state, which LAMMPS made
of it: atoms displaced at random and carried through several walls, an origin elsewhere, with LAMMPS's forces and energy.
Needs lmp (with compressed dumps) and python3-ase.
"""

import argparse
import gzip
import os
import shutil
import subprocess

import ase.io
import numpy as np

COMMON = """units metal
atom_style {style}
boundary p p p
read_data {data}
pair_style eam/fs
pair_coeff * * {potential} Cu Zr
"""

GLASS = """run 0
write_data lammps.data nocoeff
write_dump all custom/gz scaled.dump.gz id type element xs ys zs modify element Cu Zr format float %.17g
write_dump all custom unwrapped.dump id type xu yu zu modify format float %.17g
write_dump all custom/zstd images.dump.zst id element x y z ix iy iz modify element Cu Zr format float %.17g
write_dump all atom rounded.dump modify scale yes
"""

# Nothing integrates: the step only makes a second frame, of other positions than the first.
MOVED = """velocity all create 300 4711
dump images all custom/gz 1 moved/images.dump.gz id type mass x y z ix iy iz fx fy fz
dump_modify images format float %.15g units yes time yes
dump scaled all custom/zstd 1 moved/scaled.dump.zst id element xsu ysu zsu
dump_modify scaled format float %.16g element Cu Zr
run 0
displace_atoms all random 0.05 0.05 0.05 77 units box
displace_atoms all move 25.5 -13.25 40.125 units box
run 1
print "$(pe:%.16g)" file moved/energy.txt
write_data moved/lammps.data nocoeff
"""


def lammps(commands, style, data, potential):
    with open("in.tmp", "w", encoding="utf-8") as script:
        script.write(COMMON.format(style=style, data=data, potential=potential) + commands)
    subprocess.run(["lmp", "-in", "in.tmp", "-log", "none", "-screen", "none"], check=True)


def write_elsewhere(name, target, origin):
    """A data file of atom_style atomic with cell and atoms moved by `origin`: read_data moves none."""
    with open(name, encoding="utf-8") as source, open(target, "w", encoding="utf-8") as file:
        rows = False
        for line in source:
            words = line.split()
            if words[2:] and words[2] in ("xlo", "ylo", "zlo"):
                by = origin["xyz".index(words[2][0])]
                words[:2] = ["{:.17g}".format(float(v) + by) for v in words[:2]]
            elif rows and words:
                words[2:] = ["{:.17g}".format(float(v) + by) for v, by in zip(words[2:], origin)]
            rows = rows or line.startswith("Atoms")
            file.write(" ".join(words) + "\n")


def pack(name):
    with open(name, "rb") as plain, open(name + ".gz", "wb") as target:
        with gzip.GzipFile("", "wb", 9, target, mtime=0) as packed:
            packed.write(plain.read())
    os.remove(name)


def write_general(atoms, origin):
    """The general triclinic data and dump of LAMMPS since 2024, as its manual has them; Debian's is older."""
    rows = list(zip(atoms.arrays["id"], atoms.get_chemical_symbols(), atoms.positions + origin))
    with open("general.data", "w", encoding="utf-8") as file:
        file.write(f"a glass in a general cell\n\n{len(atoms)} atoms\n2 atom types\n\n")
        for name, vector in zip(("avec", "bvec", "cvec", "abc origin"), [*atoms.cell, origin]):
            file.write("{:.17g} {:.17g} {:.17g} {}\n".format(*vector, name))
        file.write("\nAtom Type Labels\n\n1 Cu\n2 Zr\n\nMasses\n\nCu 63.546\nZr 91.224\n\nAtoms # atomic\n\n")
        for number, name, x in rows:
            file.write("{} {} {:.17g} {:.17g} {:.17g}\n".format(number, name, *x))
    with open("general.dump", "w", encoding="utf-8") as file:
        file.write(f"ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n{len(atoms)}\nITEM: BOX BOUNDS abc origin pp pp pp\n")
        for vector, x in zip(atoms.cell, origin):
            file.write("{:.16e} {:.16e} {:.16e} {:.16e}\n".format(*vector, x))
        file.write("ITEM: ATOMS id typelabel x y z\n")
        for number, name, x in rows:
            file.write("{} {} {:.17g} {:.17g} {:.17g}\n".format(number, name, *x))
    pack("general.data")
    pack("general.dump")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("glass")
    parser.add_argument("folder")
    parser.add_argument("--potential", required=True)
    options = parser.parse_args()
    glass, potential = os.path.abspath(options.glass), os.path.abspath(options.potential)
    os.makedirs(os.path.join(options.folder, "moved"), exist_ok=True)
    os.chdir(options.folder)
    if not os.path.exists("glass.data.gz"):
        shutil.copy(glass, "glass.data.gz")
    with gzip.open("glass.data.gz", "rb") as packed, open("plain.tmp", "wb") as plain:
        plain.write(packed.read())
    lammps(GLASS, "atomic", "plain.tmp", potential)
    write_elsewhere("plain.tmp", "elsewhere.tmp", (3, -7, 11))
    lammps(MOVED, "atomic", "elsewhere.tmp", potential)
    pack("moved/lammps.data")
    # ASE reads LAMMPS's data and writes in its own ways; types become elements by their masses.
    atoms = ase.io.read("plain.tmp", format="lammps-data", style="atomic",
                        Z_of_type={1: 29, 2: 40}, units="metal")
    order = np.argsort(atoms.arrays["id"])
    shuffled = atoms[np.random.default_rng(3).permutation(len(order))]
    atoms = atoms[order]
    ase.io.write("ase.xyz", atoms, format="extxyz", columns=["symbols", "positions", "id"])
    ase.io.write("shuffled.xyz.gz", shuffled, format="extxyz", columns=["symbols", "id", "numbers", "positions"])
    # LAMMPS reads what ASE writes with charges and molecules, and writes it with images.
    for style in ("charge", "full"):
        ase.io.write("styled.tmp", atoms, format="lammps-data", atom_style=style, specorder=["Cu", "Zr"])
        lammps(f"mass 1 63.546\nmass 2 91.224\nset type 1 charge 0.5\nrun 0\nwrite_data {style}.data nocoeff\n", style,
               "styled.tmp", potential)
        pack(f"{style}.data")
    ase.io.write("ase.data", atoms, format="lammps-data", specorder=["Cu", "Zr"])
    pack("ase.data")
    # All that ASE may add, and axes turned.
    atoms.set_initial_magnetic_moments(np.linspace(-1, 1, len(atoms)))
    atoms.set_masses([63.546 if s == "Cu" else 91.224 for s in atoms.get_chemical_symbols()])
    atoms.rotate(40, (1, 2, 3), rotate_cell=True)
    write_general(atoms, np.array([1.5, -2.25, 0.125]))
    atoms.info = {"note": 'it says "Lattice="', "table": np.eye(3, dtype=int), "flag": True, "nested": [[1, 2], [3]]}
    ase.io.write("turned.xyz.gz", atoms, format="extxyz",
                 columns=["symbols", "positions", "masses", "initial_magmoms", "id"])
    for name in ("plain.tmp", "elsewhere.tmp", "styled.tmp", "in.tmp"):
        os.remove(name)


if __name__ == "__main__":
    main()
