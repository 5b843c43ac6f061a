#!/usr/bin/env python3
"""
A small SYNTHETIC study directory for the tests of the report: numbers made up by formulas, from no simulation.

make_synthetic_study.py OUTDIR [--atoms N] [--samples N] [--seed N] [--only-glass | --elastic] [--own NAME UNIT]. The
layout is that of a study's output directory. The last ordinary sample is the test glass (its cell is triclinic); one
more stands for an extra cooling rate. --elastic adds what the optional stage of that name leaves. --own: networks learn
a property of that name, which came with the structures and which some atoms have not; the stiffness is only there with
--elastic.
"""

import argparse
import itertools
import json
import os

import h5py
import numpy as np
from scipy.spatial import cKDTree

NAMES = ["Cu", "Zr"]
DIAMETER = np.array([[2.45, 2.70], [2.70, 3.05]])
KB = 8.617333262e-5


def soft_packing(count, cell, random):
    """Random points pushed apart by a harmonic repulsion, in the periodic cell (rows: lattice vectors)."""
    species = np.array([0] * (count // 2) + [1] * (count - count // 2))
    random.shuffle(species)
    inverse = np.linalg.inv(cell)
    fractional = random.random((count, 3))
    shifts = np.array(list(itertools.product((-1, 0, 1), repeat=3)))
    for step in range(150):
        images = (fractional[None] + shifts[:, None]).reshape(-1, 3)
        owner = np.tile(np.arange(count), len(shifts))
        near = np.all((images > -0.25) & (images < 1.25), axis=1)
        images, owner = images[near] @ cell, owner[near]
        points = fractional @ cell
        pairs = cKDTree(points).sparse_distance_matrix(cKDTree(images), DIAMETER.max(), output_type="ndarray")
        pairs = pairs[pairs["v"] > 1e-9]
        i, j, r = pairs["i"], pairs["j"], pairs["v"]
        overlap = np.maximum(DIAMETER[species[i], species[owner[j]]] - r, 0)
        pushes = (0.3 * overlap / r)[:, None] * (points[i] - images[j])
        push = np.stack([np.bincount(i, pushes[:, k], count) for k in range(3)], axis=1)
        fractional = (points + push) @ inverse % 1.0
    return species, fractional @ cell


def minimum_distances(positions, cell, row):
    """Vectors from atom `row` to the nearest image of every atom (n, 3)."""
    delta = positions - positions[row]
    delta -= np.round(delta @ np.linalg.inv(cell)) @ cell
    return delta


def distribution(positions, cell, species, width=0.05, reach=10.0):
    """Total and partial g(r) with all images within reach."""
    count = len(positions)
    edges = np.arange(0, reach + width / 2, width)
    shell = 4 / 3 * np.pi * (edges[1:]**3 - edges[:-1]**3)
    volume = abs(np.linalg.det(cell))
    shifts = np.array(list(itertools.product((-1, 0, 1), repeat=3))) @ cell
    images, owner = (positions[None] + shifts[:, None]).reshape(-1, 3), np.tile(np.arange(count), len(shifts))
    pairs = cKDTree(positions).sparse_distance_matrix(cKDTree(images), reach, output_type="ndarray")
    pairs = pairs[pairs["v"] > 1e-6]
    one, other = species[pairs["i"]], species[owner[pairs["j"]]]
    histogram = np.array([[np.histogram(pairs["v"][(one == s) & (other == t)], edges)[0] for t in range(2)]
                          for s in range(2)], float)
    numbers = np.bincount(species, minlength=2)
    result = {"r": 0.5 * (edges[1:] + edges[:-1]), "total": histogram.sum((0, 1)) / (count * count / volume * shell)}
    for a, b in ((0, 0), (0, 1), (1, 1)):
        pairs = histogram[a, b] if a == b else 0.5 * (histogram[0, 1] + histogram[1, 0])
        result[f"{NAMES[a]}-{NAMES[b]}"] = pairs / (numbers[a] * numbers[b] / volume * shell)
    return result


def write_sample(directory, index, rate, test_rate, split, options):
    atoms, seed, elastic = options.atoms, options.seed, options.elastic
    random = np.random.default_rng([seed, index])
    edge = (17.4 * atoms)**(1 / 3)
    cell = edge * np.eye(3)
    if split == 1 and not test_rate:  # tilted, same volume
        cell = edge * np.array([[1, 0, 0], [0.15, 1, 0], [-0.1, 0.2, 1]])
    species, positions = soft_packing(atoms, cell, random)
    os.makedirs(directory)
    names = np.array(NAMES, dtype=h5py.string_dtype())
    energy = -4.877 + 0.3 * (species - 0.5) + 0.03 * random.standard_normal(atoms)
    with h5py.File(os.path.join(directory, "glass.h5"), "w") as file:
        file.attrs.update({"sample": index, "rate_K_per_s": float(rate), "seed": seed + index,
                           "test_rate": int(test_rate),
                           "potential_sha256": "0" * 64, "version": "synthetic"})
        file["id"] = np.arange(1, atoms + 1)
        file["species"] = species.astype(np.int32)
        file["species"].attrs["names"] = names
        # Some atoms outside the cell: positions need not be wrapped.
        file["position"] = positions + 0.05 * random.standard_normal((atoms, 3)) + cell[0] * random.integers(-1, 2,
                                                                                                             (atoms, 1))
        file["cell"] = cell
        file["energy"] = energy + 0.01
        file["inherent/position"] = positions + cell[1] * random.integers(-1, 2, (atoms, 1))
        file["inherent/cell"] = cell
        file["inherent/energy"] = energy
        pentagons = np.clip(8 - species + random.integers(-3, 5, atoms), 0, 12)
        polygons = np.stack([random.integers(0, 2, atoms), np.clip(4 - pentagons // 3, 0, None), pentagons,
                          2 + 2 * species], axis=1)
        polygons[pentagons == 12] = [0, 0, 12, 0]
        file["inherent/voronoi/index"] = polygons
        file["inherent/voronoi/faces"] = polygons.sum(axis=1)
        file["inherent/voronoi/volume"] = 14 + 6 * species + 0.5 * random.standard_normal(atoms)
        for key, value in distribution(positions, cell, species).items():
            file["rdf/" + key] = value
    if options.only_glass:
        return
    # Quench: two straight lines with a kink at a rate-dependent temperature, and noise.
    transition = 735.0 + 20 * np.log10(rate / 1.5e13)
    target = np.concatenate([np.full(20, 2000.0), np.linspace(2000, 50, 400)])
    noise = np.sqrt(4000 / atoms) * 8e-4 * random.standard_normal(len(target))
    potential = -4.77 + np.where(target > transition, 1.95e-4, 1.36e-4) * (target - transition) + noise
    volume = 17.74 + np.where(target > transition, 9.8e-4, 5.4e-4) * (target - transition) + 8 * noise
    with h5py.File(os.path.join(directory, "thermo.h5"), "w") as file:
        file.attrs["n_atoms"] = atoms
        file["time"] = np.arange(len(target)) * 0.1
        file["target_temperature"] = target
        file["temperature"] = target * (1 + np.sqrt(2 / (3 * atoms)) * random.standard_normal(len(target)))
        file["potential_energy"] = potential * atoms
        file["pressure"] = 0.3 * random.standard_normal(len(target))
        file["volume"] = volume * atoms
        file["conserved"] = -4.5 * atoms + 1e-3 * random.standard_normal(len(target))
    # A smooth random field, species and single-atom noise make the stiffness; the prediction knows part of each.
    waves = random.integers(-2, 3, (8, 3)) @ (2 * np.pi * np.linalg.inv(cell).T)
    field = np.sin(positions @ waves.T + random.uniform(0, 6.28, 8)).sum(axis=1) / 2
    detail = random.standard_normal(atoms)
    real = np.clip(0.62 + 0.06 * (species - 0.5) + 0.05 * field + 0.10 * detail, 0.12, None)
    temperature = np.array([50.0, 100.0, 200.0, 300.0])
    at = real * (1 - 0.0007 * (temperature[:, None] - 50)) * (1 + 0.06 * random.standard_normal((4, atoms)))
    at = np.maximum(at, 0.05)
    stiffness = at.mean(axis=0)
    path = os.path.join(directory, "stiffness.h5")
    with h5py.File(path, "w") as file:
        file["temperature"] = temperature
        file["msd"] = KB * temperature[:, None] / at
        file["stiffness_at"] = at
        file["stiffness"] = stiffness
        file["reliability"] = np.array([0.97, 0.96, 0.90, 0.83, 0.965]) - 0.004 * index
        file["mean_position"] = np.broadcast_to(positions, (4, atoms, 3))
        write_vibrations(file, species, real, np.random.default_rng([seed, index, 2]))
        write_windows(file, at, np.random.default_rng([seed, index, 3]))
    if options.own and not elastic:
        os.remove(path)
    if split == 1 or index == 0:
        write_barriers(os.path.join(directory, "barriers.h5"), stiffness, np.random.default_rng([seed, index, 1]))
    with h5py.File(os.path.join(directory, "descriptors.h5"), "w") as file:
        file["features"] = random.random((atoms, 4))
    predicted = 0.60 + 0.05 * (species - 0.5) + 0.035 * field + 0.055 * detail + 0.04 * random.standard_normal(atoms)
    codes = np.full(atoms, split)
    if split == 0:
        codes[random.random(atoms) < 0.1] = 2
    with h5py.File(os.path.join(directory, "prediction.h5"), "w") as file:
        if options.own:
            name, file.attrs["unit"] = options.own
            file.attrs["property"] = name
            file[name] = predicted
            own = np.random.default_rng([seed, index, 5])
            file["label"] = np.where(own.random(atoms) < 0.15, np.nan, stiffness + 0.05 * own.standard_normal(atoms))
        else:
            file["stiffness"] = predicted
        file["standard_deviation"] = 0.06 + 0.05 * random.random(atoms)
        file["ensemble_deviation"] = np.full(atoms, 0.01)
        file["interval_90"] = 1.6 * file["standard_deviation"][...]
        file["novelty"] = random.random(atoms)
        file["split"] = codes.astype(np.int32)
    if elastic:
        write_elastic(os.path.join(directory, "elastic.h5"), real, split, np.random.default_rng([seed, index, 4]))


def write_elastic(path, stiffness, split, random):
    """A prediction that is a little too low; 15 atoms of a training's sample were learned from."""
    atoms = len(stiffness)
    predicted = 0.98 * stiffness * (1 + 0.04 * random.standard_normal(atoms))
    codes = np.full(atoms, 1 if split == 1 else 2)
    learned = random.choice(atoms, 15, replace=False)
    if split == 0:
        codes[learned] = 0
    with h5py.File(path, "w") as file:
        file.attrs["relaxed"] = int(split == 1)
        file["stiffness"] = predicted
        file["interval_90"] = 0.06 * predicted
        file["novelty"] = 1.03 * random.random(atoms)
        file["split"] = codes.astype(np.int32)
        if split == 1:
            write_shares(file, random)


def write_shares(file, random):
    """Shares in the softest and in the stiffest tenth: springs of a first shell, less what is beyond and tension."""
    distance = np.arange(2.1, 7.6, 0.2)
    shell, beyond = np.exp(-((distance - 2.9) / 0.35)**2), np.exp(-((distance - 4.6) / 0.8)**2)
    of_pair = np.array([0.3, 1.0, 0.2])[:, None]
    softness = np.array([2.0, 0.6])[:, None, None]
    noise = 1 + 0.1 * random.standard_normal((2, 2, 3, len(distance)))
    along = softness * of_pair * (shell - 0.15 * beyond) * noise[0]
    across = softness * of_pair * (0.1 * beyond - 0.45 * shell) * noise[1]
    density = np.array([0.18, 0.05]) + 0.01 * random.standard_normal(2)
    along *= ((1 - density - across.sum(axis=(1, 2))) / along.sum(axis=(1, 2)))[:, None, None]
    rings = np.exp(-np.arange(random.integers(12, 16)) / np.array([[4.0], [2.0]]))
    rings[:, 1] = 0  # where no atom is
    rings[0, 0] = -0.5 * rings[0].sum()
    file["shares/distance"], file["shares/along"], file["shares/across"] = distance, along, across
    file["shares/density"] = density
    file["shares/reach"] = rings * ((1 - density) / rings.sum(axis=1))[:, None]


def write_elastic_model(path):
    """Laws of three pairs of species: the slope of Morse's potential, and one beside it."""
    distance = np.arange(2, 7.6, 0.02)
    closest = np.array([2.2, 2.5, 2.7])
    at = distance - closest[:, None] - 0.35
    potential = 1.05 * (np.exp(-1.5 * at) - np.exp(-3 * at)) * np.clip((7.6 - distance) / 1.5, 0, 1)**2
    with h5py.File(path, "w") as file:
        file.create_group("network").attrs["elements"] = np.array(NAMES, dtype=h5py.string_dtype())
        file["calibration/closest"] = closest
        file["laws/distance"], file["laws/potential"] = distance, potential
        file["laws/learned"] = potential * (1 + 0.05 * np.sin(2 * distance))


def write_vibrations(file, species, stiffness, random):
    """What the Hessian gives: displacement tensors with this stiffness, forty soft modes and a density of states."""
    atoms = len(species)
    axes = np.linalg.qr(random.standard_normal((atoms, 3, 3)))[0]
    width = random.random((atoms, 3)) + 0.2
    width /= (width.sum(axis=1) * stiffness)[:, None]
    tensor = np.einsum("nik,nk,njk->nij", axes, width, axes)
    file["harmonic/stiffness"] = stiffness
    file["harmonic/compliance"] = np.stack([tensor[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2),
                                                                         (0, 1))], axis=1)
    file["modes/frequency"] = np.sort(0.3 + 0.6 * random.random(40)**0.5)
    file["modes/participation_ratio"] = 0.02 + 0.55 * random.random(40)
    share = stiffness**-2 * np.exp(0.4 * random.standard_normal(atoms))
    file["modes/participation"] = share / share.mean()
    # Each sample has a largest frequency, and so bins, of its own.
    largest = 8 + 0.3 * random.random()
    frequency = (np.arange(100) + 0.5) * largest / 100
    parts = np.array([(species == s).mean() * frequency**2 / (1 + np.exp((frequency - edge) / 0.3))
                      for s, edge in ((0, 6.1), (1, 5.3))])
    parts /= parts.sum() * (frequency[1] - frequency[0])
    file["density_of_states/frequency"], file["density_of_states/total"] = frequency, parts.sum(axis=0)
    file["density_of_states/of_species"] = parts


def write_windows(file, at, random):
    """Hops of runs with two seeds, the more the hotter, and what shorter windows would have given."""
    temperatures, atoms = at.shape
    often = np.linspace(0.02, 0.15, temperatures)[:, None]
    file["hops/moved_before"] = random.binomial(2, often, (temperatures, atoms)).astype(np.int32)
    file["hops/hopped_within"] = random.binomial(2, often / 4, (temperatures, atoms)).astype(np.int32)
    window = np.array([6.25, 12.5, 25.0, 50.0, 100.0])
    shorter = np.log2(window[-1] / window) * (1 + 0.2 * random.random((temperatures, 1)))
    file["convergence/window"] = window
    file["convergence/mean_stiffness"] = at.mean(axis=1)[:, None] * (1 + often * 0.1 * shorter)
    file["convergence/pearson_with_window"] = 1 - 0.03 * shorter * (1 + often)
    file["convergence/pearson_with_visited"] = 0.97 - 0.7 * often - 0.02 * shorter


STATUSES = ["CONNECTED", "NO_NEGATIVE_MODE", "MODE_LOST", "MAX_STEPS", "MAX_EVALUATIONS", "EXPLODED", "BACK_AT_START",
            "NEGATIVE_BARRIER", "OUT_OF_RANGE", "DISCONNECTED", "NOT_SPLIT", "NOT_LOCAL", "POLISH_LOST"]


def write_barriers(path, stiffness, random, temperature=700.0):
    """Attempts around 150 atoms; barriers rise with the stiffness."""
    atoms = len(stiffness)
    center = np.repeat(np.sort(random.choice(atoms, 150, replace=False)), 3)
    status = random.choice([0, 0, 0, 1, 9, 12], len(center))
    barrier = np.where(status == 0, np.clip(0.6 + stiffness[center] + 0.3 * random.standard_normal(len(center)), 0.02,
                                            None), 0.0)
    cost = random.integers(20, 600, (len(center), 4))
    mean, error, accepted = np.zeros(atoms), np.zeros(atoms), np.zeros(atoms, int)
    for i in np.unique(center):
        mine = barrier[(center == i) & (status == 0)]
        accepted[i] = len(mine)
        if len(mine):
            mean[i] = mine.mean()
        if len(mine) > 1:
            error[i] = mine.std(ddof=1) / np.sqrt(len(mine))
    names = h5py.string_dtype()
    with h5py.File(path, "w") as file:
        file["events/center"] = center + 1
        file["events/attempt"] = np.tile(np.arange(3), 150)
        file["events/status"] = status.astype(np.int32)
        file["events/status"].attrs["names"] = np.array(STATUSES, dtype=names)
        file["events/barrier"] = barrier
        file["events/cost"] = cost
        file["events/cost"].attrs["names"] = np.array(["basin", "lanczos", "climb", "connect"], dtype=names)
        file["events/evaluations"] = cost.sum(axis=1)
        file["events/whole_evaluations"] = np.where(status == 0, random.integers(80, 300, len(center)), 0)
        file["events/duplicate_of"] = np.full(len(center), -1)
        file["atoms/mean_barrier"], file["atoms/standard_error"], file["atoms/accepted"] = mean, error, accepted
        file["atoms/attempts"] = 3 * np.isin(np.arange(atoms), center).astype(int)
        file["atoms/log10_viscosity"] = np.where(accepted > 0, -4 + mean / (KB * temperature * np.log(10)), 0.0)
        file["atoms"].attrs["viscosity_K"] = temperature


def learning_metrics(samples, seed):
    """Cross-validation, rotation and transfer of metrics.json, made up."""
    random = np.random.default_rng([seed, 99])

    def measured(**what):
        numbers = {}
        for key, value in (("R", 0.6), ("rmse", 0.1), ("slope", 0.4), ("bias", 0.0), ("R_bins_real", 0.9)):
            numbers[key] = value + 0.05 * float(random.standard_normal())
            numbers[key + "_error"] = float(random.random()) * 0.02
        return {**numbers, "trainings": 5, **what}

    networks = [([200], "relu", 10), ([200], "relu", 10), ([100], "relu", 10), ([100, 100], "relu", 10),
                ([200, 200], "relu", 10), ([200], "tanh", 10), ([200], "sigmoid", 10), ([200], "relu", 8.2),
                ([200], "relu", 3.8)]

    def validated(hidden, activation, reach):
        entry = measured(hidden=hidden, activation=activation, reach_A=reach)
        return {**entry, "R_by_fold": [entry["R"] + 0.01 * float(random.standard_normal()) for _ in range(5)]}

    rates = [[1e12], [1e13], [1e12, 1e13]]
    means = {"mean_real": 0.6, "mean_real_error": 0.01, "mean_predicted": 0.61, "mean_predicted_error": 0.02}
    turns = [{**measured(), "sample": k, "rate_K_per_s": 1e12, "mean_real": 0.6, "mean_predicted": 0.61}
             for k in range(samples)]
    return {"cross_validation": [validated(*network) for network in networks],
            "rotation": {**measured(), "by_sample": turns},
            "transfer": {"table": [{**measured(**means), "train_rates_K_per_s": r, "test_rate_K_per_s": t}
                                   for r in rates for t in (1e12, 1e13)], "trainings": []}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("directory")
    parser.add_argument("--atoms", type=int, default=600)
    parser.add_argument("--samples", type=int, default=3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only-glass", action="store_true")
    parser.add_argument("--elastic", action="store_true")
    parser.add_argument("--own", nargs=2, metavar=("NAME", "UNIT"))
    options = parser.parse_args()
    os.makedirs(os.path.join(options.directory, "samples"))
    for index in range(options.samples + (0 if options.only_glass else 1)):
        extra = index == options.samples
        write_sample(os.path.join(options.directory, "samples", f"{index:04d}"), index, 1e13 if extra else 1e12, extra,
                     1 if extra or index == options.samples - 1 else 0, options)
    if options.only_glass:
        return
    if options.elastic:
        write_elastic_model(os.path.join(options.directory, "elastic_model.h5"))
    epoch = np.arange(1, 201)
    train = 0.3 + 0.7 * np.exp(-epoch / 25.0)
    with h5py.File(os.path.join(options.directory, "model.h5"), "w") as file:
        rows = [epoch, np.full(len(epoch), 1e-3), train, train + 0.05 + 2e-4 * epoch]
        file["networks/0/history"] = np.stack(rows, axis=1)
        file["networks/0"].attrs["widths"] = [40, 200, 1]
        file["networks/0"].attrs["activation"] = "relu"
        file.create_group("descriptor").attrs.update({"kind": "rdf", "r_min_A": 2.0, "r_max_A": 10.0})
    stages = {"quench": 123.4, "stiffness": 67.8, "train": 3.2}
    if options.own and not options.elastic:
        del stages["stiffness"]
    summary = {
        "study": {"name": "SYNTHETIC numbers, not a simulation", "version": "synthetic", "seed": options.seed,
                  "elements": NAMES, "fractions": [0.5, 0.5], "atoms": options.atoms, "rough_labels": True,
                  "synthetic": True},
        "potential": {"path": "none (synthetic)", "sha256": "0" * 64, "citation": "none: <synthetic> & \"escaped\""},
        "hardware": {"host": "none", "backend": "host", "threads": 2, "device": ""},
        "timings": [{"stage": stage, "seconds": seconds} for stage, seconds in stages.items()],
        "metrics": {"training": {"epochs": 200, "best_epoch": 120}},
    }
    with open(os.path.join(options.directory, "metrics.json"), "w", encoding="utf-8") as stream:
        json.dump(learning_metrics(options.samples, options.seed), stream, indent=1)
    with open(os.path.join(options.directory, "summary.json"), "w", encoding="utf-8") as stream:
        json.dump(summary, stream, indent=1)
    with open(os.path.join(options.directory, "config.resolved.toml"), "w", encoding="utf-8") as stream:
        stream.write("# SYNTHETIC: made by tests/support/make_synthetic_study.py\n[study]\nname = \"synthetic\"\n")


if __name__ == "__main__":
    main()
