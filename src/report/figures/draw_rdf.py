"""Total and partial radial distribution functions of the inherent structures."""

import numpy as np

import style
import wording

NAME, TITLE = "rdf", "Radial distribution functions of the inherent structures"
PARTIAL_COLOURS = [style.VERMILLION, style.GREEN, style.BLUE, style.PINK, style.ORANGE, style.SKY]
DASHES = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1))]


def peak(r, g):
    """Position of the highest point of g(r) [A], by a parabola through it and its two neighbours."""
    k = int(np.argmax(g))
    if k in (0, len(g) - 1):
        return float(r[k])
    curvature = g[k - 1] - 2 * g[k] + g[k + 1]
    return float(r[k] + (0.5 * (g[k - 1] - g[k + 1]) / curvature * (r[1] - r[0]) if curvature else 0.0))


def draw(study, options):
    samples = [s for s in study.main_samples if s.rdf and "r" in s.rdf and "total" in s.rdf]
    if not samples:
        raise style.NotAvailable("no /rdf in samples/NNNN/glass.h5: the quench stage has not run here")
    samples = [s for s in samples if len(s.rdf["r"]) == len(samples[0].rdf["r"])]
    r = samples[0].rdf["r"]
    keys = ["total"] + sorted(k for k in samples[0].rdf if k not in ("r", "total"))
    keys = [k for k in keys if all(k in s.rdf for s in samples)]
    curves = {k: np.stack([s.rdf[k] for s in samples]) for k in keys}
    mean = {k: c.mean(axis=0) for k, c in curves.items()}
    deviation = {k: c.std(axis=0, ddof=1) if len(samples) > 1 else np.full(len(r), np.nan) for k, c in curves.items()}
    figure, axes = style.new_figure(style.DOUBLE, 2.7, 1, 2)
    left, right = axes[0]
    left.plot(r, mean["total"], color=style.BLACK)
    for k, key in enumerate(keys[1:]):
        right.plot(r, mean[key], color=PARTIAL_COLOURS[k % 6], linestyle=DASHES[k % 6], label=key.replace("-", "–"))
    for a in (left, right):
        a.axhline(1.0, color=style.GREY, linewidth=0.6, linestyle=":")
        a.set_xlabel("distance r (Å)")
        a.set_xlim(1.8, r.max())
        a.set_ylim(0, None)
    left.set_ylabel("g(r), all pairs")
    right.set_ylabel("partial g(r)")
    if len(keys) > 1:
        right.legend(loc="upper right")
    style.panel_label(left, "a")
    style.panel_label(right, "b")
    peaks = wording.listing(f"{wording.escape(k.replace('-', '–'))} {peak(r, mean[k]):.2f} Å" for k in keys[1:])
    caption = (
        f"Total (a) and partial (b) radial distribution functions of the energy-minimised structures, "
        f"mean over {wording.plural(len(samples), 'sample')}, bins of {r[1] - r[0]:.2f} Å. The total has its first "
        "peak at "
        f"{peak(r, mean['total']):.2f} Å" + (f"; the partial ones at {peaks}" if peaks else "") +
        ". A second peak that is split, with no sharp peaks beyond, is the mark of a metallic glass. "
        "Peak positions are the vertex of a parabola through the highest bin and its neighbours.")
    header = ["r_A"] + [f"g_{k}" for k in keys] + [f"g_{k}_standard_deviation_over_samples" for k in keys]
    rows = [[r[j]] + [mean[k][j] for k in keys] + [deviation[k][j] for k in keys] for j in range(len(r))]
    return style.save(study.directory, NAME, figure, TITLE, caption,
                      "Total and partial radial distribution functions", header, rows)
