"""Soft zones: isolated or percolated; and the length over which predicted and real values agree best."""

import numpy as np

import style
import wording
from zones import NEAR, Network, coarse_lengths, first_minimum

ZONES = ("soft_zones", "zones")
ZONES_TITLE = ("Soft zones: isolated or percolated?", "Zones of low <name>: isolated or percolated?")
LENGTHS, LENGTHS_TITLE = "coarse_graining_length", "Agreement against the length of coarse-graining"
SHARES = np.concatenate([np.arange(2, 30, 2), np.arange(30, 51, 5)]) / 100
DRAWS = 8
RADII = np.arange(1.0, 12.01, 0.5)
MISSING = ("no test sample has both a stiffness and a prediction: the stiffness or the train stage has not run here",
           "no test sample has both real and predicted <name>: the train stage has not run here, or it tests none")
FEWEST = 10  # atoms with a real value


def look(p):
    """Labels, colours, markers and lines of the atoms chosen by real and by predicted values, and by chance."""
    return {"real": (f"${p.math_real}$", p.real, style.VERMILLION, "o", "-"),
            "pre": (f"${p.math_pre}$", p.pre, style.BLUE, "s", "--"),
            "random": ("random", "random atoms", style.GREY, None, ":")}


def of_study(study, key, compute):
    """What is needed by a figure and by the table of statements, computed once for a study."""
    if key not in study.computed:
        study.computed[key] = compute()
    return study.computed[key]


def test_sample(study):
    samples = [s for s in study.test_samples if np.all(s.known) or np.sum(s.known) >= FEWEST]
    if not samples:
        raise style.NotAvailable(study.property.pick(MISSING))
    return samples[0]


def zones(study):
    """Clusters of the lowest atoms by real and by predicted values, and of atoms drawn by chance."""
    return of_study(study, "zones", lambda: _zones(test_sample(study)))


def _zones(sample):
    has_rdf = bool(sample.rdf) and "r" in sample.rdf and "total" in sample.rdf
    cutoff = first_minimum(sample.rdf["r"], sample.rdf["total"]) if has_rdf else NEAR
    known = sample.known
    atoms = int(known.sum())
    network = Network(sample.position[known], sample.cell, cutoff)
    numbers = np.unique(np.maximum(1, np.round(SHARES * atoms).astype(int)))
    # Draws do not depend on anything but the number of atoms: the same report has the same numbers.
    random = np.random.default_rng(20210446)
    orders = {"real": [np.argsort(sample.real[known], kind="stable")],
              "pre": [np.argsort(sample.predicted[known], kind="stable")],
              "random": [random.permutation(atoms) for _ in range(DRAWS)]}
    result = {"sample": sample, "atoms": atoms, "cutoff": cutoff, "from_rdf": has_rdf, "numbers": numbers,
              "neighbours": 2 * len(network.i) / atoms}
    for name, each in orders.items():
        rows = [[network.summary(order[:k]) for k in numbers] for order in each]
        result[name] = {
            "clusters": np.array([[x[0] for x in row] for row in rows], float),
            "largest": np.array([[x[1] for x in row] for row in rows]),
            "spans": np.array([[x[2] for x in row] for row in rows]),
            "threshold": np.array([network.thresholds(order) for order in each])}
    return result


def threshold(entry):
    """Mean over lattice vectors (and draws) of the share at which a cluster spans, and its scatter."""
    values = entry["threshold"]
    if np.any(np.isnan(values)):
        return float("nan"), float("nan")
    per_draw = values.mean(axis=1)
    if len(per_draw) > 1:
        return float(per_draw.mean()), float(per_draw.std(ddof=1))
    return float(per_draw[0]), float(values[0].std(ddof=1) / np.sqrt(3))


def threshold_rows(study):
    """Fractions at which a cluster spans each lattice vector, for the table; [] where there is no test sample."""
    try:
        z = zones(study)
    except style.NotAvailable:
        return []
    return [[name, draw] + list(row) for name in look(study.property) for draw, row in enumerate(z[name]["threshold"])]


def draw_zones(study, options):
    z = zones(study)
    p, sample, numbers, atoms = study.property, z["sample"], z["numbers"], z["atoms"]
    share = 100 * numbers / atoms
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 3)
    rows = []
    for name, (label, _, colour, marker, line) in look(p).items():
        e = z[name]
        for a, key, scale in ((axes[0, 0], "clusters", 1000 / atoms), (axes[0, 1], "largest", 100),
                              (axes[0, 2], "spans", 1)):
            values = scale * (e[key].sum(axis=2) if key == "spans" else e[key])
            mean = values.mean(axis=0)
            if len(values) > 1:
                deviation = values.std(axis=0, ddof=1)
                most = {"largest": 100, "spans": 3}.get(key, np.inf)
                a.fill_between(share, np.maximum(mean - deviation, 0), np.minimum(mean + deviation, most),
                               color=colour, alpha=0.2, linewidth=0)
            a.plot(share, mean, color=colour, marker=marker, markersize=2.8, linestyle=line, label=label)
        for k, number in enumerate(numbers):
            for draw in range(len(e["clusters"])):
                rows.append([name, draw, int(number), number / atoms, int(e["clusters"][draw, k]),
                             e["largest"][draw, k]] + [int(s) for s in e["spans"][draw, k]])
    for a, text in zip(axes[0], ("clusters per 1000 atoms", "largest cluster (% of the chosen)",
                                 "directions spanned (of 3)")):
        a.set_xlabel("chosen atoms (%)")
        a.set_ylabel(text)
        a.set_xlim(0, 51)
    axes[0, 0].set_ylim(0, None)
    axes[0, 1].set_ylim(0, 103)
    axes[0, 2].set_ylim(-0.1, 3.1)
    axes[0, 2].set_yticks([0, 1, 2, 3])
    axes[0, 0].legend(loc="upper right")
    for a, letter in zip(axes[0], "abc"):
        style.panel_label(a, letter)
    parts = []
    for name, (_, html, *_) in look(p).items():
        at, error = threshold(z[name])
        parts.append(f"{html} {100 * at:.1f} ± {100 * error:.1f} %" if at == at else f"{html}: never")
    where = "the first minimum of its RDF" if z["from_rdf"] else "there is no RDF to tell it"
    lowest, such = p.pick(("the softest atoms", "the atoms with the lowest <name>")), p.pick(("soft", "such"))
    of_atoms = "atoms" if atoms == sample.atoms else f"of its {wording.number(sample.atoms)} atoms, with a real value"
    caption = (
        f"Clusters of {lowest} of test sample {sample.label} ({wording.number(atoms)} {of_atoms}): two "
        f"chosen atoms within {z['cutoff']:.2f} Å ({where}; {z['neighbours']:.1f} neighbours of each atom) belong "
        "together. Number of clusters (a), share of the chosen atoms in the largest (b), and along how many of the "
        "three lattice vectors a cluster is connected with its own periodic image (c), by real and by predicted "
        f"{p.name} and, for comparison, for atoms drawn by chance ({DRAWS} draws; band: standard deviation). Fraction "
        f"at which a cluster spans, mean over the three directions: {', '.join(parts)} (errors: standard error "
        "over the directions; of random atoms standard deviation over draws). A threshold below that of random atoms "
        f"means that {such} atoms stand together; the smaller the cell, the less sharp it is.")
    return style.save(study.directory, p.pick(ZONES), figure, p.pick(ZONES_TITLE), caption,
                      "Number of clusters, share of the largest and directions spanned against the share of "
                      f"{p.pick(('soft', 'chosen'))} atoms",
                      ["chosen_by", "draw", "atoms", "fraction", "clusters", "largest_share", "spans_a", "spans_b",
                       "spans_c"], rows)


def lengths(study):
    sample = test_sample(study)
    known = sample.known
    return of_study(study, "lengths", lambda: coarse_lengths(
        sample.position[known], sample.cell, np.stack([sample.real[known], sample.predicted[known]], axis=1), RADII))


def draw_lengths(study, options):
    p, sample = study.property, test_sample(study)
    found = lengths(study)
    if len(found.radius) < 3 or not np.any(np.isfinite(found.R)):
        raise style.NotAvailable(f"the cell of sample {sample.label} is too small for spheres of more than one length")
    figure, axes = style.new_figure(style.SINGLE, 2.6)
    a = axes[0, 0]
    error = found.error()
    a.errorbar(found.radius, found.R, yerr=error, color=style.BLUE, marker="o", capsize=2)
    best = int(np.nanargmax(found.R))
    a.axvline(6.0, color=style.GREY, linestyle=":", linewidth=0.9)
    a.annotate("6 Å", (6.0, 0.03), xycoords=("data", "axes fraction"), xytext=(3, 0), textcoords="offset points",
               color=style.GREY, fontsize=7)
    a.set_xlabel("radius of coarse-graining (Å)")
    a.set_ylabel("$R$ of coarse-grained " + p.pick((f"${p.math_pre}$, ${p.math_real}$", f"${p.math}$")))
    a.set_xlim(0, max(12.4, found.radius[-1] + 0.4))
    a.margins(y=0.12)
    text = ""
    if np.any(found.radius == 6.0):
        six = int(np.flatnonzero(found.radius == 6.0)[0])
        gap, of_gap = found.gap(best, six)
        text = (f" At 6 Å R = {wording.fixed(found.R[six])} ± {wording.fixed(error[six])}" +
                (", the highest." if best == six else
                 f", {wording.fixed(gap)} ± {wording.fixed(of_gap)} (paired) below the highest."))
    less = "" if found.radius[-1] >= RADII[-1] else (f" Lengths beyond {found.radius[-1]:g} Å would meet themselves in "
                                                    "this cell.")
    caption = (
        f"Pearson R between predicted and real {p.name} of test sample {sample.label}, both averaged over "
        f"{sample.averaged} within the radius, the atom itself included; bars: standard error from the eight octants "
        "of the cell. "
        f"The highest R, {wording.fixed(found.R[best])} ± {wording.fixed(error[best])}, is at {found.radius[best]:g} Å."
        f"{text}{less} Below the nearest distance of two atoms R is that of single atoms. Large spheres overlap: few "
        "of them are independent, and errors grow.")
    rows = [[r, R, e] for r, R, e in zip(found.radius, found.R, error)]
    return style.save(study.directory, LENGTHS, figure, LENGTHS_TITLE, caption,
                      f"R of coarse-grained {p.name} against the radius of coarse-graining",
                      ["radius_A", "R", "standard_error"], rows)
