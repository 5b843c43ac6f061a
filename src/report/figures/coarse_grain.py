"""Coarse-graining over a sphere: the mean over the atoms within a radius, self included, in any periodic cell."""

import itertools

import numpy as np
from scipy.spatial import cKDTree


def perpendicular_widths(cell):
    """Distances between opposite faces [A] (3); the rows of `cell` are the lattice vectors [A]."""
    return 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)


def wrap(positions, cell):
    """Fractional coordinates in [0, 1) (n, 3)."""
    fractional = positions @ np.linalg.inv(cell)
    fractional -= np.floor(fractional)
    fractional[fractional >= 1.0] = 0.0  # -1e-17 - floor(-1e-17) rounds to 1
    return fractional


def neighbor_pairs(positions, cell, radius):
    """
    All pairs (i, j) whose nearest images lie within `radius` [A], each once in both orders, self pairs included.

    Every atom counts once, however many of its images lie in the sphere (small cells). Returns two index arrays,
    sorted by i, then j.
    """
    positions = np.asarray(positions, dtype=float)
    cell = np.asarray(cell, dtype=float)
    fractional = wrap(positions, cell)
    count = len(fractional)
    # The sphere about an atom in the cell reaches at most radius / width beyond each face.
    reach = radius / perpendicular_widths(cell) + 1e-9
    images, owners = [], []
    ranges = [range(-int(np.ceil(r)), int(np.ceil(r)) + 1) for r in reach]
    for shift in itertools.product(*ranges):
        shifted = fractional + np.array(shift, dtype=float)
        near = np.all((shifted >= -reach) & (shifted <= 1.0 + reach), axis=1)
        images.append(shifted[near] @ cell)
        owners.append(np.nonzero(near)[0])
    images, owners = np.concatenate(images), np.concatenate(owners)
    pairs = cKDTree(fractional @ cell).sparse_distance_matrix(cKDTree(images), radius, output_type="ndarray")
    keys = np.unique(pairs["i"].astype(np.int64) * count + owners[pairs["j"]])
    return keys // count, keys % count


def coarse_grain(positions, cell, values, radius):
    """
    Mean of `values` (n) or (n, k) over the atoms within `radius` [A] of each atom, self included.

    `positions` [A] (n, 3) may lie outside the cell; the rows of `cell` [A] (3, 3) are the lattice vectors.
    """
    values = np.asarray(values, dtype=float)
    i, j = neighbor_pairs(positions, cell, radius)
    count = len(values)
    weight = np.bincount(i, minlength=count)
    if values.ndim == 1:
        return np.bincount(i, weights=values[j], minlength=count) / weight
    columns = [np.bincount(i, weights=column[j], minlength=count) / weight for column in values.T]
    return np.stack(columns, axis=1)
