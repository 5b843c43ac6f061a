"""Surroundings of the highest and the lowest atoms: their RDF, by predicted and by real values (Fig. 4c)."""

import numpy as np

import style
import wording
from coarse_grain import image_pairs, perpendicular_widths
from draw_zones import of_study, test_sample
from zones import first_minimum

NAME = "rdf_tenths"
TITLE = ("Radial distribution about the stiffest and the softest atoms (Fig. 4c)",
         "Radial distribution about the atoms with the highest and the lowest <name>")
STEP, R_MAX, WINDOW = 0.1, 10.0, 0.2  # [A]
KINDS = (("real", "real"), ("pre", "predicted"))  # as they are named here and in a sample


def peaks_of(r, g):
    """Where all atoms' g(r) has its first peak and the two parts of its second [A]; None for what it has not."""
    smooth = np.convolve(np.pad(g, 1, mode="edge"), [0.25, 0.5, 0.25], mode="valid")
    first = int(np.argmax(smooth))
    valley = first_minimum(r, g)
    inner = np.flatnonzero((r > valley) & (r < 2.4 * r[first]))
    tops = [k for k in inner if 0 < k < len(r) - 1 and smooth[k] >= smooth[k - 1] and smooth[k] > smooth[k + 1]]
    tops = sorted(sorted(tops, key=lambda k: -smooth[k])[:2])
    if len(tops) == 2 and r[tops[1]] - r[tops[0]] < 0.35:  # noise on one peak, not two
        tops = [max(tops, key=lambda k: smooth[k])]
    second = float(r[tops[0]]) if tops else None
    third = float(r[tops[1]]) if len(tops) == 2 else None
    return float(r[first]), valley, second, third


def deciles(study):
    """g(r) about the lowest and the highest decile of the test sample, with peaks and errors over atoms."""
    return of_study(study, "deciles", lambda: _deciles(test_sample(study)))


def _deciles(sample):
    r_max = min(R_MAX, 0.5 * float(perpendicular_widths(sample.cell).min()))
    edges = np.arange(0, r_max + 1e-9, STEP)
    r = 0.5 * (edges[1:] + edges[:-1])
    density = sample.atoms / abs(np.linalg.det(sample.cell))
    ideal = 4 / 3 * np.pi * (edges[1:]**3 - edges[:-1]**3) * density
    i, _, distance, _ = image_pairs(sample.position, sample.cell, edges[-1])
    counts = np.zeros((sample.atoms, len(r)))
    np.add.at(counts, (i, np.minimum((distance / STEP).astype(int), len(r) - 1)), 1)
    g = counts / ideal  # of each atom
    first, valley, second, third = peaks_of(r, g.mean(axis=0))
    known = np.flatnonzero(sample.known)
    number = max(2, len(known) // 10)
    result = {"sample": sample, "r": r, "all": g.mean(axis=0), "number": number, "valley": valley,
              "first": first, "second": second, "third": third}
    windows = {key: np.abs(r - at) <= WINDOW + 1e-9 for key, at in
               (("first", first), ("second", second), ("third", third)) if at is not None}
    shell = r < valley
    for name, key in KINDS:
        order = known[np.argsort(getattr(sample, key)[known], kind="stable")]
        for group, mine in (("lowest", order[:number]), ("highest", order[-number:])):
            entry = {"g": g[mine].mean(axis=0), "g_error": g[mine].std(axis=0, ddof=1) / np.sqrt(number),
                     "species": np.bincount(sample.species[mine], minlength=len(sample.names)) / number}
            near = counts[mine][:, shell]
            values = {"neighbours": near.sum(axis=1),
                      "distance": near @ r[shell] / np.maximum(near.sum(axis=1), 1)}
            values.update({k: g[mine][:, w].mean(axis=1) for k, w in windows.items()})
            for k, v in values.items():
                entry[k], entry[k + "_error"] = float(v.mean()), float(v.std(ddof=1) / np.sqrt(number))
            result[name, group] = entry
    return result


def gap(t, name, key):
    """Highest less lowest, and its standard error."""
    a, b = t[name, "highest"], t[name, "lowest"]
    return a[key] - b[key], float(np.hypot(a[key + "_error"], b[key + "_error"]))


def draw(study, options):
    t = deciles(study)
    p, sample, r = study.property, t["sample"], t["r"]
    adjectives = {"highest": p.highest, "lowest": p.lowest}
    figure, axes = style.new_figure(style.DOUBLE, 4.4, 2, 2)
    wide = r > 1.9
    zoom = (r >= 3.4) & (r <= 7.0)
    top = 0.0
    for column, (name, math) in enumerate((("real", p.math_real), ("pre", p.math_pre))):
        for row, shown in enumerate((wide, zoom)):
            a = axes[row, column]
            for group, colour, line in (("highest", style.VERMILLION, "-"), ("lowest", style.BLUE, "--")):
                e = t[name, group]
                a.plot(r[shown], e["g"][shown], color=colour, linestyle=line, label=f"{adjectives[group]} 10 %")
                a.fill_between(r[shown], (e["g"] - e["g_error"])[shown], (e["g"] + e["g_error"])[shown], color=colour,
                               alpha=0.2, linewidth=0)
                if row == 0:
                    top = max(top, e["g"].max())
            a.plot(r[shown], t["all"][shown], color=style.GREY, linewidth=0.8, linestyle=":", label="all atoms")
            a.set_xlim(r[shown][0], r[shown][-1])
            a.set_xlabel("distance $r$ (Å)")
            a.set_ylabel("$g_i(r)$, mean")
            style.panel_label(a, "abcd"[2 * row + column])
            for at in (t["second"], t["third"]):
                if row == 1 and at is not None:
                    a.axvline(at, color=style.GREY, linewidth=0.6, linestyle=":")
        axes[0, column].set_title(f"by ${math}$")
        axes[0, column].legend(loc="upper right")
    high = max(a.get_ylim()[1] for a in axes[1])
    for column in range(2):
        axes[0, column].set_ylim(0, 1.08 * top)
        axes[1, column].set_ylim(0, high)
    parts = []
    for name, html in (("real", p.real), ("pre", p.pre)):
        words = [f"neighbours within {t['valley']:.2f} Å {both(t, name, 'neighbours', 2)}",
                 f"their mean distance {both(t, name, 'distance', 3)} Å", f"first peak {both(t, name, 'first', 2)}"]
        if t["second"] is not None:
            words.append(f"second {both(t, name, 'second', 2)}")
        if t["third"] is not None:
            words.append(f"its other part {both(t, name, 'third', 2)}")
        cu = t[name, "highest"]["species"][0], t[name, "lowest"]["species"][0]
        words.append(f"{wording.escape(sample.names[0])} {100 * cu[0]:.0f} % against {100 * cu[1]:.0f} %")
        parts.append(f"<b>By {html}</b>: " + ", ".join(words))
    if t["third"] is not None:
        split = f"the second peak is split, at {t['second']:.2f} and {t['third']:.2f} Å (dotted)"
    else:
        split = "the second peak of this sample is not split within its noise"
    chosen = p.pick((f"the {t['number']} stiffest and the {t['number']} softest atoms",
                     f"the {t['number']} atoms with the highest and the {t['number']} with the lowest <name>"))
    known = int(np.sum(sample.known))
    of_known = "" if known == sample.atoms else f", of its {wording.number(known)} with a real value"
    caption = (
        f"Radial distribution of all atoms about {chosen} of test sample {sample.label}{of_known}, chosen by real "
        f"(a, c) and by predicted {p.name} (b, d), in bins of {STEP:g} Å; "
        f"(c, d) show the second peak. Bands are standard errors over atoms. Over all atoms the first peak is at "
        f"{t['first']:.2f} Å, and {split}. {p.highest.capitalize()} against {p.lowest}, heights being means over "
        f"±{WINDOW:g} Å: {'; '.join(parts)}. Where the two groups differ in species, that is part of the difference.")
    header = ["r_A", "g_all"]
    columns = [r, t["all"]]
    for name, *_ in KINDS:
        for group, adjective in adjectives.items():
            header += [f"g_{adjective}_by_{p.key}_{name}", f"standard_error_{adjective}_by_{p.key}_{name}"]
            columns += [t[name, group]["g"], t[name, group]["g_error"]]
    return style.save(study.directory, NAME, figure, p.pick(TITLE), caption,
                      f"Radial distribution about the {p.highest} and {p.lowest} deciles of the atoms, by real and "
                      f"predicted {p.name}", header, list(zip(*columns)))


def both(t, name, key, decimals):
    """Highest against lowest as "a against b (difference ± error)"."""
    d, e = gap(t, name, key)
    return (f"{t[name, 'highest'][key]:.{decimals}f} against {t[name, 'lowest'][key]:.{decimals}f} "
            f"(difference {wording.fixed(d, decimals)} ± {e:.{decimals}f})")
