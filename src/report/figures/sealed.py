"""Result files are sealed: their first 512 bytes say the length and the SHA-256 of what follows (src/io/hdf5.cpp)."""

import hashlib
import os

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
