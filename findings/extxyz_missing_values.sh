#!/usr/bin/env bash
# Missing values of a per-atom property in extended XYZ: what ASE writes, the format's own library cannot read.
#
# One would guess: a file that ase.io.write(..., format="extxyz") has made of a real array with NaN in it, which is how
# atoms without a value are marked, is read by libextxyz, the reference implementation of the format, and by chemfiles,
# which reads extended XYZ properties too; or NaN is refused when it is written.
# What happens (ASE 3.29.0, extxyz 0.4.6, chemfiles 0.10.4): ASE writes `nan` without a word and reads it back as NaN.
# extxyz raises "invalid field 'nan' for property 'barrier'", and chemfiles "can not parse 'nan' as a double": neither
# gives the frame. (chemfiles's error is a BaseException, which `except Exception` lets through.)
# What to do: leave missing values out of files for others, or write a column that says which atoms have one (an
# integer or L), with any finite number for those that have none.
#
# Needs python3 with venv and the network. Some 150 MB, in a temporary folder.
set -euo pipefail
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check ase==3.29.0 extxyz==0.4.6 chemfiles==0.10.4
cat >missing.py <<'PY'
import sys
import warnings

import ase.io
import chemfiles
import extxyz
import numpy as np

warnings.simplefilter("ignore")
faults = []


def outcome(read):
    try:
        return read()
    except (Exception, chemfiles.ChemfilesError) as error:  # whatever a reader raises is what is asked for
        return f"{type(error).__name__}: {error}".strip()


for name, values in (("whole", [1.25, 2.5]), ("missing", [1.25, float("nan")])):
    atoms = ase.Atoms("CuZr", positions=[[0, 0, 0], [1.6, 1.6, 1.6]], cell=[3.2] * 3, pbc=True)
    atoms.new_array("barrier", np.array(values))
    ase.io.write(f"{name}.xyz", atoms, format="extxyz")
    found = {
        "ASE": outcome(lambda: list(ase.io.read(f"{name}.xyz").arrays["barrier"])),
        "extxyz": outcome(lambda: list(next(extxyz.iread_dicts(f"{name}.xyz")).arrays["barrier"])),
        "chemfiles": outcome(lambda: [atom["barrier"] for atom in chemfiles.Trajectory(f"{name}.xyz").read().atoms]),
    }
    for reader, said in found.items():
        print(f"{name:8} {reader:10} {said}")
        reads = not isinstance(said, str)
        if reads != (name == "whole" or reader == "ASE"):
            faults.append(f"{reader}, {name}: {said}")
if issubclass(chemfiles.ChemfilesError, Exception):
    faults.append("ChemfilesError is an Exception now")
sys.exit("CHANGED: " + "; ".join(faults) if faults else 0)
PY
venv/bin/python missing.py
echo "as described"
