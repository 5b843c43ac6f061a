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


def with_images(positions, cell, radius):
    """
    The atoms inside the cell [A] (n, 3), and they and their images within `radius` [A] of the cell: positions [A],
    owners and whole lattice vectors (m, 3).
    """
    cell = np.asarray(cell, dtype=float)
    fractional = wrap(np.asarray(positions, dtype=float), cell)
    # The sphere about an atom in the cell reaches at most radius / width beyond each face.
    reach = radius / perpendicular_widths(cell) + 1e-9
    images, owners, shifts = [], [], []
    ranges = [range(-int(np.ceil(r)), int(np.ceil(r)) + 1) for r in reach]
    for shift in itertools.product(*ranges):
        shifted = fractional + np.array(shift, dtype=float)
        near = np.all((shifted >= -reach) & (shifted <= 1.0 + reach), axis=1)
        images.append(shifted[near] @ cell)
        owners.append(np.nonzero(near)[0])
        shifts.append(np.tile(np.array(shift), (int(near.sum()), 1)))
    return fractional @ cell, np.concatenate(images), np.concatenate(owners), np.concatenate(shifts)


def neighbor_pairs(positions, cell, radius):
    """
    All pairs (i, j) whose nearest images lie within `radius` [A], each once in both orders, self pairs included.

    Every atom counts once, however many of its images lie in the sphere (small cells). Returns two index arrays,
    sorted by i, then j.
    """
    inside, images, owners, _ = with_images(positions, cell, radius)
    pairs = cKDTree(inside).sparse_distance_matrix(cKDTree(images), radius, output_type="ndarray")
    count = len(inside)
    keys = np.unique(pairs["i"].astype(np.int64) * count + owners[pairs["j"]])
    return keys // count, keys % count


def image_pairs(positions, cell, radius, centers=None):
    """
    Every image within `radius` [A] of each atom (of each of `centers`, indices), the atom itself left out.

    Returns i, j, the distance [A] and the image of j in whole lattice vectors (m, 3), both atoms taken inside the cell.
    """
    inside, images, owners, shifts = with_images(positions, cell, radius)
    centers = np.arange(len(inside)) if centers is None else np.asarray(centers)
    pairs = cKDTree(inside[centers]).sparse_distance_matrix(cKDTree(images), radius, output_type="ndarray")
    i, j, shift = centers[pairs["i"]], owners[pairs["j"]], shifts[pairs["j"]]
    other = (i != j) | np.any(shift != 0, axis=1)
    return i[other], j[other], pairs["v"][other], shift[other]


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
