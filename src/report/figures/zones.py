"""Clusters of chosen atoms in a periodic glass, whether they span it, and correlations of coarse-grained fields."""

import dataclasses

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from coarse_grain import image_pairs, perpendicular_widths, wrap

NEAR = 3.8  # [A] first minimum of a Cu-Zr glass, where no RDF gives it


def first_minimum(r, g):
    """Where g(r) is lowest between its first and its second peak [A]; `NEAR` where it has no such shape."""
    r, g = np.asarray(r, float), np.asarray(g, float)
    smooth = np.convolve(np.pad(g, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    first = int(np.argmax(smooth))
    window = (r > r[first] + 0.3) & (r < 1.75 * r[first])
    if not np.any(window) or smooth[first] < 1.2:
        return NEAR
    at = np.flatnonzero(window)
    return float(r[at[np.argmin(smooth[at])]])


class Network:
    """The neighbours of a periodic sample: pairs i < j (or equal, in tiny cells) with the image of j."""

    def __init__(self, positions, cell, cutoff):
        i, j, _, shift = image_pairs(positions, cell, cutoff)
        once = (i < j) | ((i == j) & (shift @ np.array([9, 3, 1]) > 0))
        self.i, self.j, self.shift, self.atoms = i[once], j[once], shift[once], len(positions)

    def clusters(self, chosen):
        """
        Clusters of the atoms `chosen` (indices).

        Returns each chosen atom's cluster (0 ...), and for each cluster whether it is connected with its own image
        along each lattice vector (clusters, 3).
        """
        count = len(chosen)
        place = np.full(self.atoms, -1)
        place[chosen] = np.arange(count)
        mine = (place[self.i] >= 0) & (place[self.j] >= 0)
        a, b, shift = place[self.i[mine]], place[self.j[mine]], self.shift[mine]
        graph = sparse.coo_matrix((np.ones(len(a)), (a, b)), (count, count)).tocsr()
        number, label = csgraph.connected_components(graph, directed=False)
        # A tree through every cluster, all hung on one more node, gives each atom the image in which it is reached ...
        heads = np.unique(label, return_index=True)[1]
        up, down = np.concatenate([a, np.full(number, count)]), np.concatenate([b, heads])
        whole = sparse.coo_matrix((np.ones(len(up)), (up, down)), (count + 1, count + 1)).tocsr()
        _, above = csgraph.breadth_first_order(whole, count, directed=False, return_predecessors=True)
        above[count] = count
        key = np.concatenate([a.astype(np.int64) * (count + 1) + b, b.astype(np.int64) * (count + 1) + a])
        step = np.concatenate([shift, -shift])
        order = np.argsort(key, kind="stable")
        key, step = key[order], step[order]
        image = np.zeros((count + 1, 3), dtype=np.int64)
        child = np.flatnonzero(above[:count] != count)
        image[child] = step[np.searchsorted(key, above[child].astype(np.int64) * (count + 1) + child)]
        while np.any(above != count):  # twice as far up the tree each time
            image, above = image + image[above], above[above]
        # ... and a bond that closes a ring leads to another image of the same atom where the ring goes round the cell.
        turns = (image[a] + shift - image[b]) != 0
        spans = np.zeros((number, 3), dtype=bool)
        for direction in range(3):
            spans[label[a[turns[:, direction]]], direction] = True
        return label, spans

    def summary(self, chosen):
        """Number of clusters, the largest one's share of the chosen atoms, directions in which one spans (3)."""
        label, spans = self.clusters(chosen)
        return len(spans), float(np.bincount(label).max() / len(label)), spans.any(axis=0)

    def thresholds(self, order):
        """
        The smallest share of the atoms, taken in `order`, at which a cluster spans, for each lattice vector (3).

        An atom more never disconnects anything, so bisection finds it exactly; NaN where not even all atoms span.
        """
        found, seen = np.full(3, np.nan), {}

        def spanned(number):
            if number not in seen:
                seen[number] = self.summary(order[:number])[2]
            return seen[number]

        for direction in range(3):
            if not spanned(len(order))[direction]:
                continue
            low, high = 0, len(order)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if spanned(middle)[direction] else (middle, high)
            found[direction] = high / len(order)
        return found


@dataclasses.dataclass
class Lengths:
    """R between two coarse-grained fields for each radius, with what its errors need."""

    radius: np.ndarray  # [A] (m)
    R: np.ndarray       # (m) over all atoms
    parts: np.ndarray   # (m, 8) over the atoms of each octant of the cell

    def error(self):
        """Standard error from the scatter over octants (m)."""
        return np.nanstd(self.parts, axis=1, ddof=1) / np.sqrt(np.sum(np.isfinite(self.parts), axis=1))

    def gap(self, a, b):
        """R at radius number a less that at number b, and its standard error from paired octants."""
        pairs = self.parts[a] - self.parts[b]
        return float(self.R[a] - self.R[b]), float(np.nanstd(pairs, ddof=1) / np.sqrt(np.sum(np.isfinite(pairs))))


def _correlation(values):
    if len(values) < 10 or np.any(np.ptp(values, axis=0) == 0):
        return np.nan
    return float(np.corrcoef(values.T)[0, 1])


def coarse_lengths(positions, cell, values, radii, chunk=3000):
    """
    Lengths: R between the two columns of `values` (n, 2), both averaged over spheres of each radius, self included.

    Radii beyond half the cell's smallest width are left out: there a sphere would meet itself.
    """
    widths = perpendicular_widths(np.asarray(cell, float))
    radii = np.array([r for r in radii if r <= 0.5 * widths.min()])
    count = len(values)
    sums, number = np.zeros((count, len(radii), 2)), np.zeros((count, len(radii)))
    for start in range(0, count, chunk):
        mine = np.arange(start, min(start + chunk, count))
        i, j, distance, _ = image_pairs(positions, cell, radii[-1], mine)
        bin_of = np.searchsorted(radii, distance)  # the first radius that holds the neighbour
        flat = (i - start) * len(radii) + bin_of
        shape = (len(mine), len(radii))
        number[mine] = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
        for column in range(2):
            sums[mine, :, column] = np.bincount(flat, values[j, column], shape[0] * shape[1]).reshape(shape)
    number[:, 0] += 1
    sums[:, 0] += values
    means = np.cumsum(sums, axis=1) / np.cumsum(number, axis=1)[:, :, None]
    octant = (wrap(np.asarray(positions, float), cell) >= 0.5) @ np.array([4, 2, 1])
    good = np.all(np.isfinite(values), axis=1)
    R = np.array([_correlation(means[good, k]) for k in range(len(radii))])
    parts = np.array([[_correlation(means[good & (octant == o), k]) for o in range(8)] for k in range(len(radii))])
    return Lengths(radii, R, parts)
