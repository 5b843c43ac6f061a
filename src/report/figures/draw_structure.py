"""Stiffness against what stands around an atom: volume and faces of its Voronoi cell."""

import numpy as np

import style
import wording
from draw_stiffness import MISSING, labelled
from measures import pearson

NAME, TITLE = "structure", "Stiffness and the Voronoi cell of an atom"
HEADER = ["item", "species", "value", "atoms", "mean_stiffness_eV_per_A2", "standard_error_eV_per_A2", "pearson"]
LEAST = 20  # atoms of which a mean is drawn
MEASURES = [("volume", lambda v: v["volume"]), ("faces", lambda v: v["faces"]),
            ("faces of 5 edges", lambda v: v["index"][:, 2]), ("faces of 4 edges", lambda v: v["index"][:, 1]),
            ("faces of 6 edges", lambda v: v["index"][:, 3]), ("icosahedron", lambda v: icosahedra(v["index"]))]


def icosahedra(index):
    """1.0 for cells <0, 0, 12, 0>, else 0.0."""
    return np.all(index == [0, 0, 12, 0], axis=1).astype(float)


def mean_with_error(values):
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def commonest(index, stiffness, count=4):
    """The commonest indices: text, share of the atoms, mean stiffness."""
    kinds, inverse, numbers = np.unique(index, axis=0, return_inverse=True, return_counts=True)
    inverse = np.ravel(inverse)
    return [("⟨" + ", ".join(str(n) for n in kinds[k]) + "⟩", numbers[k] / len(index),
             float(stiffness[inverse == k].mean())) for k in np.argsort(-numbers, kind="stable")[:count]]


def draw(study, options):
    samples = labelled(study)
    if not samples:
        raise style.NotAvailable(study.property.pick(MISSING))
    samples = [s for s in samples if s.voronoi is not None]
    if not samples:
        raise style.NotAvailable("no /inherent/voronoi in samples/NNNN/glass.h5")
    stiffness = np.concatenate([s.stiffness for s in samples])
    species = np.concatenate([s.species for s in samples])
    cells = {key: np.concatenate([s.voronoi[key] for s in samples]) for key in ("volume", "faces", "index")}
    good = np.isfinite(stiffness)
    stiffness, species, cells = stiffness[good], species[good], {key: v[good] for key, v in cells.items()}
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 3, width_ratios=[1, 1, 1.25])
    by_volume, by_faces, bars = axes[0]
    rows, correlations, drawn = [], [], [n for s, n in enumerate(study.names) if np.any(species == s)]
    for s, name in enumerate(study.names):
        of = species == s
        if not np.any(of):
            continue
        k, look = stiffness[of], {"color": style.CYCLE[s % len(style.CYCLE)], "marker": style.MARKERS[s % 7],
                                  "linewidth": 0.9, "markersize": 3, "label": name}
        parts = [p for p in np.array_split(np.argsort(cells["volume"][of], kind="stable"), 10) if len(p) >= LEAST]
        points = [("volume_A3", float(cells["volume"][of][p].mean()), k[p]) for p in parts]
        groups = [(int(n), k[cells["faces"][of] == n]) for n in np.unique(cells["faces"][of])]
        points += [("faces", n, values) for n, values in groups if len(values) >= LEAST]
        for item, axis in (("volume_A3", by_volume), ("faces", by_faces)):
            mine = [(x, len(v), *mean_with_error(v)) for kind, x, v in points if kind == item]
            rows += [[item, name, x, n, mean, error, None] for x, n, mean, error in mine]
            if mine:
                axis.errorbar([m[0] for m in mine], [m[2] for m in mine], yerr=[m[3] for m in mine], **look)
        own = [pearson(measure({key: v[of] for key, v in cells.items()}), k) for _, measure in MEASURES]
        correlations.append(own)
        rows += [[f"pearson: {label}", name, None, len(k), None, None, r] for (label, _), r in zip(MEASURES, own)]
        height = 0.8 / len(drawn)
        bars.barh(np.arange(len(MEASURES)) + (len(correlations) - 1) * height - 0.4 + height / 2, np.nan_to_num(own),
                  height, color=look["color"], label=name)
    for axis, label in ((by_volume, "volume of the Voronoi cell (Å$^3$)"), (by_faces, "faces of the Voronoi cell")):
        axis.set_xlabel(label)
    by_volume.set_ylabel("mean stiffness $K$ (eV/Å$^2$)")
    by_faces.legend(loc="best")
    bars.axvline(0, color=style.GREY, linewidth=0.6)
    bars.set_yticks(np.arange(len(MEASURES)), [label for label, _ in MEASURES])
    bars.invert_yaxis()
    bars.set_xlabel("Pearson's R with the stiffness")
    for axis, label in zip(axes[0], "abc"):
        style.panel_label(axis, label)
    best = [max(zip(own, MEASURES), key=lambda pair: abs(np.nan_to_num(pair[0]))) for own in correlations]
    strongest = wording.listing(f"{wording.escape(name)} with {label} ({wording.fixed(r, 2)})"
                                for name, (r, (label, _)) in zip(drawn, best))
    common = wording.listing(f"{text} {100 * share:.1f} % (mean K {mean:.3f} eV/Å²)"
                             for text, share, mean in commonest(cells["index"], stiffness))
    caption = (
        f"Voronoi cells of the inherent structures of {wording.plural(len(samples), 'sample')} (of points, blind to "
        "sizes): mean stiffness by volume, in tenths of each species' atoms (a), and by number of faces, where there "
        f"are {LEAST} atoms or more (b), with standard errors; and Pearson's R of single atoms (c), strongest for "
        f"{strongest}. {100 * icosahedra(cells['index']).mean():.1f} % of the atoms are icosahedra, "
        f"⟨0, 0, 12, 0⟩; the commonest cells are {common}. The mean number of faces is {cells['faces'].mean():.2f}.")
    return style.save(study.directory, NAME, figure, TITLE, caption,
                      "Mean stiffness by volume and faces of Voronoi cells, and correlations", HEADER, rows)
