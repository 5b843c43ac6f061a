"""
What the Python parts of the regression scripts share.

regression.py ONE TWO [--only NAME...] [--at-least N]: the HDF5 files of two output directories, or those of these names
(glass.h5, ...), are the same files with the same datasets, N of them (1) or more, and the same bits. Checkpoints and
what was set aside do not count. Prints what differs and exits 1, else the number of datasets.
"""

import argparse
import os
import re
import sys
from types import SimpleNamespace

import h5py
import numpy as np

failures = []


def hold(condition, what):
    """Notes what does not hold; finish() tells."""
    if not condition:
        failures.append(what)


def finish():
    """Ends the script, with status 1 where something did not hold."""
    sys.exit("\n".join(f"FAILED: {what}" for what in failures) or 0)


def read_xyz(path):
    """Of an extended XYZ file's first frame: properties (text), cell (3, 3; rows), columns by name, sorted by id."""
    with open(path, encoding="utf-8") as file:
        count, comment = int(file.readline()), file.readline()
        rows = [line.split() for _, line in zip(range(count), file)]
    if len(rows) != count:
        sys.exit(f"FAILED: {path}: {len(rows)} rows of {count}")
    properties = re.search(r"Properties=(\S+)", comment)[1]
    columns, at = {}, 0
    for name, kind, width in re.findall(r"(\w+):([SRIL]):(\d+)", properties):
        values = [row[at:at + int(width)] for row in rows]
        columns[name] = np.array(values, dtype={"S": str, "R": float, "I": int, "L": int}[kind])
        if width == "1":
            columns[name] = columns[name][:, 0]
        at += int(width)
    order = np.argsort(columns["id"])
    cell = np.array(re.search(r'Lattice="([^"]*)"', comment)[1].split(), dtype=float).reshape(3, 3)
    return SimpleNamespace(properties=properties, cell=cell, columns={k: v[order] for k, v in columns.items()})


def result_files(directory, only):
    """Paths below the directory of its HDF5 files, checkpoints left out."""
    found = []
    for folder, folders, files in os.walk(directory):
        folders[:] = [f for f in folders if f not in ("checkpoints", "set-aside")]
        found += [os.path.relpath(os.path.join(folder, f), directory) for f in files
                  if f.endswith(".h5") and (not only or f in only)]
    return sorted(found)


def datasets(path):
    """All datasets of an HDF5 file by name."""
    found = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def same(one, two, only):
    """Notes where the results of two output directories differ; the number of datasets that were compared."""
    files, others = result_files(one, only), result_files(two, only)
    hold(files == others, f"{two} has other files than {one}: {sorted(set(files) ^ set(others))}")
    compared = 0
    for path in (f for f in files if f in others):
        a, b = datasets(os.path.join(one, path)), datasets(os.path.join(two, path))
        where = os.path.join(two, path)
        hold(set(a) == set(b), f"{where} has other datasets: {sorted(set(a) ^ set(b))}")
        for name in (n for n in a if n in b):
            compared += 1
            alike = a[name].dtype == b[name].dtype and a[name].shape == b[name].shape
            hold(alike and a[name].tobytes() == b[name].tobytes(), f"{where}:/{name} has other bits than in {one}")
    return compared


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("one")
    parser.add_argument("two")
    parser.add_argument("--only", nargs="+", default=[])
    parser.add_argument("--at-least", type=int, default=1)
    options = parser.parse_args()
    compared = same(options.one, options.two, options.only)
    hold(compared >= options.at_least, f"only {compared} datasets of {options.one} and {options.two} were compared")
    if not failures:
        print(f"{options.two}: {compared} datasets have the bits of {options.one}")
    finish()


if __name__ == "__main__":
    main()
