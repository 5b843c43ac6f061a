#!/usr/bin/env python3
"""Expected efficiency of the domain decomposition, on paper; prints the table of benchmarks/README.md.

Cubic domains of edge L, divided along three directions. With density rho, cutoff c and halo h = c + skin:
  ghosts per domain          rho ((L + 2h)^3 - L^3)
  pairs met on both sides    of all: 9 c / 8 L   (pairs across a plane: rho^2 pi c^4 / 4 per area; pairs: rho^2 2 pi
                             c^3 / 3 per volume; a domain has six faces and half of each face's pairs are its extra)
  messages per step          2 exchanges with 26 neighbours, 16 bytes per ghost in each (`mixed`)
  sums per step              2 gathers of about 100 bytes from every rank
  rebuild                    every 16 steps, `host` seconds per atom for migration and lists on the host
"""
import argparse
import math

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--cutoff", type=float, default=7.6, help="[A]")
parser.add_argument("--skin", type=float, default=1.0, help="[A]")
parser.add_argument("--density", type=float, default=0.0575, help="[1/A^3]")
parser.add_argument("--latency", type=float, default=3e-6, help="[s] per message")
parser.add_argument("--bandwidth", type=float, default=25e9, help="[B/s] per rank and direction")
parser.add_argument("--host", type=float, default=1.6e-7, help="[s] per own atom and rebuild, on the host")
parser.add_argument("--steps-per-rebuild", type=float, default=16)
arguments = parser.parse_args()


def efficiency(atoms, ranks, rate, on_host):
    """Of `ranks` devices that do `rate` atom-steps per second each, alone."""
    own = atoms / ranks
    if ranks == 1:
        return 1.0, 0.0
    edge = (own / arguments.density) ** (1 / 3)
    halo = arguments.cutoff + arguments.skin
    ghosts = arguments.density * ((edge + 2 * halo) ** 3 - edge**3)
    work = own / rate * (1 + 9 * arguments.cutoff / (8 * edge))
    exchange = 2 * (26 * arguments.latency + 16 * ghosts / arguments.bandwidth)
    sums = 2 * (math.log2(ranks) * arguments.latency + 100 * ranks / arguments.bandwidth)
    host = arguments.host * own / arguments.steps_per_rebuild if on_host else 0
    return own / rate / (work + exchange + sums + host), ghosts / own


print("| atoms | GPUs | atoms per GPU | ghosts per atom | 0.4e9 /s, rebuild on device | 1e9 /s, on device | "
      "0.4e9 /s, as built |")
print("|---:|---:|---:|---:|---:|---:|---:|")
for atoms, ranks in ((4e6, 8), (1e8, 8), (1e8, 64), (1e8, 512), (1e9, 64), (1e9, 512), (1e9, 4096)):
    cells = [efficiency(atoms, ranks, 0.4e9, False), efficiency(atoms, ranks, 1e9, False),
             efficiency(atoms, ranks, 0.4e9, True)]
    print(f"| {atoms:.0e} | {ranks} | {atoms / ranks:.1e} | {cells[0][1]:.2f} | "
          + " | ".join(f"{100 * e:.0f} %" for e, _ in cells) + " |")
