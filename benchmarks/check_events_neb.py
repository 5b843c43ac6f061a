#!/usr/bin/env python3
"""
Holds barriers of a study against LAMMPS's climbing-image nudged elastic band.

check_events_neb.py BARRIERS.h5 --potential FILE --elements Cu,Zr [--events 20] [--lammps lmp] [--mpirun mpirun]
                    [--work DIR] [--json FILE] [--bound 0.005]

For accepted, distinct, polished events at equal steps through their barriers: the band starts at the minimum, goes
through the saddle's displacement and ends at the final state (the ends come to rest in LAMMPS with all atoms), five
images, one climbing: LAMMPS takes the highest. The barrier is the highest of the images over the first. Where that is
not the middle one, the way leads over another saddle: then it is counted as such, and not as agreement. Exit 1 where
fewer than nine in ten of those that converged over the middle image agree within the bound [eV], or where these are
fewer than half of the events.
LAMMPS with its package REPLICA is Debian's `lammps`.
"""

import argparse
import json
import os
import re
import subprocess
import sys

import h5py
import numpy as np

IMAGES = 5


def write_data(path, position, species, cell, masses):
    """LAMMPS data file; an orthorhombic or a triclinic cell with a along x and b in the xy plane."""
    a, b, c = cell
    if abs(a[1]) + abs(a[2]) + abs(b[2]) > 1e-9:
        sys.exit("the cell is not in LAMMPS's orientation")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"minimum\n\n{len(position)} atoms\n{len(masses)} atom types\n\n")
        for k, axis in enumerate("xyz"):
            out.write(f"0 {cell[k][k]:.15g} {axis}lo {axis}hi\n")
        if abs(b[0]) + abs(c[0]) + abs(c[1]) > 1e-12:
            out.write(f"{b[0]:.15g} {c[0]:.15g} {c[1]:.15g} xy xz yz\n")
        out.write("\nMasses\n\n")
        for k, mass in enumerate(masses):
            out.write(f"{k + 1} {mass:g}\n")
        out.write("\nAtoms\n\n")
        for k, (x, s) in enumerate(zip(position, species)):
            out.write(f"{k + 1} {s + 1} {x[0]:.15g} {x[1]:.15g} {x[2]:.15g}\n")


def run(command, folder):
    environment = dict(os.environ, OMP_NUM_THREADS="1", OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                       OMPI_MCA_mpi_yield_when_idle="1")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")


def band(options, folder, start, saddle, final, species, cell):
    """Energies [eV] of the images of a converged band, to 1 meV; its largest force; its barrier, with all digits."""
    masses = options.masses
    write_data(os.path.join(folder, "start.data"), start, species, cell, masses)
    common = ("units metal\natom_style atomic\natom_modify map array sort 0 0.0\nboundary p p p\nread_data {}\n"
              f"pair_style eam/fs\npair_coeff * * {options.potential} {' '.join(options.elements)}\n")
    # The two ends come to rest with all atoms.
    for end, position in (("first", start), ("last", final)):
        write_data(os.path.join(folder, end + ".data"), position, species, cell, masses)
        with open(os.path.join(folder, end + ".in"), "w", encoding="utf-8") as script:
            script.write(common.format(end + ".data") + "min_style fire\ntimestep 0.002\nminimize 0 1e-5 20000 20000\n"
                         f"write_dump all custom {end}.dump id xu yu zu modify sort id format float %.16g\n")
        run([options.lammps, "-in", end + ".in", "-log", "none", "-screen", "none"], folder)
    ends = []
    for end in ("first", "last"):
        rows = np.loadtxt(os.path.join(folder, end + ".dump"), skiprows=9)
        ends.append(rows[np.argsort(rows[:, 0]), 1:4])
    inverse = np.linalg.inv(cell)
    near = [e - np.round((e - start) @ inverse) @ cell for e in ends]
    half = IMAGES // 2
    path = [near[0] + (saddle - near[0]) * k / half for k in range(half + 1)]
    path += [saddle + (near[1] - saddle) * k / half for k in range(1, half + 1)]
    for k, position in enumerate(path):
        with open(os.path.join(folder, f"image.{k + 1}"), "w", encoding="utf-8") as out:
            out.write(f"{len(position)}\n")
            for i, x in enumerate(position):
                out.write(f"{i + 1} {x[0]:.15g} {x[1]:.15g} {x[2]:.15g}\n")
    write_data(os.path.join(folder, "band.data"), near[0], species, cell, masses)
    with open(os.path.join(folder, "band.in"), "w", encoding="utf-8") as script:
        script.write("variable i uloop " + str(IMAGES) + "\n" + common.format("band.data") +
                     "fix 1 all neb 1.0 parallel ideal\ntimestep 0.01\nmin_style fire\nthermo 100\n"
                     f"neb 0.0 {options.force} {options.plain} {options.steps} 10 each image.$i\n")
    run([options.mpirun, "--oversubscribe", "--bind-to", "none", "-n", str(IMAGES), options.lammps, "-partition",
         f"{IMAGES}x1", "-in", "band.in", "-log", "band.log", "-screen", "none"], folder)
    with open(os.path.join(folder, "band.log"), encoding="utf-8") as log:
        rows = [line.split() for line in log if re.match(r"^\s*\d+\s+[-\d.e+]+\s", line)]
    last = [float(v) for v in rows[-1]]
    return np.array(last[-2 * IMAGES + 1::2]), last[1], last[6]  # EBF, the highest over the first


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("barriers")
    parser.add_argument("--potential", required=True)
    parser.add_argument("--elements", required=True, type=lambda s: s.split(","))
    parser.add_argument("--masses", type=lambda s: [float(m) for m in s.split(",")])
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--force", type=float, default=0.003, help="largest force of the band [eV/A]")
    parser.add_argument("--steps", type=int, default=1500, help="with the middle image climbing")
    parser.add_argument("--plain", type=int, default=10, help="steps before, a multiple of 10: a band that may slide "
                        "for long finds the lowest way between the two states, which may be another saddle's")
    parser.add_argument("--centers", type=lambda s: [int(i) for i in s.split(",")],
                        help="the events at these atoms instead")
    parser.add_argument("--lammps", default="lmp")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--work", default="neb")
    parser.add_argument("--json")
    parser.add_argument("--bound", type=float, default=0.005)
    options = parser.parse_args()
    options.potential = os.path.abspath(options.potential)
    if options.masses is None:
        options.masses = [1.0] * len(options.elements)
    with h5py.File(options.barriers, "r") as file:
        identity = file["minimum/id"][...]
        start, species, cell = (file["minimum/" + k][...] for k in ("position", "species", "cell"))
        e = {k: file["events/" + k][...] for k in file["events"]}
    good = np.flatnonzero((e["status"] == 0) & (e["duplicate_of"] < 0) & (e["whole_evaluations"] > 0))
    good = good[np.argsort(e["barrier"][good])]
    if len(good) == 0:
        sys.exit("no polished event is there")
    chosen = good[np.unique(np.linspace(0, len(good) - 1, min(options.events, len(good))).astype(int))]
    if options.centers:
        chosen = good[np.isin(e["center"][good], options.centers)]
    index = {atom: k for k, atom in enumerate(identity)}
    results = []
    for event in chosen:
        first, last = e["first_displacement"][event], e["first_displacement"][event + 1]
        atoms = [index[a] for a in e["displaced_atom"][first:last]]
        saddle, final = start.copy(), start.copy()
        saddle[atoms] += e["saddle_displacement"][first:last]
        final[atoms] += e["final_displacement"][first:last]
        folder = os.path.join(options.work, f"{e['center'][event]}-{e['attempt'][event]}")
        os.makedirs(folder, exist_ok=True)
        try:
            energies, force, barrier = band(options, folder, start, saddle, final, species, cell)
        except RuntimeError as failure:  # LAMMPS's images now and then lose step with each other
            print(f"atom {e['center'][event]:6d} attempt {e['attempt'][event]:3d}: no band, {failure}", file=sys.stderr)
            continue
        inner = energies[1:-1]
        single = bool(np.argmax(energies) == IMAGES // 2 or len(inner) == 1)
        results.append({"center": int(e["center"][event]), "attempt": int(e["attempt"][event]),
                        "barrier_eV": float(e["barrier"][event]), "neb_eV": barrier,
                        "difference_eV": barrier - float(e["barrier"][event]), "neb_force_eV_A": force,
                        "images_eV": [float(v - energies[0]) for v in energies], "highest_in_the_middle": single})
        print(f"atom {e['center'][event]:6d} attempt {e['attempt'][event]:3d}: {e['barrier'][event]:.5f} eV, "
              f"band {barrier:.5f} eV (force {force:.4f}), difference {1e3 * results[-1]['difference_eV']:+.2f} meV",
              flush=True)
    ended = [r for r in results if r["neb_force_eV_A"] <= 1.05 * options.force]
    same = [r for r in ended if r["highest_in_the_middle"]]
    within = [abs(r["difference_eV"]) <= options.bound for r in same]
    print(f"{len(chosen)} events, {len(results)} bands, {len(ended)} of them converged; in {len(same)} of these the "
          f"highest image is the middle one, else the way leads over another saddle: {sum(within)} within "
          f"{1e3 * options.bound:g} meV")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as out:
            json.dump(results, out, indent=1)
    return 0 if len(same) >= 0.5 * len(chosen) and sum(within) >= 0.9 * len(same) else 1


if __name__ == "__main__":
    sys.exit(main())
