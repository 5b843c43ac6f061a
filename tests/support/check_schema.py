#!/usr/bin/env python3
"""
The names in three places agree: result files as the program writes them, from one table (src/study/results), those of
make_synthetic_study.py, and what the report's figures read.

check_schema.py STUDY... SYNTHETIC ASKED: every dataset and attribute of the synthetic study is in the studies' files of
the same name, with as many dimensions, the same kind of number and the same unit; everything in ASKED (record_hdf5.py)
is in one of the studies, and is of every kind of file.
"""

import glob
import os
import sys

import h5py
from regression import failures, finish, hold


def fields(path):
    """All that a file has: (dimensions, kind of number) of "/inherent/cell", None of a group, values of "/msd@unit"."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found["/" + name] = (item.ndim, item.dtype.kind)
        elif name:
            found["/" + name] = None
        for attribute, value in item.attrs.items():
            found[f"/{name}@{attribute}"] = value

    with h5py.File(path) as file:
        visit("", file)
        file.visititems(visit)
    return found


def result_files(study):
    """(name, fields) of every result file."""
    paths = sorted(glob.glob(f"{study}/*.h5") + glob.glob(f"{study}/samples/*/*.h5"))
    return [(os.path.basename(path), fields(path)) for path in paths]


def text(value):
    """Texts of an attribute: one, or a list."""
    return value if isinstance(value, str) else [v.decode() if isinstance(v, bytes) else str(v) for v in value]


def main():
    *studies, synthetic, asked = sys.argv[1:]
    real = {}
    for file, its_fields in (pair for study in studies for pair in result_files(study)):
        real.setdefault(file, {}).update(its_fields)
    made = result_files(synthetic)
    for file, its_fields in made:
        for name, value in its_fields.items():
            where, own = f"{file}: {name} of the synthetic study", real.get(file, {}).get(name)
            if name not in real.get(file, {}):
                hold(False, f"{where} is in no file of the program")
            elif "@" not in name:
                hold(value == own, f"{where} is {value}, the program's {own}")
            elif name.endswith(("@unit", "@names")):
                hold(text(value) == text(own), f"{where} is {text(value)}, the program's {text(own)}")
    with open(asked, encoding="utf-8") as lines:
        questions = sorted({tuple(line.split(maxsplit=1)) for line in lines.read().splitlines()})
    for file, name in questions:
        hold(name == "/" or name in real.get(file, {}), f"{file}: the report asks for {name}, which no run writes")
    for file in ("glass.h5", "thermo.h5", "stiffness.h5", "prediction.h5", "barriers.h5", "model.h5"):
        hold(any(file == f for f, _ in made), f"the synthetic study has no {file}")
        hold(any(file == f for f, _ in questions), f"the report does not read {file}")
    print(f"{len(made)} synthetic files, {len(questions)} names that the report asks for: {len(failures)} faults")
    finish()


if __name__ == "__main__":
    main()
