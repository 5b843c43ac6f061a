#!/usr/bin/env python3
"""Expected efficiency of the domain decomposition, on paper: prints the table of benchmarks/README.md.

A box of N atoms is divided along each direction into equal domains of edges L_d, a rank each. With density rho, cutoff
c, skin s and halo h = c + s, summing or multiplying over the directions d that are divided:

  ghosts per domain     rho (prod (L_d + 2 h) - prod L_d): the halo is a box, corners with it
  messages              to 26 neighbours (8 in a slab of pencils, 2 in a stack of slabs), twice per step: the points,
                        then the points with F'(rho); --bytes per ghost each time (16 in `mixed`, 32 in `double`)
  extra pairs           full rows (GPU): none, for every atom meets all its neighbours anyway, and F' of a ghost comes
                        from its owner. Half rows (host): sum 3 c / (8 L_d), because pairs that cross a face number
                        rho^2 pi c^4 / 4 per area, pairs in all rho^2 2 pi c^3 / 3 per volume, and a domain counts the
                        whole of those at its two faces across d where half would be its share
  sums                  2 gathers per step of --sum-bytes from every rank to every rank: log2(ranks) latencies
  launches              --launch seconds per step, for a divided system's steps are not captured in a graph
  rebuild               every --steps-per-rebuild steps: migration and ghosts on the host, --host seconds per own atom

"as built" adds these up. "lists on device" leaves out the last; "and overlap" also hides the exchanges behind the pairs
of atoms further than h from every divided face. Efficiency: time of one rank that has its share of the atoms and no
neighbour, over the time of a step.
"""
import argparse
import json
import math
import sys

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--cutoff", type=float, default=7.6, help="[A] (default: %(default)s)")
parser.add_argument("--skin", type=float, default=1.0, help="[A] (default: %(default)s)")
parser.add_argument("--density", type=float, default=0.0575, help="[1/A^3] (default: %(default)s)")
parser.add_argument("--rates", type=float, nargs="+", default=[0.4e9, 1e9],
                    help="atom-steps/s of a device alone (default: 0.4e9 1e9)")
parser.add_argument("--latency", type=float, default=3e-6, help="[s] of a message (default: %(default)s)")
parser.add_argument("--gap", type=float, default=0.5e-6, help="[s] between two messages (default: %(default)s)")
parser.add_argument("--bandwidth", type=float, default=25e9, help="[B/s] per rank, each way (default: %(default)s)")
parser.add_argument("--bytes", type=float, default=16, help="per ghost and exchange (default: %(default)s)")
parser.add_argument("--sum-bytes", type=float, default=100, help="per rank and sum (default: %(default)s)")
parser.add_argument("--launch", type=float, default=60e-6, help="[s] per step (default: %(default)s)")
parser.add_argument("--host", type=float, default=1.6e-7, help="[s] per own atom and rebuild (default: %(default)s)")
parser.add_argument("--steps-per-rebuild", type=float, default=16, help="(default: %(default)s)")
parser.add_argument("--face-cost", type=float, default=1.55,
                    help="of an extra pair on the host, in pairs; counted (default: %(default)s)")
parser.add_argument("--measured", metavar="FILE", help="JSON of scaling.sh: prints it beside the model of the host")
a = parser.parse_args()
HALO = a.cutoff + a.skin


def grid_of(ranks):
    """The numbers of domains along three edges of a cube, with the smallest surface."""
    best = None
    for x in (n for n in range(1, ranks + 1) if ranks % n == 0):
        for y in (n for n in range(1, ranks // x + 1) if ranks // x % n == 0):
            grid = (x, y, ranks // x // y)
            surface = sum(n for n in grid if n > 1)
            if best is None or surface < best[0]:
                best = surface, grid
    return best[1]


class Domain:
    """One of `ranks` equal domains of a cube of `atoms`."""

    def __init__(self, atoms, ranks):
        self.ranks, self.own = ranks, atoms / ranks
        grid = grid_of(ranks)
        side = (atoms / a.density) ** (1 / 3)
        edges = [(side / n, n > 1) for n in grid]
        self.edges = [edge for edge, _ in edges]
        divided = [edge for edge, is_divided in edges if is_divided]
        volume = math.prod(self.edges)
        self.ghosts = a.density * (math.prod(e + 2 * HALO * d for e, d in edges) - volume)
        self.interior = math.prod(max(e - 2 * HALO * d, 0) for e, d in edges) / volume
        self.extra_pairs = sum(3 * a.cutoff / (8 * edge) for edge in divided)
        self.messages = math.prod(min(n, 3) for n in grid) - 1
        self.sums = math.ceil(math.log2(ranks))

    def exchange(self, latency, bandwidth):
        """[s] of one of the two of a step."""
        if not self.messages:
            return 0.0
        return latency + a.gap * (self.messages - 1) + a.bytes * self.ghosts / bandwidth

    def efficiency(self, rate, on_host, overlap):
        alone = self.own / rate
        if self.ranks == 1:
            return 1.0
        exchanges = 2 * self.exchange(a.latency, a.bandwidth)
        if overlap:
            exchanges = max(0.0, exchanges - self.interior * alone)
        sums = 2 * (self.sums * a.latency + a.sum_bytes * self.ranks / a.bandwidth)
        host = a.host * self.own / a.steps_per_rebuild if on_host else 0.0
        return alone / (alone + exchanges + sums + a.launch + host)


def table():
    forms = [("as built", True, False), ("lists on device", False, False), ("and overlap", False, True)]
    heads = [f"{name}, {rate:.1e} /s" for name, *_ in forms for rate in a.rates]
    heads = ["atoms", "GPUs", "atoms per GPU", "edges [A]", "ghosts per atom", "MB out per step"] + heads
    print("| " + " | ".join(heads) + " |")
    print("|" + "---:|" * len(heads))
    for atoms, ranks in ((1e6, 8), (1e7, 8), (1e8, 8), (1e7, 64), (1e8, 64), (1e9, 64), (1e8, 512), (1e9, 512),
                         (1e9, 4096), (1e9, 8192)):
        d = Domain(atoms, ranks)
        cells = [d.efficiency(rate, host, overlap) for _, host, overlap in forms for rate in a.rates]
        edges = " x ".join(f"{e:.0f}" for e in d.edges)
        print(f"| {atoms:.0e} | {ranks} | {d.own:.2g} | {edges} | {d.ghosts / d.own:.2f} | "
              f"{2e-6 * a.bytes * d.ghosts:.2f} | " + " | ".join(f"{100 * e:.0f} %" for e in cells) + " |")


def beside(path):
    """Host ranks on one machine: half rows, exchanges through memory behind the inner pairs, so only pairs count."""
    with open(path, encoding="utf-8") as file:
        measured = json.load(file)
    print("| | ranks | atoms | ghosts per atom, counted | model | extra pairs, model | efficiency, model | measured | "
          "of the fastest repeats |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for kind in ("strong", "weak"):
        for point in measured[kind]:
            ranks = point["ranks"]
            if ranks == 1:
                continue
            d = Domain(point["atoms"], ranks)
            print(f"| {kind} | {ranks} | {point['atoms']} | {point['ghosts_per_atom']:.3f} | {d.ghosts / d.own:.3f} | "
                  f"{100 * d.extra_pairs:.1f} % | "
                  f"{100 / (1 + a.face_cost * d.extra_pairs):.0f} % | "
                  f"{100 * point['efficiency']:.0f} % | {100 * point['efficiency_best']:.0f} % |")


if a.measured:
    try:
        beside(a.measured)
    except (OSError, ValueError, KeyError) as problem:
        sys.exit(f"error: cannot use {a.measured} ({problem!r}); give the JSON that scaling.sh wrote")
else:
    table()
