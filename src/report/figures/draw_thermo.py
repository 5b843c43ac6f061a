"""Volume and potential energy during the quench, with the glass transition."""

import numpy as np

import style
import wording
from measures import fit_transition

NAME, TITLE = "thermo", "The quench and its glass transition"
BIN_K = 25.0  # [K] reports are averaged in bins of this width


def quench_curve(sample):
    """
    Temperature [K], volume [A^3/atom] and potential energy [eV/atom] while the sample is cooled, averaged in bins of
    BIN_K of the target temperature (the instantaneous one fluctuates against the energy in a small system).
    """
    thermo = sample.thermo
    target = thermo.get("target_temperature", thermo["temperature"])
    if "target_temperature" in thermo:
        start = np.nonzero(target == target.max())[0][-1]  # the melt ends here
        end = np.nonzero(target == target.min())[0][0]     # a final hold begins here
        if end <= start:
            return None
        rows = np.arange(start, end + 1)
    else:
        rows = np.arange(int(np.argmax(target)), len(target))
    t = target[rows]
    columns = np.stack([t, thermo["volume"][rows] / sample.thermo_atoms,
                        thermo["potential_energy"][rows] / sample.thermo_atoms])
    bins = np.floor(t / BIN_K).astype(int)
    return np.stack([columns[:, bins == b].mean(axis=1) for b in np.unique(bins)[::-1]], axis=1), np.unique(bins)[::-1]


def transitions(study):
    """
    Per rate: the mean curve of its samples, its Transition (or None), the samples' own, and the standard error over
    samples [K] (None with fewer than two). Returns a list in order of rate.
    """
    result = []
    for rate in sorted({s.rate for s in study.samples if s.thermo}, key=lambda r: (r is None, r)):
        curves, fits = [], {}
        for sample in (s for s in study.samples if s.thermo and s.rate == rate):
            curve = quench_curve(sample)
            if curve is None:
                continue
            curves.append(curve)
            fits[sample.label] = fit_transition(curve[0][0], curve[0][2])
        if not curves:
            continue
        common = sorted(set.intersection(*[set(bins) for _, bins in curves]), reverse=True)
        if len(common) < 2:
            continue
        stack = np.stack([values[:, np.isin(bins, common)] for values, bins in curves])
        mean = stack.mean(axis=0)
        spread = stack.std(axis=0, ddof=1) if len(stack) > 1 else np.full_like(mean, np.nan)
        found = [f.temperature for f in fits.values() if f]
        error = float(np.std(found, ddof=1) / np.sqrt(len(found))) if len(found) > 1 else None
        result.append({"rate": rate, "mean": mean, "spread": spread, "samples": len(curves), "fits": fits,
                       "transition": fit_transition(mean[0], mean[2]), "error": error})
    return result


def draw(study, options):
    if not any(s.thermo for s in study.samples):
        raise style.NotAvailable("no samples/NNNN/thermo.h5: the quench stage has not run here")
    entries = transitions(study)
    if not entries:
        raise style.NotAvailable("thermo.h5 holds no cooling from a higher to a lower target temperature yet")
    figure, axes = style.new_figure(style.DOUBLE, 2.7, 1, 2)
    left, right = axes[0]
    rows, sentences = [], []
    for k, entry in enumerate(entries):
        colour = style.CYCLE[(k + 1) % len(style.CYCLE)]  # blue first: vermillion is copper's
        marker = style.MARKERS[k % len(style.MARKERS)]
        t, volume, energy = entry["mean"]
        label = wording.rate_label(entry["rate"])
        look = {"markersize": 2.4 if len(t) > 30 else 4.0, "markeredgewidth": 0}
        left.plot(t, volume, marker, color=colour, **look, label=label)
        right.plot(t, energy, marker, color=colour, **look, label=label)
        fit = entry["transition"]
        if fit:
            glass = np.array([t.min(), fit.temperature])
            liquid = np.array([fit.temperature, t.max()])
            right.plot(glass, fit(glass), "-", color=style.BLACK, linewidth=0.9)
            right.plot(liquid, fit(liquid), "-", color=style.BLACK, linewidth=0.9)
            error = entry["error"] if entry["error"] is not None else fit.fit_error
            for a in (left, right):
                a.axvspan(fit.temperature - error, fit.temperature + error, color=colour, alpha=0.25, linewidth=0)
                a.axvline(fit.temperature, color=colour, linestyle="--", linewidth=0.9)
            kind = (f"standard error over {wording.plural(entry['samples'], 'sample')}" if entry["error"] is not None
                    else "standard error of the fit, one sample")
            sentences.append(
                f"At {wording.rate_text(entry['rate'])} the lines meet at <b>T<sub>g</sub> = "
                f"{wording.with_error(fit.temperature, error)} K</b> ({kind}); the slope falls from "
                f"{1e3 * fit.above:.3f} meV/atom/K in the "
                f"liquid to {1e3 * fit.below:.3f} meV/atom/K in the glass.")
            for x in (t.min(), fit.temperature, t.max()):
                rows.append(["fit", entry["rate"], entry["samples"], x, None, None, fit(x), None])
        else:
            sentences.append(f"At {wording.rate_text(entry['rate'])} the energy shows no kink that two lines could fit "
                             "(too few reports, or no drop of the heat capacity), so no glass transition is marked.")
        for j in range(len(t)):
            rows.append(["data", entry["rate"], entry["samples"], t[j], volume[j], entry["spread"][1, j],
                         energy[j], entry["spread"][2, j]])
    for a in (left, right):
        a.set_xlabel("temperature (K)")
        low, high = min(e["mean"][0].min() for e in entries), max(e["mean"][0].max() for e in entries)
        a.set_xlim(max(0, low - 0.03 * (high - low)), high + 0.03 * (high - low))
    left.set_ylabel("volume per atom (Å$^3$)")
    right.set_ylabel("potential energy per atom (eV)")
    left.legend(loc="lower right", handletextpad=0.2, markerscale=1.8 if len(t) > 30 else 1.0)
    if len(entries) == 1 and entries[0]["transition"]:
        fit = entries[0]["transition"]
        error = entries[0]["error"] if entries[0]["error"] is not None else fit.fit_error
        right.text(0.97, 0.06, f"$T_\\mathrm{{g}}$ = {wording.with_error(fit.temperature, error)} K", ha="right",
                   transform=right.transAxes)
    style.panel_label(left, "a")
    style.panel_label(right, "b")
    total = sum(e["samples"] for e in entries)
    pressure = [abs(float(np.mean(s.thermo["pressure"]))) for s in study.samples if s.thermo and "pressure" in s.thermo]
    zero = f" The mean pressure of each run is within {max(pressure):.2f} GPa of zero." if pressure else ""
    caption = (
        f"Volume (a) and potential energy (b) per atom while {wording.plural(total, 'sample')} cool"
        f"{'s' if total == 1 else ''}; each point is the mean of the reports within {BIN_K:g} K of target temperature"
        f"{' and over samples of one rate' if total > len(entries) else ''}. Black lines: the best continuous fit of "
        "two "
        "straight lines to the energy over the whole range; the glass transition (dashed, with its error as a band) is "
        f"where they meet. {' '.join(sentences)}{zero}")
    header = ["item", "rate_K_per_s", "samples", "temperature_K", "volume_A3_per_atom",
              "volume_standard_deviation_A3_per_atom", "potential_energy_eV_per_atom",
              "potential_energy_standard_deviation_eV_per_atom"]
    return style.save(study.directory, NAME, figure, TITLE, caption,
                      "Volume and potential energy per atom against temperature during cooling", header, rows)
