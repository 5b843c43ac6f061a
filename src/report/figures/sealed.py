"""
Result files are sealed: the first 512 bytes of an HDF5 file say the length and the SHA-256 of what follows
(src/io/hdf5.cpp), and the last key of a JSON file is the SHA-256 of all before its line (src/io/json.cpp).
"""

import hashlib
import os
import re

import h5py

MARK, BLOCK = b"mgstiff-gpu sealed HDF5\n", 512


def open_result(path):
    """The file for reading. OSError where it is sealed and not what was written."""
    with open(path, "rb") as file:
        block = file.read(BLOCK)
        if block.startswith(MARK):
            digest = hashlib.sha256()
            while chunk := file.read(1 << 20):
                digest.update(chunk)
            said = f"length {os.path.getsize(path) - BLOCK}\nsha256 {digest.hexdigest()}\n".encode()
            if block[len(MARK):].rstrip(b"\0") != said:
                raise OSError("changed since it was written: its seal does not fit")
    return h5py.File(path, "r")


def require_seal(text):
    """ValueError where the text of a JSON file is sealed and not what was written."""
    seal = re.search(r' *"sha256": "(\w*)"\n}\n\Z', text)
    if seal and hashlib.sha256(text[:seal.start()].encode()).hexdigest() != seal[1]:
        raise ValueError("changed since it was written: its seal does not fit")
