#!/usr/bin/env python3
"""One small glass in the files of LAMMPS and ASE: make_structures.py GLASS.data[.gz] FOLDER --potential FILE

The glass (a LAMMPS data file with ids, types Cu and Zr, a triclinic cell) is read by LAMMPS, which writes it as data and
dumps, and by ASE, which writes it as extended XYZ and data. Needs lmp (with compressed dumps) and python3-ase.
"""

import argparse
import gzip
import os
import shutil
import subprocess

import ase.io
import numpy as np


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("glass")
    parser.add_argument("folder")
    parser.add_argument("--potential", required=True)
    options = parser.parse_args()
    glass, potential = os.path.abspath(options.glass), os.path.abspath(options.potential)
    os.makedirs(options.folder, exist_ok=True)
    os.chdir(options.folder)
    if not os.path.exists("glass.data.gz"):
        shutil.copy(glass, "glass.data.gz")
    with gzip.open("glass.data.gz", "rb") as packed, open("plain.tmp", "wb") as plain:
        plain.write(packed.read())
    with open("in.tmp", "w", encoding="utf-8") as script:
        script.write(f"""units metal
atom_style atomic
boundary p p p
read_data plain.tmp
pair_style eam/fs
pair_coeff * * {potential} Cu Zr
run 0
write_data lammps.data nocoeff
write_dump all custom/gz scaled.dump.gz id type element xs ys zs modify element Cu Zr format float %.17g
write_dump all custom unwrapped.dump id type xu yu zu modify format float %.17g
write_dump all custom/zstd images.dump.zst id element x y z ix iy iz modify element Cu Zr format float %.17g
write_dump all atom rounded.dump modify scale yes
""")
    subprocess.run(["lmp", "-in", "in.tmp", "-log", "none", "-screen", "none"], check=True)
    # ASE reads LAMMPS's data and writes in its own ways; types become elements by their masses.
    atoms = ase.io.read("plain.tmp", format="lammps-data", style="atomic",
                        Z_of_type={1: 29, 2: 40}, units="metal")
    order = np.argsort(atoms.arrays["id"])
    shuffled = atoms[np.random.default_rng(3).permutation(len(order))]
    atoms = atoms[order]
    ase.io.write("ase.xyz", atoms, format="extxyz", columns=["symbols", "positions", "id"])
    ase.io.write("shuffled.xyz.gz", shuffled, format="extxyz", columns=["symbols", "id", "numbers", "positions"])
    for name in ("plain.tmp", "in.tmp"):
        os.remove(name)


if __name__ == "__main__":
    main()
