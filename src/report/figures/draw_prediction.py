"""Predicted against real values for training and test atoms; metrics by split."""

import numpy as np
from matplotlib.colors import LogNorm

import style
import wording
from coarse_grain import coarse_grain
from measures import agreement, bins_of_atoms, pearson

NAME, TITLE = ("stiffness_prediction", "prediction"), "Predicted against real <name>"
SETS = ((0, "train"), (1, "test"))
DENSITY_BINS = 60


def predicted_samples(study):
    return [s for s in study.samples if s.predicted is not None and s.real is not None and s.split is not None
            and s.species is not None and s.position is not None and s.cell is not None]


def gather(samples, code):
    """Real and predicted values and species of all atoms with the split `code` that have both."""
    chosen = [(s, (s.split == code) & s.known) for s in samples]
    real, predicted, species = (np.concatenate([np.zeros(0)] + [getattr(s, key)[mask] for s, mask in chosen])
                                for key in ("real", "predicted", "species"))
    return real, predicted, species.astype(int)


def coarse_values(sample, radius):
    """Coarse-grained real and predicted values (n, 2) of a sample, over the atoms that have both; NaN for others."""
    cached = getattr(sample, "_coarse", {})
    if radius not in cached:
        known, values = sample.known, np.stack([sample.real, sample.predicted], axis=1)
        values[~known] = np.nan
        values[known] = coarse_grain(sample.position[known], sample.cell, values[known], radius)
        cached[radius] = values
        sample._coarse = cached
    return cached[radius]


def coarse_correlation(samples, code, radius):
    """R between coarse-grained predicted and real values over the atoms with the split `code`."""
    pairs = [coarse_values(s, radius)[s.split == code] for s in samples if np.any(s.split == code)]
    if not pairs:
        return float("nan")
    pairs = np.concatenate(pairs)
    pairs = pairs[np.all(np.isfinite(pairs), axis=1)]
    return pearson(pairs[:, 0], pairs[:, 1])


def reliability(samples, code):
    """Mean over the samples that hold atoms of the split: reliability of the label (mean over temperatures)."""
    values = [s.label_reliability for s in samples if s.label_reliability is not None and np.any(s.split == code)]
    return float(np.mean(values)) if values else float("nan")


def metrics(study, options):
    """All measures per split, and for extra cooling rates per rate: {label: dictionary}."""
    result = {}
    samples = predicted_samples(study)
    main = [s for s in samples if s in study.main_samples]
    groups = [("train", main, 0), ("validation", main, 2), ("test", main, 1)]
    for rate in sorted({s.rate for s in samples if s not in main and s.rate is not None}):
        groups.append((f"test {rate:g} K/s", [s for s in samples if s not in main and s.rate == rate], 1))
    for label, group, code in groups:
        real, predicted, species = gather(group, code)
        if len(real) < 3:
            continue
        values = agreement(real, predicted, species, study.names, options.bin_atoms)
        values["R_coarse_grained"] = coarse_correlation(group, code, options.coarse_grain)
        values["reliability"] = reliability(group, code)
        result[label] = values
    return result


def draw(study, options):
    if not any(s.predicted is not None for s in study.samples):
        raise style.NotAvailable("no samples/NNNN/prediction.h5: the train stage has not run here")
    p, samples = study.property, [s for s in predicted_samples(study) if s in study.main_samples]
    if not samples:
        raise style.NotAvailable(p.pick(("prediction.h5 is there, but no stiffness.h5 or no /split to compare it with",
                                         "prediction.h5 has no /split to tell training and test atoms")))
    values = metrics(study, options)
    sets = [(code, label, gather(samples, code)) for code, label in SETS]
    sets = [(code, label, data) for code, label, data in sets if len(data[0]) >= 3]
    if not sets:
        raise style.NotAvailable("prediction.h5 marks no training and no test atoms")
    everything = np.concatenate([np.concatenate(data[:2]) for _, _, data in sets])
    low, high = (float(q) for q in np.quantile(everything, [0.0005, 0.9995]))
    margin = 0.06 * (high - low)
    limits = (min(low - margin, high - 1e-6), high + margin)
    edges = np.linspace(*limits, DENSITY_BINS + 1)
    counts = [np.histogram2d(data[0], data[1], (edges, edges))[0] for _, _, data in sets]
    norm = LogNorm(1, max(2, max(c.max() for c in counts)))
    columns = len(sets)
    # Two sets: densities above bins. One set: density beside bins.
    figure, axes = style.new_figure(style.DOUBLE, 6.4 if columns == 2 else 3.2, columns, 2)
    if columns == 1:
        axes = axes.T
    rows, sentences = [], []
    for column, (code, label, (real, predicted, _)) in enumerate(sets):
        top, bottom = axes[0, column], axes[1, column]
        shown = np.ma.masked_equal(counts[column], 0)
        mesh = top.pcolormesh(edges, edges, shown.T, norm=norm, cmap=style.DENSITY_MAP, rasterized=True)
        m = values[label]
        outside = int(len(real) - counts[column].sum())
        for i, j in zip(*np.nonzero(counts[column])):
            rows.append([label, "density", 0.5 * (edges[i] + edges[i + 1]), 0.5 * (edges[j] + edges[j + 1]),
                         int(counts[column][i, j])])
        for key, item, marker, colour, size in ((real, f"bins_sorted_by_{p.key}_real", "o", style.VERMILLION, 4.0),
                                                (predicted, f"bins_sorted_by_{p.key}_pre", "s", style.BLUE, 4.0)):
            x, y, atoms = bins_of_atoms(real, predicted, key, options.bin_atoms)
            bottom.plot(x, y, marker, color=colour, markersize=size if len(x) < 200 else 2.0,
                        markerfacecolor=colour if marker == "o" else "none", markeredgewidth=0.9,
                        label=f"sorted by ${p.math_real if marker == 'o' else p.math_pre}$")
            for k in range(len(x)):
                rows.append([label, item, x[k], y[k], atoms[k]])
        for a in (top, bottom):
            a.plot(limits, limits, "--", color=style.BLACK, linewidth=0.9, label="$y = x$" if a is bottom else None)
            a.set_xlim(limits)
            a.set_ylim(limits)
            a.set_aspect("equal")
            a.set_xlabel(p.math_head(f"${p.math_real}$"))
            a.set_ylabel(p.math_head(f"${p.math_pre}$"))
        top.text(0.04, 0.96, f"single-atom $R$ = {m['R']:.3f}\nslope = {m['slope']:.3f}\nRMSE = {m['rmse']:.3f}"
                             f"{p.math_suffix}",
                 transform=top.transAxes, va="top",
                 bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5})
        bottom.legend(loc="upper left", handletextpad=0.3, borderaxespad=0.3)
        bottom.text(0.97, 0.04, f"sorted by ${p.math_real}$: $R$ = {m['R_bins_real']:.3f}, slope "
                                f"{m['slope_bins_real']:.2f}"
                    f"\nsorted by ${p.math_pre}$: $R$ = {m['R_bins_pre']:.3f}, slope {m['slope_bins_pre']:.2f}",
                    transform=bottom.transAxes, ha="right", fontsize=6.5)
        style.panel_label(top, "ab"[column])
        style.panel_label(bottom, "abcd"[columns + column])
        top.set_title(f"{label}: density of {wording.number(len(real))} atoms")
        bottom.set_title(f"{label}: bins of {options.bin_atoms} atoms")
        sentences.append(
            f"<b>{label.capitalize()}</b>: single-atom R = {m['R']:.3f}, slope {m['slope']:.3f}, RMSE {m['rmse']:.3f}"
            f"{p.suffix}, R in bins {m['R_bins_real']:.3f} (sorted by {p.real}) and {m['R_bins_pre']:.3f} (by {p.pre})"
            + (f"; {wording.plural(outside, 'atom')} outside the drawn range" if outside else "") + ".")
    figure.colorbar(mesh, ax=list(axes.flat), label="atoms per pixel", pad=0.02, aspect=22,
                    shrink=0.44 if columns == 2 else 0.9, anchor=(0.0, 0.97 if columns == 2 else 0.5))
    missing = [label for code, label in SETS if label not in [s[1] for s in sets]]
    note = f" There are no {missing[0]} atoms in this study." if missing else ""
    caption = (
        f"{'Top' if columns == 2 else 'Left'}: density of all atoms. {'Bottom' if columns == 2 else 'Right'}: means "
        f"over bins of {options.bin_atoms} atoms, once sorted by the real "
        f"{p.name} and once by the predicted one; what is left over joins the last bin. Sorting by {p.real} "
        f"always flattens the line (regression to the mean), sorting by {p.pre} shows whether a predicted value "
        f"can be taken at its word. All slopes are of {p.pre} on {p.real}. Bins average the "
        f"scatter away, so their R says little about single atoms. {' '.join(sentences)}{note}")
    header = ["set", "item", p.column(f"{p.key}_real"), p.column(f"{p.key}_pre"), "atoms"]
    return style.save(study.directory, p.pick(NAME), figure, p.pick(TITLE), caption,
                      f"Predicted against real {p.name}, density and bins, for training and test atoms", header, rows)
