#!/usr/bin/env python3
"""
Runs what `python3 -c CODE` or `python3 SCRIPT ARGUMENT...` would, and adds to the file $HDF5_RECORD what that asked of
HDF5 files: lines "glass.h5 /inherent/cell" and, for attributes, "glass.h5 /species@names".
"""

import atexit
import os
import posixpath
import runpy
import sys

import h5py

asked = set()


def record(owner, method, line):
    plain = getattr(owner, method)

    def recorded(self, name, *arguments):
        asked.add(line(self, name))
        return plain(self, name, *arguments)

    setattr(owner, method, recorded)


def object_line(group, name):
    return f"{os.path.basename(group.file.filename)} {posixpath.join(group.name, name)}"


def attribute_line(attributes, name):
    identity = attributes._id
    path = h5py.h5i.get_name(identity).decode()
    return f"{os.path.basename(h5py.h5i.get_file_id(identity).name.decode())} {path}@{name}"


def write():
    with open(os.environ["HDF5_RECORD"], "a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in sorted(asked))


for method in ("__getitem__", "__contains__"):
    record(h5py.Group, method, object_line)
for method in ("__getitem__", "__contains__", "get"):
    record(h5py.AttributeManager, method, attribute_line)
atexit.register(write)
if sys.argv[1] == "-c":
    exec(sys.argv[2])
else:
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")
