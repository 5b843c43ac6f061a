#!/usr/bin/env python3
"""
Are the files of a study read rightly by other people's programs? Against the numbers of the HDF5 files, by h5py.

read_results.py DIR [--program build/mgstiff-gpu] [--sample 0]

DIR is the output directory of a study with the stages barriers and elastic, as of jobs/quick.toml. Files that are read:
glass.xyz and events.xyz of the sample; what `predict` with the study's elastic_model.h5 and `evaluate` and `stiffness`
of a triclinic cell with an origin write; and glass.xyz with values that are missing (nan). Every frame, atom and
component is compared: positions and cell to 1e-8 A (the files have ten digits), species, and one column per atom.
Prints a Markdown table. Exit 1 where a reader does not read what the table of readers below says that it can. Needs
numpy and h5py; readers that are not installed are named and left out:

  python3 -m venv VENV && VENV/bin/pip install h5py ase ovito extxyz MDAnalysis chemfiles mdapy
"""

import argparse
import importlib.metadata
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
warnings.filterwarnings("ignore")

import h5py  # noqa: E402
import numpy as np  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOLERANCE = 1e-8  # A: ten digits of what is below 100 A


# ---- What is there: a frame is a dictionary of position, cell (vectors in rows), species and column ------------------
def frame(position, cell, species, column):
    return {"position": np.asarray(position), "cell": cell, "species": species, "column": column}


def glass(sample):
    with h5py.File(sample / "glass.h5") as file, h5py.File(sample / "stiffness.h5") as stiffness:
        names = np.array(list(file["species"].attrs["names"]))
        return frame(file["inherent/position"][...], file["inherent/cell"][...], names[file["species"][...]],
                     stiffness["stiffness"][...])


def events(sample, frames):
    """Those of events.xyz, known by the centre and the attempt that their second lines name."""
    whole = glass(sample)
    found = []
    with h5py.File(sample / "barriers.h5") as file:
        minimum, all_events = file["minimum"], file["events"]
        centers, attempts = all_events["center"][...], all_events["attempt"][...]
        first = all_events["first_displacement"][...]
        atoms, saddle = all_events["displaced_atom"][...], all_events["saddle_displacement"][...]
        ids = minimum["id"][...]
        for line in frames:
            said = dict(word.split("=") for word in line.split('pbc="T T T" ')[1].split())
            row = np.flatnonzero((centers == int(said["center"])) & (attempts == int(said["attempt"])))[0]
            moved = np.zeros((len(ids), 3))
            here = slice(first[row], first[row + 1])
            moved[np.searchsorted(ids, atoms[here])] = saddle[here]
            found.append(frame(minimum["position"][...], minimum["cell"][...], whole["species"], moved))
    return found


def plain(path, columns):
    """What a file of one frame says, by its words alone; of the columns behind positions those of the slice."""
    lines = path.read_text().splitlines()
    cell = np.array(lines[1].split('Lattice="')[1].split('"')[0].split(), float).reshape(3, 3)
    words = [line.split() for line in lines[2:]]
    values = np.array([w[1:] for w in words], float)
    column = values[:, 3:][:, columns]
    return frame(values[:, :3], cell, np.array([w[0] for w in words]), column[:, 0] if column.shape[1] == 1 else column)


# ---- Readers: a generator of frames; each package's name, and what it does not read ----------------------------------
def by_ase(path, name):
    import ase.io
    for atoms in ase.io.read(path, ":"):
        # ASE takes forces for results of a calculator.
        column = atoms.get_forces() if name == "forces" else atoms.arrays.get(name)
        yield frame(atoms.positions, atoms.cell[:], np.array(atoms.get_chemical_symbols()), column)


def by_ovito(path, name):
    from ovito.io import import_file
    name = {"disp": "Displacement", "forces": "Force"}.get(name, name)
    pipeline = import_file(path)
    for k in range(pipeline.source.num_frames):
        data = pipeline.compute(k)
        kinds = data.particles.particle_types
        names = {kind.id: kind.name for kind in kinds.types}
        column = data.particles[name][...] if name in data.particles else None
        yield frame(data.particles.positions[...], data.cell[...][:, :3].T, np.array([names[k] for k in kinds[...]]),
                    column)


def by_extxyz(path, name):
    import extxyz
    for part in extxyz.iread_dicts(path):
        yield frame(part.arrays["pos"], np.asarray(part.cell).T, part.arrays["species"], part.arrays.get(name))


def by_mdanalysis(path, name):
    import MDAnalysis
    universe = MDAnalysis.Universe(path)
    for step in universe.trajectory:
        cell = None if step.dimensions is None else step.triclinic_dimensions
        yield frame(universe.atoms.positions.copy(), cell, universe.atoms.names, step.data.get(name))


def by_chemfiles(path, name):
    import chemfiles
    with chemfiles.Trajectory(path) as trajectory:
        for k in range(trajectory.nsteps):
            step = trajectory.read_step(k)
            atoms = step.atoms
            has = name in atoms[0].list_properties()
            yield frame(np.array(step.positions), np.array(step.cell.matrix).T, np.array([a.type for a in atoms]),
                        np.array([a[name] for a in atoms]) if has else None)


def by_mdapy(path, name):
    import mdapy
    for system in mdapy.XYZTrajectory(path, verbose=False):
        data = system.data
        parts = {"forces": ["fx", "fy", "fz"]}.get(name, [c for c in data.columns if c == name
                                                          or c.rpartition("_")[0] == name and c[-1].isdigit()])
        column = data.select(parts).to_numpy() if parts and set(parts) <= set(data.columns) else None
        if column is not None and column.shape[1] == 1:
            column = column[:, 0]
        yield frame(data.select("x", "y", "z").to_numpy(), system.box.box, data["element"].to_numpy(), column)


# Name, package, reader, what it is known not to read, and what a user should know.
READERS = [
    ("ASE", "ase", by_ase, set(), "`forces` is `atoms.get_forces()`; the origin of a cell is `info['Origin']`"),
    ("OVITO", "ovito", by_ovito, set(), "renames: `local_energy` is Potential Energy, `disp` Displacement, `forces` "
     "Force, `id` Particle Identifier; ask types for their names, their numbers follow the file"),
    ("libextxyz", "extxyz", by_extxyz, {"nan"}, "its `cell` has the vectors in columns"),
    ("chemfiles", "chemfiles", by_chemfiles, {"nan", "compliance"}, "its `cell.matrix` has the vectors in columns"),
    ("mdapy", "mdapy", by_mdapy, set(), "`System` takes the first frame, `XYZTrajectory` all; vectors become columns "
     "`disp_0`, `disp_1`, `disp_2`, and `fx`, `fy`, `fz`"),
    ("MDAnalysis", "MDAnalysis", by_mdanalysis, {"position", "cell", "column", "nan", "compliance"},
     "reads plain XYZ alone: names and positions in single precision"),
]


def deviation(wanted, found):
    if found is None or np.shape(found) != np.shape(wanted):
        return np.inf
    wanted, found = np.asarray(wanted, float), np.asarray(found, float)
    if not np.array_equal(np.isnan(wanted), np.isnan(found)):
        return np.inf
    return float(np.nanmax(np.abs(found - wanted)))


def compare(wanted, found, what):
    """{aspect: how far off}, of all frames; what is the aspect of the column."""
    off = {"frames": 0.0 if len(found) == len(wanted) else np.inf}
    for one, other in zip(wanted, found):
        species = np.array_equal(np.asarray(one["species"], str), np.asarray(other["species"], str))
        parts = {"position": deviation(one["position"], other["position"]),
                 "cell": deviation(one["cell"], other["cell"]), "species": 0.0 if species else np.inf,
                 what: deviation(one["column"], other["column"])}
        for name, value in parts.items():
            off[name] = max(off.get(name, 0.0), value)
    return off


def make_files(arguments, sample, work):
    """[(file, name of a column, its aspect, frames that are right)]"""
    program, structure = str(pathlib.Path(arguments.program).resolve()), ROOT / "tests/data/structures/general.dump.gz"
    eam = ["--potential", str(ROOT / "jobs/potentials/Cu-Zr_2.eam.fs"), "--elements", "Cu,Zr"]

    def call(*words):
        subprocess.run([program, *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    call("predict", pathlib.Path(arguments.directory) / "elastic_model.h5", sample / "glass.xyz",
         "--out", work / "predicted.xyz")
    call("evaluate", structure, *eam, "--out", work / "evaluated.xyz")
    call("stiffness", structure, *eam, "--out", work / "harmonic.xyz")
    whole = glass(sample)
    predicted = plain(work / "predicted.xyz", slice(0, 1))
    lines = (sample / "glass.xyz").read_text().splitlines()
    at = [part for part in lines[1].split("Properties=")[1].split()[0].split(":")[::3]].index("stiffness") + 2
    for k in range(2, len(lines), 3):
        words = lines[k].split()
        words[at] = "nan"
        lines[k] = " ".join(words)
    (work / "gaps.xyz").write_text("\n".join(lines) + "\n")
    gaps = dict(whole, column=whole["column"].copy())
    gaps["column"][::3] = np.nan
    titles = [line for line in (sample / "events.xyz").read_text().splitlines() if line.startswith("Lattice")]
    return [(sample / "glass.xyz", "stiffness", "column", [whole]),
            (sample / "events.xyz", "disp", "column", events(sample, titles)),
            (work / "predicted.xyz", "stiffness", "column", [dict(whole, column=predicted["column"])]),
            (work / "evaluated.xyz", "forces", "column", [plain(work / "evaluated.xyz", slice(0, 3))]),
            (work / "gaps.xyz", "stiffness", "nan", [gaps]),
            (work / "harmonic.xyz", "compliance", "compliance", [plain(work / "harmonic.xyz", slice(1, 7))])]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("directory")
    parser.add_argument("--program", default=ROOT / "build/mgstiff-gpu")
    parser.add_argument("--sample", type=int, default=0)
    arguments = parser.parse_args()
    sample = pathlib.Path(arguments.directory) / f"samples/{arguments.sample:04}"
    status = 0
    aspects = ["frames", "position", "cell", "species", "column", "nan", "compliance"]
    print(f"| reader | {' | '.join(aspects[:5])} | nan | six components | note |\n|---|" + "---|" * 8)
    print(f"| h5py | {importlib.metadata.version('h5py')}: what the others are compared with" + " |" * 8)
    with tempfile.TemporaryDirectory() as folder:
        files = make_files(arguments, sample, pathlib.Path(folder))
        for name, package, reader, cannot, note in READERS:
            try:
                version = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                print(f"{name}: not installed, left out", file=sys.stderr)
                continue
            worst = dict.fromkeys(aspects, 0.0)
            for path, column, what, wanted in files:
                try:
                    off = compare(wanted, list(reader(str(path), column)), what)
                except (KeyboardInterrupt, SystemExit):
                    raise
                except BaseException as error:  # ChemfilesError is no Exception
                    print(f"{name}: {path.name}: {type(error).__name__}: {error}", file=sys.stderr)
                    off = {what: np.inf}
                for aspect, value in off.items():
                    worst[aspect] = max(worst[aspect], value)
                    if value > TOLERANCE and aspect not in cannot:
                        print(f"{name}: {path.name}: {aspect} is off by {value}", file=sys.stderr)
                        status = 1
            words = ["yes" if v <= TOLERANCE else "no" if np.isinf(v) else f"to {v:.0e}" for v in worst.values()]
            print(f"| {name} {version} | {' | '.join(words)} | {note} |")
    return status


if __name__ == "__main__":
    sys.exit(main())
