"""Distribution of the stiffness per species, and its dependence on temperature and on the window."""

import numpy as np
from matplotlib.lines import Line2D

import style
import wording

DISTRIBUTION, DISTRIBUTION_TITLE = "stiffness_distribution", "Distribution of the atomic stiffness"
TEMPERATURE, TEMPERATURE_TITLE = "stiffness_temperature", "Stiffness and label reliability against temperature"
CONVERGENCE, CONVERGENCE_TITLE = "stiffness_convergence", "Stiffness against the length of the window"
MISSING = ("no samples/NNNN/stiffness.h5: the stiffness stage has not run here",
           "no samples/NNNN/stiffness.h5: networks that learn <name> need no stiffness stage")


def labelled(study):
    return [s for s in study.main_samples if s.stiffness is not None and s.species is not None]


def draw_distribution(study, options):
    samples = labelled(study)
    if not samples:
        raise style.NotAvailable(study.property.pick(MISSING))
    stiffness = np.concatenate([s.stiffness for s in samples])
    species = np.concatenate([s.species for s in samples])
    good = np.isfinite(stiffness)
    stiffness, species = stiffness[good], species[good]
    names = study.names
    # A few very soft or stiff atoms must not squeeze the rest into a corner; they are counted in the caption.
    low, high = 0.0, float(np.quantile(stiffness, 0.999)) * 1.15
    count = int(np.clip(np.sqrt(len(stiffness)) / 1.2, 12, 60))
    edges = np.linspace(low, high, count + 1)
    outside = int(np.sum((stiffness < low) | (stiffness > high)))
    figure, axes = style.new_figure(style.SINGLE, 2.6)
    a = axes[0, 0]
    rows, parts = [], []
    for s, name in enumerate(names):
        values = stiffness[species == s]
        if not len(values):
            continue
        colour = style.CYCLE[s % len(style.CYCLE)]
        numbers, _ = np.histogram(values, edges)
        density = numbers / len(values) / (edges[1] - edges[0])
        a.stairs(density, edges, color=colour, linewidth=1.2, linestyle=["-", "--", "-.", ":"][s % 4], label=name)
        a.stairs(density, edges, color=colour, alpha=0.18, fill=True)
        a.axvline(values.mean(), color=colour, linewidth=0.8, linestyle=":")
        for j in range(count):
            rows.append([name, edges[j], edges[j + 1], numbers[j], density[j]])
        parts.append(f"{wording.escape(name)}: mean {values.mean():.3f}, standard deviation {values.std():.3f} eV/Å² "
                     f"({wording.number(len(values))} atoms)")
    a.set_xlim(low, high)
    a.set_ylim(0, None)
    a.set_xlabel("stiffness $K$ (eV/Å$^2$)")
    a.set_ylabel("probability density (Å$^2$/eV)")
    a.legend(loc="upper right")
    temperatures = next((s.label_temperatures for s in samples if s.label_temperatures is not None), None)
    harmonic = all(s.method == "harmonic" for s in samples)
    mean_of = (f", the mean over T = {wording.listing(f'{t:g}' for t in temperatures)} K" if temperatures is not None
               else "")
    out = (f" {wording.plural(outside, 'atom')} lie{'s' if outside == 1 else ''} outside the drawn range."
           if outside else "")
    caption = (
        ("Harmonic stiffness K<sub>i</sub> = 1 / tr (H<sup>−1</sup>)<sub>ii</sub>" if harmonic else
         f"Stiffness K<sub>i</sub> = k<sub>B</sub>T / ⟨|δr<sub>i</sub>|²⟩{mean_of}") + ", for all atoms of "
        f"{wording.plural(len(samples), 'sample')}; dotted lines are the means. {'; '.join(parts)}.{out}")
    header = ["species", "stiffness_low_eV_per_A2", "stiffness_high_eV_per_A2", "atoms", "density_A2_per_eV"]
    return style.save(study.directory, DISTRIBUTION, figure, DISTRIBUTION_TITLE, caption,
                      "Histograms of stiffness for each species", header, rows)


def draw_temperature(study, options):
    samples = [s for s in labelled(study) if s.stiffness_at is not None]
    if not samples:
        raise style.NotAvailable(study.property.pick(MISSING))
    temperatures = samples[0].temperature
    samples = [s for s in samples if np.array_equal(s.temperature, temperatures)]
    names = study.names
    reliable = [s.reliability for s in samples
                if s.reliability is not None and len(s.reliability) == len(temperatures) + 1
                and np.all(np.isfinite(s.reliability))]
    figure, axes = style.new_figure(style.DOUBLE if reliable else style.SINGLE, 2.6, 1, 2 if reliable else 1)
    a = axes[0, 0]
    rows, parts, means = [], [], []
    for s, name in enumerate(names):
        per_sample = [[np.nanmean(x.stiffness_at[t][x.species == s]) for t in range(len(temperatures))]
                      for x in samples if np.any(x.species == s)]
        if not per_sample:
            continue
        pooled = [np.concatenate([x.stiffness_at[t][x.species == s] for x in samples])
                  for t in range(len(temperatures))]
        mean = np.array([np.nanmean(p) for p in pooled])
        deviation = np.array([np.nanstd(p) for p in pooled])
        if len(per_sample) > 1:
            error = np.std(per_sample, axis=0, ddof=1) / np.sqrt(len(per_sample))
        else:
            error = deviation / np.sqrt([len(p) for p in pooled])
        colour = style.CYCLE[s % len(style.CYCLE)]
        a.errorbar(temperatures, mean, yerr=error, color=colour, marker=style.MARKERS[s % 7], capsize=2,
                   linestyle=["-", "--", "-.", ":"][s % 4], label=name)
        for t, temperature in enumerate(temperatures):
            rows.append(["stiffness", name, temperature, mean[t], error[t], deviation[t], None])
        means.append(mean)
        parts.append(f"{wording.escape(name)} {mean[0]:.3f} eV/Å² at {temperatures[0]:g} K"
                     + (f" and {mean[-1]:.3f} at {temperatures[-1]:g} K" if len(temperatures) > 1 else ""))
    a.set_xlabel("temperature (K)")
    a.set_ylabel("mean stiffness $K$ (eV/Å$^2$)")
    a.margins(x=0.08, y=0.15)
    a.legend(loc="best")
    text = ""
    if reliable:
        b = axes[0, 1]
        stack = np.stack(reliable)
        mean = stack.mean(axis=0)
        error = stack.std(axis=0, ddof=1) / np.sqrt(len(stack)) if len(stack) > 1 else np.zeros(len(mean))
        b.errorbar(temperatures, mean[:-1], yerr=error[:-1], color=style.GREEN, marker="o", capsize=2,
                   label="one temperature")
        b.axhline(mean[-1], color=style.BLACK, linestyle="--", linewidth=1, label="mean over temperatures")
        b.set_ylim(min(0.0, float(np.nanmin(mean)) - 0.05), 1.05)
        b.margins(x=0.08)
        b.set_xlabel("temperature (K)")
        b.set_ylabel("label reliability")
        b.legend(loc="lower left")
        style.panel_label(a, "a")
        style.panel_label(b, "b")
        for t, temperature in enumerate(temperatures):
            rows.append(["reliability", "all", temperature, None, error[t] if len(stack) > 1 else None, None, mean[t]])
        rows.append(["reliability_of_mean", "all", None, None, error[-1] if len(stack) > 1 else None, None, mean[-1]])
        text = (" (b) Reliability of the labels: correlation over atoms between the two halves of the window, "
                "corrected to "
                f"the full window (Spearman–Brown); {mean[-1]:.3f} for the mean over temperatures.")
    over = f"over {len(samples)} samples" if len(samples) > 1 else "over the atoms of the one sample"
    falls = len(temperatures) > 1 and all(r[0] > r[-1] for r in means)
    seen = (" A harmonic solid would give level lines; the fall is anharmonicity and, in fast-quenched glasses, "
            "relaxation "
            "within the window." if falls else "")
    caption = (
        f"{'(a) ' if reliable else ''}Mean stiffness of each species at each temperature; bars are the standard error "
        f"{over}. "
        f"{'; '.join(parts)}.{seen}{text}")
    header = ["item", "species", "temperature_K", "mean_stiffness_eV_per_A2", "standard_error",
              "standard_deviation_over_atoms_eV_per_A2", "reliability"]
    return style.save(study.directory, TEMPERATURE, figure, TEMPERATURE_TITLE, caption,
                      "Mean stiffness per species against temperature", header, rows)


def over_samples(samples, key):
    """Mean over samples of /convergence/KEY (temperatures, windows), and its standard error; zeros for one sample."""
    stack = np.stack([s.convergence[key] for s in samples])
    error = stack.std(axis=0, ddof=1) / np.sqrt(len(stack)) if len(stack) > 1 else np.zeros(stack.shape[1:])
    return stack.mean(axis=0), error


def atoms_that_hopped(samples):
    """Atoms of all samples that hopped before and within the windows (2, temperatures), and the number of all atoms."""
    counts = [[(s.hops[key] > 0).sum(axis=1) for key in ("moved_before", "hopped_within")] for s in samples]
    return np.sum(counts, axis=0), sum(s.atoms for s in samples)


def at_ends(temperatures, values):
    """Texts of the values at the first and the last temperature."""
    ends = sorted({0, len(temperatures) - 1})
    return wording.listing(f"{values[t]} at {temperatures[t]:g} K" for t in ends)


def leave_room(axes, lines):
    """Space above what is drawn for so many lines of a legend."""
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.09 * lines * (high - low))


def draw_convergence(study, options):
    if not labelled(study):
        raise style.NotAvailable(study.property.pick(MISSING))
    samples = [s for s in labelled(study) if s.convergence is not None and s.temperature is not None]
    if not samples:
        raise style.NotAvailable("no /convergence in samples/NNNN/stiffness.h5: none was measured by dynamics, or all "
                                 "were by an older version of the program")
    temperatures, window = samples[0].temperature, samples[0].convergence["window"]
    samples = [s for s in samples if np.array_equal(s.temperature, temperatures)
               and np.array_equal(s.convergence["window"], window)]
    several = len(samples) > 1
    visited = [s for s in samples if "pearson_with_visited" in s.convergence]
    mean, mean_error = over_samples(samples, "mean_stiffness")
    whole, whole_error = over_samples(samples, "pearson_with_window")
    basins, basins_error = over_samples(visited, "pearson_with_visited") if visited else (None, None)
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 2)
    a, b = axes[0]
    rows = []
    for t, temperature in enumerate(temperatures):
        look = {"color": style.CYCLE[t % 7], "marker": style.MARKERS[(t + t // 7) % 7], "capsize": 2}
        a.errorbar(window, mean[t], yerr=mean_error[t] if several else None, label=f"{temperature:g} K", **look)
        b.errorbar(window, whole[t], yerr=whole_error[t] if several else None, **look)
        if visited:
            b.errorbar(window, basins[t], yerr=basins_error[t] if len(visited) > 1 else None, linestyle="--",
                       fillstyle="none", **look)
        for w, length in enumerate(window):
            rows.append(["convergence", temperature, length, mean[t, w], mean_error[t, w] if several else None,
                         whole[t, w], whole_error[t, w] if several else None, basins[t, w] if visited else None,
                         basins_error[t, w] if len(visited) > 1 else None])
    for axis in (a, b):
        axis.set_xscale("log")
        axis.set_xticks(window, [f"{w:.3g}" for w in window])
        axis.set_xticks([], minor=True)
        axis.margins(x=0.08, y=0.12)
        axis.set_xlabel("length of the window (ps)")
    a.set_ylabel("mean stiffness $K$ (eV/Å$^2$)")
    b.set_ylabel("Pearson's $R$ over atoms")
    # Lines may be anywhere: legends have room above them.
    leave_room(a, (len(temperatures) + 2) // 3)
    a.legend(loc="upper center", ncols=min(3, len(temperatures)), columnspacing=1.2, handlelength=1.8)
    if visited:
        leave_room(b, 2)
        b.legend([Line2D([], [], color=style.GREY, linestyle=line) for line in ("-", "--")],
                 ["with the whole window", "with the basins visited"], loc="upper left")
    b.set_yticks([y for y in b.get_yticks() if b.get_ylim()[0] <= y < 1 + 1e-9])  # no R is above 1
    style.panel_label(a, "a")
    style.panel_label(b, "b")
    change = [f"{wording.fixed(100 * (m[-1] / m[0] - 1), 1)} %" for m in mean]
    caption = (
        f"Beginnings of the window of {window[-1]:g} ps taken for the whole of it; "
        + (f"mean over {len(samples)} samples, bars are the standard error. " if several else "one sample. ")
        + f"(a) Mean stiffness at each temperature. From the first {window[0]:.3g} ps to all of the window it changes "
        f"by {at_ends(temperatures, change)}. (b) Correlation over atoms of what a beginning gives with what the "
        "whole window gives, to which it belongs, so that the last one is 1")
    if len(window) > 1:
        half = [wording.fixed(x) for x in whole[:, -2]]
        caption += f"; the first {window[-2]:.3g} ps give R = {at_ends(temperatures, half)}"
    caption += "."
    if visited:
        caption += (" Dashed: with the harmonic stiffness of the basins that the runs were in, which has no noise; the "
                    f"whole window gives R = {at_ends(temperatures, [wording.fixed(x) for x in basins[:, -1]])}.")
    hopping = [s for s in samples if s.hops is not None]
    if hopping:
        counts, atoms = atoms_that_hopped(hopping)
        each = (f"{before} and {within} at {temperature:g} K"
                for before, within, temperature in zip(*counts, temperatures))
        caption += (
            " Atoms that moved from the sample's inherent structure to another well before the window began, and that "
            "hopped within it, in the run of at least one seed (by more than 0.1 Å between inherent structures): "
            f"{wording.listing(each)}, of {wording.number(atoms)} atoms.")
        rows += [["hops", temperature] + [None] * 7 + [before, within, atoms]
                 for before, within, temperature in zip(*counts, temperatures)]
    header = ["item", "temperature_K", "window_ps", "mean_stiffness_eV_per_A2", "standard_error",
              "R_with_whole_window", "R_with_whole_window_error", "R_with_basins_visited",
              "R_with_basins_visited_error", "atoms_moved_before", "atoms_hopped_within", "atoms"]
    rows = [row + [None] * (len(header) - len(row)) for row in rows]
    return style.save(study.directory, CONVERGENCE, figure, CONVERGENCE_TITLE, caption,
                      "Mean stiffness, and its correlation with that of the whole window, against the window's length",
                      header, rows)
