"""Saddle searches: barriers and how searches end, barriers against stiffness, viscosities (Figs. 1, 4a and 4b)."""

import numpy as np
from matplotlib.ticker import MaxNLocator

import style
import units
import wording
from measures import pearson, spearman

EVENTS, EVENTS_TITLE = "barriers", "Activation barriers and how searches end"
STIFFNESS, STIFFNESS_TITLE = "barrier_stiffness", "Barrier against stiffness"
DECILES, DECILES_TITLE = "viscosity_tenths", "Viscosity of the stiffest and the softest atoms (Fig. 1)"
PREDICTED = "viscosity_prediction"
PREDICTED_TITLE = ("Viscosity against predicted stiffness (Figs. 4a and 4b)", "Viscosity against predicted <name>")
MISSING = "no samples/NNNN/barriers.h5: the barriers stage has not run here"
LEAST_IN_BIN, LEAST_BINS = 5, 3


def searched(study):
    samples = [s for s in study.main_samples if s.events is not None and s.species is not None]
    if not samples:
        raise style.NotAvailable(MISSING)
    return samples


def event_table(samples):
    """Columns of all attempts, pooled: species of the centre, status, barrier, evaluations, ..."""
    parts = []
    for s in samples:
        place = {atom: k for k, atom in enumerate(s.id)}
        parts.append({"species": np.array([s.species[place[a]] for a in s.events["center"]], int),
                      **{k: s.events[k] for k in ("status", "barrier", "evaluations", "cost", "whole_evaluations")}})
    return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}


def atom_table(samples, **further):
    """Atoms with accepted events, pooled: stiffness, mean barrier, its error, log10 viscosity, species."""
    columns = {"K": "stiffness", **further}
    parts = []
    for s in samples:
        if any(getattr(s, name) is None for name in columns.values()):
            continue
        chosen = s.atoms_barriers["accepted"] > 0
        for name in columns.values():
            chosen = chosen & np.isfinite(getattr(s, name))
        part = {key: getattr(s, name)[chosen] for key, name in columns.items()}
        part.update({key: s.atoms_barriers[key][chosen]
                     for key in ("mean_barrier", "standard_error", "log10_viscosity")})
        part["species"] = s.species[chosen]
        parts.append(part)
    if not parts or not sum(len(p["K"]) for p in parts):
        raise style.NotAvailable("no searched atom has both an accepted event and a stiffness")
    return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}


def summary_rows(study):
    """One dictionary for all together and per species, for the report's tables; [] where nothing has run."""
    try:
        samples = searched(study)
    except style.NotAvailable:
        return []
    e = event_table(samples)
    rows = []
    for s, name in [(None, "all")] + list(enumerate(study.names)):
        mine = np.ones(len(e["status"]), bool) if s is None else e["species"] == s
        if not np.any(mine):
            continue
        barrier = e["barrier"][mine & (e["status"] == 0)]
        row = {"species": name, "attempts": int(mine.sum()), "accepted": len(barrier)}
        row.update({key: float(f(barrier)) if len(barrier) else None
                    for key, f in (("mean", np.mean), ("median", np.median))})
        row["deviation"] = float(barrier.std(ddof=1)) if len(barrier) > 1 else None
        row["evaluations"] = float(e["evaluations"][mine].mean())
        row["whole_evaluations"] = float(e["whole_evaluations"][mine].mean())
        row["classes"] = {label: int(np.sum(mine & (e["status"] == code)))
                          for code, label in enumerate(samples[0].status_names)}
        row["costs"] = {label: [float(e[k][mine & (e["status"] == code)].mean()) if row["classes"][label] else None
                                for k in ("evaluations", "whole_evaluations")]
                        for code, label in enumerate(samples[0].status_names)}
        rows.append(row)
    return rows


def draw_events(study, options):
    samples = searched(study)
    e = event_table(samples)
    if not len(e["status"]):
        raise style.NotAvailable("barriers.h5 holds no attempt")
    names, labels = study.names, samples[0].status_names
    figure, axes = style.new_figure(style.DOUBLE, 2.7, 1, 3, gridspec_kw={"width_ratios": [1, 1.25, 1]})
    rows, parts = [], []
    a, b, c = axes[0]
    good = e["status"] == 0
    top = float(e["barrier"][good].max()) * 1.05 if np.any(good) else 1.0
    edges = np.linspace(0, top, int(np.clip(np.sqrt(max(1, good.sum())) * 1.5, 8, 40)) + 1)
    for s, name in enumerate(names):
        barrier = e["barrier"][good & (e["species"] == s)]
        if not len(barrier):
            continue
        numbers, _ = np.histogram(barrier, edges)
        colour = style.CYCLE[s % len(style.CYCLE)]
        a.stairs(numbers, edges, color=colour, linestyle=["-", "--", "-.", ":"][s % 4], label=name)
        a.stairs(numbers, edges, color=colour, alpha=0.18, fill=True)
        a.axvline(barrier.mean(), color=colour, linewidth=0.8, linestyle=":")
        rows += [["barrier", name, edges[k], edges[k + 1], numbers[k]] for k in range(len(numbers))]
        parts.append(f"{wording.escape(name)}: mean {barrier.mean():.3f}, median {np.median(barrier):.3f}, standard "
                     f"deviation {barrier.std():.3f} eV ({wording.plural(len(barrier), 'event')})")
    a.set_xlabel("barrier $Q$ (eV)")
    a.set_ylabel("events")
    a.set_xlim(0, top)
    a.set_ylim(0, 1.25 * a.get_ylim()[1])  # room for the legend
    a.yaxis.set_major_locator(MaxNLocator(integer=True))
    if parts:
        a.legend(loc="upper right")
    present = [k for k in range(len(labels)) if np.any(e["status"] == k)]
    height = 0.8 / max(1, len(names))
    for s, name in enumerate(names):
        mine = e["species"] == s
        if not np.any(mine):
            continue
        share = [float(np.mean(e["status"][mine] == k)) for k in present]
        b.barh(np.arange(len(present)) + (s - (len(names) - 1) / 2) * height, share, height,
               color=style.CYCLE[s % len(style.CYCLE)], label=name)
        rows += [["status", f"{name} {labels[k]}", None, None, int(np.sum(e["status"][mine] == k))] for k in present]
    b.set_yticks(range(len(present)), [labels[k].lower().replace("_", " ") for k in present])
    b.tick_params(axis="y", length=0)
    b.invert_yaxis()
    b.set_xlabel("share of attempts")
    b.legend(loc="lower right")
    most = float(np.quantile(e["evaluations"], 0.995)) * 1.05 + 1
    steps = np.linspace(0, most, int(np.clip(np.sqrt(len(e["status"])), 8, 30)) + 1)
    for label, mask, colour, line in (("connected", good, style.GREEN, "-"), ("others", ~good, style.GREY, "--")):
        if not np.any(mask):
            continue
        numbers, _ = np.histogram(e["evaluations"][mask], steps)
        c.stairs(numbers, steps, color=colour, linestyle=line, label=label)
        rows += [["evaluations", label, steps[k], steps[k + 1], numbers[k]] for k in range(len(numbers))]
    c.set_xlabel("force evaluations")
    c.set_ylabel("searches")
    c.set_xlim(0, most)
    c.set_ylim(0, 1.25 * c.get_ylim()[1])
    c.legend(loc="upper right")
    for axis, label in zip(axes[0], "abc"):
        style.panel_label(axis, label)
    cost = e["cost"].mean(axis=0)
    stages = ", ".join(f"{value:.0f} {name}" for name, value in zip(samples[0].cost_names, cost))
    centers = sum(int(np.sum(s.atoms_barriers["attempts"] > 0)) for s in samples)
    caption = (
        f"Saddle searches around {wording.plural(centers, 'atom')}: {int(good.sum())} of "
        f"{wording.plural(len(good), 'attempt')} gave an event. (a) Barriers of the accepted events by the species of "
        f"the centre; dotted lines are the means. {'; '.join(parts) or 'None was accepted'}. (b) How "
        f"attempts ended. (c) Force evaluations of a search in its region: {e['evaluations'].mean():.0f} in the mean "
        f"({stages}).")
    return style.save(study.directory, EVENTS, figure, EVENTS_TITLE, caption,
                      "Histogram of barriers, shares of outcomes and histogram of evaluations per search",
                      ["item", "of", "from", "to", "number"], rows)


def in_bins(x, y, atoms):
    """Means of x and y, standard errors of y, and sizes, in bins of `atoms` by x; what is left joins the last."""
    order = np.argsort(x, kind="stable")
    count = max(1, len(order) // atoms)
    groups = [order[k * atoms:(k + 1) * atoms if k + 1 < count else len(order)] for k in range(count)]
    return (np.array([x[g].mean() for g in groups]), np.array([y[g].mean() for g in groups]),
            np.array([y[g].std(ddof=1) / np.sqrt(len(g)) if len(g) > 1 else 0.0 for g in groups]),
            np.array([len(g) for g in groups]))


def bin_size(number, wanted):
    """`wanted`, or less where that would leave fewer than three bins; 0 where there are too few atoms for any."""
    if number >= LEAST_BINS * wanted:
        return wanted
    return number // LEAST_BINS if number >= LEAST_BINS * LEAST_IN_BIN else 0


def draw_stiffness(study, options):
    t = atom_table(searched(study))
    figure, axes = style.new_figure(style.SINGLE, 2.7)
    a = axes[0, 0]
    rows = []
    for s, name in enumerate(study.names):
        mine = t["species"] == s
        if not np.any(mine):
            continue
        a.errorbar(t["K"][mine], t["mean_barrier"][mine], yerr=t["standard_error"][mine], fmt=style.MARKERS[s % 7],
                   color=style.CYCLE[s % len(style.CYCLE)], markersize=2.5, linewidth=0, elinewidth=0.5, alpha=0.6,
                   label=name)
        rows += [["atom", name, *v] for v in zip(t["K"][mine], t["mean_barrier"][mine], t["standard_error"][mine])]
    size = bin_size(len(t["K"]), options.bin_atoms)
    text = ""
    if size:
        x, y, error, count = in_bins(t["K"], t["mean_barrier"], size)
        a.errorbar(x, y, yerr=error, color=style.BLACK, marker="o", capsize=2, label=f"bins of {size}", zorder=5)
        rows += [["bin", int(n), *v] for n, *v in zip(count, x, y, error)]
        text = f" Black: means over {size} atoms of neighbouring K."
    a.set_xlabel("stiffness $K$ (eV/Å$^2$)")
    a.set_ylabel("mean barrier $\\langle Q_i \\rangle$ (eV)")
    a.set_ylim(0, 1.2 * a.get_ylim()[1])  # room for the legend
    a.legend(loc="upper left", ncols=3)
    caption = (
        f"Mean barrier ⟨Q<sub>i</sub>⟩ of the accepted events of each searched atom (bars: its standard error) against "
        f"its stiffness: Pearson R = {wording.fixed(pearson(t['K'], t['mean_barrier']))}, Spearman "
        f"{wording.fixed(spearman(t['K'], t['mean_barrier']))} over {wording.plural(len(t['K']), 'atom')}.{text}")
    return style.save(study.directory, STIFFNESS, figure, STIFFNESS_TITLE, caption,
                      "Mean barrier of each atom against its stiffness",
                      ["item", "species_or_atoms", "stiffness_eV_per_A2", "mean_barrier_eV", "standard_error_eV"], rows)


def draw_deciles(study, options):
    samples = searched(study)
    t = atom_table(samples)
    number = max(1, len(t["K"]) // 10)
    order = np.argsort(t["K"], kind="stable")
    groups = (("softest", order[:number], style.BLUE, "--"), ("stiffest", order[-number:], style.VERMILLION, "-"))
    figure, axes = style.new_figure(style.SINGLE, 2.6)
    a = axes[0, 0]
    low, high = t["log10_viscosity"][order[:number]], t["log10_viscosity"][order[-number:]]
    both = np.concatenate([low, high])
    span = max(float(np.ptp(both)), 1.0)
    count = int(np.clip(np.sqrt(number) * 2, 6, 30))
    edges = np.linspace(both.min() - 0.05 * span, both.max() + 0.05 * span, count + 1)
    rows, parts = [], []
    for name, mine, colour, line in groups:
        eta = t["log10_viscosity"][mine]
        numbers, _ = np.histogram(eta, edges)
        a.stairs(numbers / len(eta), edges, color=colour, linestyle=line, label=f"{name} 10 %")
        a.stairs(numbers / len(eta), edges, color=colour, alpha=0.18, fill=True)
        a.axvline(eta.mean(), color=colour, linewidth=0.8, linestyle=":")
        rows += [[name, edges[k], edges[k + 1], int(numbers[k])] for k in range(len(numbers))]
        error = f" ± {eta.std(ddof=1) / np.sqrt(len(eta)):.2f}" if len(eta) > 1 else ""
        parts.append(f"{name}: mean log<sub>10</sub>η = {wording.fixed(float(eta.mean()), 2)}{error}")
    a.set_xlabel("$\\log_{10}(\\eta_i$ / Pa s)")
    a.set_ylabel("share of the atoms")
    a.set_ylim(0, None)
    a.legend(loc="best")
    few = (" With so few atoms this decides nothing." if number < 10 else "")
    caption = (
        f"Viscosity η<sub>i</sub> = 10<sup>−4</sup> Pa s exp(⟨Q<sub>i</sub>⟩/k<sub>B</sub>T) at T = "
        f"{samples[0].viscosity_temperature:g} K of the {wording.plural(number, 'atom')} of highest and of lowest "
        f"stiffness among {len(t['K'])} searched ones; dotted lines are the means, errors those of the mean. "
        f"{'; '.join(parts)}.{few}")
    return style.save(study.directory, DECILES, figure, DECILES_TITLE, caption,
                      "Distributions of viscosity of the stiffest and the softest decile of the atoms",
                      ["group", "log10_viscosity_low", "log10_viscosity_high", "atoms"], rows)


def draw_predicted(study, options):
    samples = searched(study)
    if all(s.predicted is None for s in samples):
        raise style.NotAvailable("no searched sample has a prediction.h5: the train stage has not run here")
    p = study.property
    t = atom_table(samples, predicted="predicted", K=p.pick(("stiffness", "predicted")))
    size = bin_size(len(t["K"]), options.bin_atoms)
    figure, axes = style.new_figure(style.DOUBLE, 2.7, 1, 2)
    a, b = axes[0]
    rows = []
    for s, name in enumerate(study.names):
        mine = t["species"] == s
        if not np.any(mine):
            continue
        a.plot(t["predicted"][mine], t["log10_viscosity"][mine], style.MARKERS[s % 7],
               color=style.CYCLE[s % len(style.CYCLE)], markersize=2.5, alpha=0.6, label=name)
        rows += [["atom", name, x, y, None] for x, y in zip(t["predicted"][mine], t["log10_viscosity"][mine])]
    a.legend(loc="best")
    temperature = samples[0].viscosity_temperature
    text = " (b) Too few atoms for bins."
    if size:
        x, y, error, count = in_bins(t["predicted"], t["mean_barrier"], size)
        scale = 1 / (units.BOLTZMANN * temperature * np.log(10))
        b.errorbar(x, -4 + scale * y, yerr=scale * error, color=style.GREEN, marker="o", capsize=2)
        rows += [["bin", int(n), u, -4 + scale * v, scale * w] for n, u, v, w in zip(count, x, y, error)]
        less = "" if size == options.bin_atoms else f" (not {options.bin_atoms}: that would be fewer than three bins)"
        text = (f" (b) In bins of {size} atoms{less} by predicted {p.name}; a bin averages ⟨Q⟩, that is log η, and "
                f"bars are the standard error: R = {wording.fixed(pearson(x, y))} over "
                f"{wording.plural(len(x), 'bin')}.")
    for axis, label in zip((a, b), "ab"):
        axis.set_xlabel(p.math_head("predicted " + p.pick(("stiffness ", "")) + f"${p.pick((p.math_pre, p.math))}$"))
        axis.set_ylabel("$\\log_{10}(\\eta_i$ / Pa s)")
        style.panel_label(axis, label)
    caption = (
        f"(a) Viscosity at {temperature:g} K from the mean barrier of each searched atom against the {p.name} that "
        f"the network predicts: R = {wording.fixed(pearson(t['predicted'], t['log10_viscosity']))}, Spearman "
        f"{wording.fixed(spearman(t['predicted'], t['log10_viscosity']))} over "
        f"{wording.plural(len(t['K']), 'atom')}.{text}")
    return style.save(study.directory, PREDICTED, figure, p.pick(PREDICTED_TITLE), caption,
                      f"Viscosity against predicted {p.name}, atoms and bins",
                      ["item", "species_or_atoms", p.column(f"predicted_{p.name}"), "log10_viscosity",
                       "standard_error"], rows)
