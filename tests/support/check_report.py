#!/usr/bin/env python3
"""
Check a report against an independent computation from the HDF5 files: check_report.py OUTDIR [--only-glass].

Shares no code with src/report/figures: coarse-graining is brute force over all pairs and images, the rest plain NumPy.
The study is one of make_synthetic_study.py. Prints what differs and exits 1, else prints the number of checks.
"""

import csv
import html.parser
import os
import re
import sys

import h5py
import numpy as np

BIN_ATOMS, RADIUS, SLICE = 100, 6.0, 4.0
ALL = ["thermo", "rdf", "stiffness_distribution", "stiffness_temperature", "stiffness_prediction", "stiffness_map",
       "training_loss", "barriers", "barrier_stiffness", "viscosity_tenths", "viscosity_prediction",
       "cooling_rates", "calibration"]
# The synthetic study has no shell counts and no cross-validation: tests/regression/predict.sh looks at these.
OTHERS = ["rdf_of_tenths", "activation_functions", "network_size"]
failures, checks = [], 0


def check(condition, text):
    global checks
    checks += 1
    if not condition:
        failures.append(text)


def close(ours, theirs, text, tolerance=1e-9):
    ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
    same = ours.shape == theirs.shape and np.allclose(ours, theirs, rtol=tolerance, atol=tolerance, equal_nan=True)
    check(same, f"{text}: {theirs.shape} {theirs.ravel()[:4]} in the report, {ours.shape} {ours.ravel()[:4]} here")


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def numbers(rows, key):
    return np.array([float(r[key]) if r[key] else np.nan for r in rows])


def brute_force_coarse(positions, cell, values, radius):
    """Mean over the atoms whose nearest image is within radius; all 5 x 5 x 5 images of every pair are tried."""
    shifts = np.array([[i, j, k] for i in range(-2, 3) for j in range(-2, 3) for k in range(-2, 3)]) @ cell
    inverse = np.linalg.inv(cell)
    inside = (positions @ inverse - np.floor(positions @ inverse)) @ cell
    result = np.empty(len(values))
    for i in range(len(values)):
        nearest = np.min(np.sum((inside[None] - inside[i] + shifts[:, None])**2, axis=2), axis=0)
        result[i] = values[nearest <= radius**2].mean()
    return result


def bin_means(real, predicted, key):
    order = np.argsort(key)
    real, predicted = real[order], predicted[order]
    full = max(1, len(real) // BIN_ATOMS)
    starts = np.arange(full) * BIN_ATOMS
    size = np.diff(np.append(starts, len(real)))
    return np.add.reduceat(real, starts) / size, np.add.reduceat(predicted, starts) / size, size


class Page(html.parser.HTMLParser):
    """Collects what could reach outside the file, image sources, and whether tags balance."""

    void = {"meta", "img", "br", "link", "input", "hr"}

    def __init__(self):
        super().__init__()
        self.outside, self.images, self.open, self.broken, self.ids, self.links = [], 0, [], [], set(), []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "action", "data", "poster", "srcset", "background"):
                if value.startswith("#"):
                    self.links.append(value[1:])
                elif not value.startswith("data:"):
                    self.outside.append(value)
            if name == "id":
                self.ids.add(value)
        self.images += tag == "img"
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.broken.append(tag)


def check_page(directory, figures):
    with open(os.path.join(directory, "report.html"), encoding="utf-8") as stream:
        text = stream.read()
    page = Page()
    page.feed(text)
    check(not page.outside, f"report.html reaches outside: {page.outside}")
    check(not re.search(r"https?://|@import|url\(|//cdn", text), "report.html holds an external address")
    check(not page.broken and not page.open, f"report.html has unbalanced tags: {page.broken} {page.open}")
    check(set(page.links) <= page.ids, f"report.html has dead links: {set(page.links) - page.ids}")
    check(page.images == len(figures), f"report.html shows {page.images} images, {len(figures)} are drawn")
    check("prefers-color-scheme:dark" in text and "width=device-width" in text, "report.html lacks dark mode or "
                                                                                "viewport")
    return text


def check_files(directory, figures):
    for name in ALL + OTHERS:
        for suffix in ("pdf", "png", "csv"):
            path = os.path.join(directory, "figures", f"{name}.{suffix}")
            check(os.path.exists(path) == (name in figures), f"{path}: present or absent against expectation")
        if name in figures:
            with open(os.path.join(directory, "figures", name + ".pdf"), "rb") as stream:
                pdf = stream.read()
            check(b"/FontFile2" in pdf and b"/Type3" not in pdf, f"{name}.pdf: fonts are not embedded as TrueType")
            with open(os.path.join(directory, "figures", name + ".png"), "rb") as stream:
                head = stream.read(24)
            width = int.from_bytes(head[16:20], "big") / 200
            check(min(abs(width - 3.37), abs(width - 6.9)) < 0.011, f"{name}.png is {width} in wide")
    leftovers = [f for _, _, files in os.walk(directory) for f in files if f.endswith(".part")]
    check(not leftovers, f"unfinished files are left: {leftovers}")


def load(directory):
    samples = []
    for label in sorted(os.listdir(os.path.join(directory, "samples"))):
        folder = os.path.join(directory, "samples", label)
        with h5py.File(os.path.join(folder, "glass.h5")) as g:
            sample = {"label": label, "species": g["species"][...], "position": g["inherent/position"][...],
                      "cell": g["inherent/cell"][...], "energy": g["inherent/energy"][...], "id": g["id"][...],
                      "test_rate": g.attrs["test_rate"], "rdf": {k: g["rdf"][k][...] for k in g["rdf"]}}
        if os.path.exists(os.path.join(folder, "stiffness.h5")):
            with h5py.File(os.path.join(folder, "stiffness.h5")) as s, \
                    h5py.File(os.path.join(folder, "prediction.h5")) as p:
                sample.update(real=s["stiffness"][...], at=s["stiffness_at"][...], temperature=s["temperature"][...],
                              predicted=p["stiffness"][...], split=p["split"][...])
        samples.append(sample)
    return samples


def check_rdf(directory, samples):
    rows = read_csv(os.path.join(directory, "figures", "rdf.csv"))
    for key in ("total", "Cu-Cu", "Cu-Zr", "Zr-Zr"):
        mean = np.mean([s["rdf"][key] for s in samples if not s["test_rate"]], axis=0)
        close(mean, numbers(rows, "g_" + key), f"rdf.csv {key}")


def check_prediction(directory, samples):
    main = [s for s in samples if not s["test_rate"]]
    rows = read_csv(os.path.join(directory, "figures", "stiffness_prediction.csv"))
    table = {r["set"]: r for r in read_csv(os.path.join(directory, "tables", "metrics.csv"))}
    for s in samples:
        s["coarse"] = [brute_force_coarse(s["position"], s["cell"], s[k], RADIUS) for k in ("real", "predicted")]
    for label, code, group in (("train", 0, main), ("validation", 2, main), ("test", 1, main),
                               ("test 1e+13 K/s", 1, [s for s in samples if s["test_rate"]])):
        pick = lambda key: np.concatenate([s[key][s["split"] == code] for s in group])
        real, predicted, species = pick("real"), pick("predicted"), pick("species")
        row = {k: float(v) for k, v in table[label].items() if v and k != "set"}
        line = np.polyfit(real, predicted, 1)
        close(len(real), row["atoms"], f"{label} atoms")
        close(np.corrcoef(real, predicted)[0, 1], row["R"], f"{label} R")
        close(line[0], row["slope"], f"{label} slope")
        close(np.sqrt(((real - predicted)**2).mean()), row["rmse"], f"{label} rmse")
        close(np.abs(real - predicted).mean(), row["mae"], f"{label} mae")
        ranks = [np.argsort(np.argsort(v)).astype(float) for v in (real, predicted)]
        close(np.corrcoef(*ranks)[0, 1], row["spearman"], f"{label} Spearman")
        for s, name in enumerate(("Cu", "Zr")):
            close(np.corrcoef(real[species == s], predicted[species == s])[0, 1], row["R_" + name], f"{label} R {name}")
        coarse = [np.concatenate([s["coarse"][k][s["split"] == code] for s in group]) for k in (0, 1)]
        close(np.corrcoef(*coarse)[0, 1], row["R_coarse_grained"], f"{label} coarse-grained R")
        for key, name in ((real, "real"), (predicted, "pre")):
            x, y, size = bin_means(real, predicted, key)
            if len(x) > 2:
                close(np.corrcoef(x, y)[0, 1], row["R_bins_" + name], f"{label} R in bins by {name}")
                close(np.polyfit(x, y, 1)[0], row["slope_bins_" + name], f"{label} slope in bins by {name}")
            if label in ("train", "test"):
                drawn = [r for r in rows if r["set"] == label and r["item"] == "bins_sorted_by_k_" + name]
                close(x, numbers(drawn, "k_real_eV_per_A2"), f"{label} bins by {name}, K_real")
                close(y, numbers(drawn, "k_pre_eV_per_A2"), f"{label} bins by {name}, K_pre")
                close(size, numbers(drawn, "atoms"), f"{label} bins by {name}, atoms")
        if label in ("train", "test"):
            drawn = [r for r in rows if r["set"] == label and r["item"] == "density"]
            x, y, count = (numbers(drawn, k) for k in ("k_real_eV_per_A2", "k_pre_eV_per_A2", "atoms"))
            half = np.min(np.diff(np.unique(x))) / 2
            ours = [np.sum((np.abs(real - a) < half) & (np.abs(predicted - b) < half)) for a, b in zip(x, y)]
            close(ours, count, f"{label} density")
            check(count.sum() >= 0.99 * len(real), f"{label} density leaves out more than 1 % of the atoms")


def check_map(directory, samples):
    rows = read_csv(os.path.join(directory, "figures", "stiffness_map.csv"))
    sample = [s for s in samples if not s["test_rate"] and np.any(s["split"] == 1)][0]
    cell = sample["cell"]
    check(abs(cell[1][0]) > 1, "the test glass of the synthetic study should be triclinic")
    normal = np.cross(cell[0], cell[1])
    normal /= np.linalg.norm(normal)
    depth = abs(cell[2] @ normal)
    along = np.abs((sample["position"] @ normal) % depth - depth / 2)
    ours = np.sort(sample["id"][along <= SLICE / 2])
    ids = np.array([int(r["id"]) for r in rows])
    close(ours, np.sort(ids), "atoms in the slice")
    index = np.searchsorted(sample["id"], ids)
    close(sample["coarse"][0][index], numbers(rows, "k_real_coarse_eV_per_A2"), "coarse-grained K_real in the map")
    close(sample["coarse"][1][index], numbers(rows, "k_pre_coarse_eV_per_A2"), "coarse-grained K_pre in the map")
    # In-plane coordinates: distances in the plane equal those of the positions, up to whole lattice vectors.
    x, y, h = (numbers(rows, k) for k in ("x_A", "y_A", "height_A"))
    first = cell[0] / np.linalg.norm(cell[0])
    point = x[:, None] * first + y[:, None] * np.cross(normal, first) + h[:, None] * normal
    shift = (point - point[0] - (sample["position"][index] - sample["position"][index[0]])) @ np.linalg.inv(cell)
    close(np.round(shift), shift, "in-plane coordinates of the map", 1e-7)


def check_stiffness(directory, samples):
    main = [s for s in samples if not s["test_rate"]]
    rows = read_csv(os.path.join(directory, "figures", "stiffness_distribution.csv"))
    for s, name in enumerate(("Cu", "Zr")):
        values = np.concatenate([x["real"][x["species"] == s] for x in main])
        mine = [r for r in rows if r["species"] == name]
        low, high = numbers(mine, "stiffness_low_eV_per_A2"), numbers(mine, "stiffness_high_eV_per_A2")
        close([np.sum((values >= a) & (values < b)) for a, b in zip(low, high)], numbers(mine, "atoms"),
              f"distribution of K, {name}")
        close(numbers(mine, "atoms") / len(values) / (high - low), numbers(mine, "density_A2_per_eV"),
              f"density, {name}")
        drawn = [r for r in read_csv(os.path.join(directory, "figures", "stiffness_temperature.csv"))
                 if r["item"] == "stiffness" and r["species"] == name]
        means = [np.concatenate([x["at"][t][x["species"] == s] for x in main]).mean() for t in range(len(drawn))]
        close(means, numbers(drawn, "mean_stiffness_eV_per_A2"), f"K against T, {name}")


def check_barriers(directory, samples):
    """Everything pooled over the ordinary samples that have barriers, atom by atom in plain loops."""
    barriers, rows = {"Cu": [], "Zr": []}, []
    attempts = evaluations = 0
    for sample in samples:
        path = os.path.join(directory, "samples", sample["label"], "barriers.h5")
        if sample["test_rate"] or not os.path.exists(path):
            continue
        with h5py.File(path) as file:
            e = {k: file["events/" + k][...] for k in ("center", "status", "barrier", "evaluations")}
            temperature = file["atoms"].attrs["viscosity_K"]
        attempts += len(e["status"])
        evaluations += e["evaluations"].sum()
        found = {}
        for center, status, barrier in zip(e["center"], e["status"], e["barrier"]):
            if status == 0:
                barriers[["Cu", "Zr"][sample["species"][center - 1]]].append(barrier)
                found.setdefault(center - 1, []).append(barrier)
        for i, mine in sorted(found.items()):
            error = np.std(mine, ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else 0.0
            rows.append([sample["real"][i], np.mean(mine), error, sample["predicted"][i]])
    rows = np.array(rows)
    table = {r["species"]: r for r in read_csv(os.path.join(directory, "tables", "barriers.csv"))}
    both = np.array(barriers["Cu"] + barriers["Zr"])
    for name, values in (("Cu", np.array(barriers["Cu"])), ("Zr", np.array(barriers["Zr"])), ("all", both)):
        r = table[name]
        close([len(values), values.mean(), np.median(values), values.std(ddof=1)],
              [float(r[k]) for k in ("accepted", "mean", "median", "deviation")], f"barriers of {name}")
    close([attempts, evaluations / attempts], [float(table["all"][k]) for k in ("attempts", "evaluations")], "attempts")

    def atoms_of(name, keys):
        drawn = [r for r in read_csv(os.path.join(directory, "figures", name + ".csv")) if r["item"] == "atom"]
        return np.stack([numbers(drawn, k) for k in keys], axis=1)

    def in_order(values):
        return values[np.lexsort(values.T)]

    keys = ("stiffness_eV_per_A2", "mean_barrier_eV", "standard_error_eV")
    close(in_order(rows[:, :3]), in_order(atoms_of("barrier_stiffness", keys)), "barrier_stiffness.csv")
    eta = -4 + rows[:, 1] / (8.617333262e-5 * temperature * np.log(10))
    drawn = atoms_of("viscosity_prediction", ("predicted_stiffness_eV_per_A2", "log10_viscosity"))
    close(in_order(np.stack([rows[:, 3], eta], axis=1)), in_order(drawn), "viscosity_prediction.csv", 1e-6)
    tenth = len(rows) // 10
    order = np.argsort(rows[:, 0])
    drawn = read_csv(os.path.join(directory, "figures", "viscosity_tenths.csv"))
    for group, mine in (("softest", order[:tenth]), ("stiffest", order[-tenth:])):
        bins = [r for r in drawn if r["group"] == group]
        edges = np.append(numbers(bins, "log10_viscosity_low"), numbers(bins, "log10_viscosity_high")[-1])
        close(np.histogram(eta[mine], edges)[0], numbers(bins, "atoms"), f"viscosity_tenths.csv, {group}")


def check_transition(directory):
    """The kink against an exhaustive scan, and (loosely: there is noise) against what the data were made with."""
    for row in read_csv(os.path.join(directory, "tables", "samples.csv")):
        found = float(row["glass_transition_K"])
        truth = 735 + 20 * np.log10(float(row["rate_K_per_s"]) / 1.5e13)
        check(abs(found - truth) < 40, f"sample {row['sample']}: glass transition {found} K, made with {truth} K")
        with h5py.File(os.path.join(directory, "samples", row["sample"], "thermo.h5")) as file:
            target, energy = file["target_temperature"][...], file["potential_energy"][...] / file.attrs["n_atoms"]
        first = np.flatnonzero(target == target.max()).max()
        target, energy = target[first:], energy[first:]
        groups = [target // 25 == b for b in np.unique(target // 25)]
        t, e = (np.array([v[g].mean() for g in groups]) for v in (target, energy))
        cost = {}
        for kink in np.arange(200, 1800, 0.25):
            basis = np.stack([np.ones_like(t), t, np.abs(t - kink)], axis=1)
            cost[kink] = np.sum((e - basis @ np.linalg.solve(basis.T @ basis, basis.T @ e))**2)
        close(min(cost, key=cost.get), found, f"sample {row['sample']}: kink of least squares", 5e-4)


def main():
    directory, only_glass = sys.argv[1], "--only-glass" in sys.argv
    figures = ["rdf"] if only_glass else ALL
    samples = load(directory)
    check_files(directory, figures)
    text = check_page(directory, figures)
    check_rdf(directory, samples)
    for s, row in zip(samples, read_csv(os.path.join(directory, "tables", "samples.csv"))):
        close(abs(np.linalg.det(s["cell"])) / len(s["species"]), float(row["volume_A3_per_atom"]), "volume per atom")
        close(s["energy"].sum() / len(s["species"]), float(row["inherent_energy_eV_per_atom"]), "inherent energy")
    if only_glass:
        for stage in ("quench stage", "stiffness stage", "train stage"):
            check(f"the {stage} has not run here" in text, f"the partial report does not say that the {stage} has not "
                                                           "run")
        check(not os.path.exists(os.path.join(directory, "tables", "metrics.csv")), "metrics of a study that has none")
    else:
        check("labels of this study are rough" in text, "the report does not say that the labels are rough")
        check("Synthetic data" in text, "the report does not say that the data are synthetic")
        check("&lt;synthetic&gt; &amp; &quot;escaped&quot;" in text, "text from outside is not escaped")
        check_prediction(directory, samples)
        check_map(directory, samples)
        check_stiffness(directory, samples)
        check_barriers(directory, samples)
        check_transition(directory)
    for text in failures:
        print("FAILED " + text)
    print(f"{checks} checks, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
