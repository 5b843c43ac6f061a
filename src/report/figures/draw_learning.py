"""What the cross-validation tells: activation functions (Fig. S1), depth and width (Fig. S2, Table S1), cutoff of the
descriptors; calibration."""

import numpy as np
from scipy import stats

import style
import wording

ACTIVATIONS, ACTIVATIONS_TITLE = "activation_functions", ("Activation functions (Fig. S1)", "Activation functions")
NETWORKS = "depth_and_width"
NETWORKS_TITLE = ("Depth and width of the network (Fig. S2)", "Depth and width of the network")
REACH, REACH_TITLE = "descriptor_reach", "Cutoff of the descriptor"
CALIBRATION, CALIBRATION_TITLE = "calibration", "Are the errors that the network states the right ones?"
MISSING = "no cross_validation in metrics.json: the study has no folds, or the train stage has not run here"
FOLDS = ("Folds are whole samples where there are two or more to train on, else single atoms at random, whose "
         "neighbours the network has seen.")
PERCENT = np.array([5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99])


def measures(p):
    """What is drawn of each network, and the labels of the axes."""
    return ("R", "single-atom $R$" + p.pick(("", f" of ${p.math}$"))), ("rmse", p.math_head("RMSE"))


def validated(study):
    """The networks of the cross-validation, the study's own first, each once."""
    entries = [e for e in study.metrics.get("cross_validation") or [] if isinstance(e, dict) and e.get("hidden")]
    seen, result = set(), []
    for entry in entries:
        key = (tuple(entry["hidden"]), entry.get("activation"), entry.get("reach_A"))
        if key not in seen:
            seen.add(key)
            result.append(entry)
    return result


def by_activation(study):
    """The networks that differ from the study's own in the activation alone."""
    entries = validated(study)
    return [e for e in entries if all(e.get(k) == entries[0].get(k) for k in ("hidden", "reach_A"))]


def by_shape(study):
    """The networks that differ from the study's own in depth or width alone."""
    entries = validated(study)
    return [e for e in entries if all(e.get(k) == entries[0].get(k) for k in ("activation", "reach_A"))]


def by_reach(study):
    """The network trained on descriptors that end at different distances, in the order of these."""
    entries = [e for e in validated(study) if e.get("reach_A") is not None and len(e.get("R_by_fold", [])) > 1]
    same = [e for e in entries if all(e.get(k) == entries[0].get(k) for k in ("hidden", "activation"))]
    return sorted(same, key=lambda e: e["reach_A"])


def difference_of_folds(a, b):
    """R of a less R of b, its standard error over the folds, which are the same atoms for both, and their number."""
    gap = np.subtract(a["R_by_fold"], b["R_by_fold"])
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap))), len(gap)


def name_of(activation):
    return {"relu": "ReLU"}.get(activation, activation)


def text_of(hidden):
    return "–".join(str(h) for h in hidden)


def pair(entry, key, decimals=3):
    """value ± error in HTML."""
    return f"{wording.fixed(entry[key], decimals)} ± {wording.fixed(entry.get(key + '_error'), decimals)}"


def difference(a, b, key):
    """a - b of a measure and its standard error."""
    return a[key] - b[key], float(np.hypot(a.get(key + "_error") or 0.0, b.get(key + "_error") or 0.0))


def draw_activations(study, options):
    entries = by_activation(study)
    if len(entries) < 2:
        raise style.NotAvailable(MISSING if not entries else
                                 "one activation function was cross-validated: name more in [train] activations")
    figure, axes = style.new_figure(style.DOUBLE, 2.3, 1, 2)
    p, names = study.property, [name_of(e["activation"]) for e in entries]
    for k, (key, label) in enumerate(measures(p)):
        a = axes[0, k]
        for x, e in enumerate(entries):
            a.errorbar(x, e[key], yerr=e.get(key + "_error"), fmt=style.MARKERS[x % 7], capsize=3, markersize=5,
                       color=style.CYCLE[x % len(style.CYCLE)])
        a.set_xticks(range(len(names)), names)
        a.tick_params(axis="x", length=0)
        a.set_xlim(-0.6, len(names) - 0.4)
        a.margins(y=0.25)
        a.set_ylabel(label)
        style.panel_label(a, "ab"[k])
    best = max(entries, key=lambda e: e["R"])
    others = [e for e in entries if e is not best]
    second = max(others, key=lambda e: e["R"])
    gap, error = difference(best, second, "R")
    told = "more than twice" if gap > 2 * error else "less than twice"
    caption = (
        f"Cross-validation of a network with {text_of(entries[0]['hidden'])} hidden units in "
        f"{wording.plural(entries[0]['trainings'], 'fold')}: single-atom R{p.of} (a) and RMSE (b) on the held-out "
        "atoms; bars are the standard error over folds. " + "; ".join(
            f"{wording.escape(name_of(e['activation']))}: R = {pair(e, 'R')}, RMSE {pair(e, 'rmse')}{p.suffix}"
            for e in entries) +
        f". The highest R has {wording.escape(name_of(best['activation']))}, {wording.fixed(gap)} above "
        f"{wording.escape(name_of(second['activation']))}: {told} the standard error of the difference "
        f"({wording.fixed(error)}). {FOLDS}")
    rows = [[e["activation"], text_of(e["hidden"])] +
            [e.get(k) for k in ("R", "R_error", "rmse", "rmse_error", "slope", "slope_error", "trainings")]
            for e in entries]
    return style.save(study.directory, ACTIVATIONS, figure, p.pick(ACTIVATIONS_TITLE), caption,
                      f"Single-atom R{p.of} and RMSE for each activation function, with error bars",
                      ["activation", "hidden", "R", "R_error", p.column("rmse"), "rmse_error", "slope", "slope_error",
                       "trainings"], rows)


def draw_networks(study, options):
    entries = by_shape(study)
    if len(entries) < 2:
        raise style.NotAvailable(MISSING if not entries else
                                 "one network was cross-validated: name more in [train] grid")
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 2)
    p, depths = study.property, sorted({len(e["hidden"]) for e in entries})
    for k, (key, label) in enumerate(measures(p)):
        a = axes[0, k]
        for d, depth in enumerate(depths):
            mine = sorted((e for e in entries if len(e["hidden"]) == depth), key=lambda e: max(e["hidden"]))
            # Beside one another, for the bars of different depths would hide each other at equal widths.
            aside = 1.03 ** (d - (len(depths) - 1) / 2)
            a.errorbar([max(e["hidden"]) * aside for e in mine], [e[key] for e in mine],
                       yerr=[e.get(key + "_error") or 0.0 for e in mine], marker=style.MARKERS[d % 7], capsize=2,
                       color=style.CYCLE[d % len(style.CYCLE)], linestyle=["-", "--", "-.", ":"][d % 4],
                       label=wording.plural(depth, "hidden layer"))
        own = entries[0]
        aside = 1.03 ** (depths.index(len(own["hidden"])) - (len(depths) - 1) / 2)
        a.plot(max(own["hidden"]) * aside, own[key], "o", markersize=8, markerfacecolor="none", color=style.BLACK,
               markeredgewidth=0.8)
        a.set_xscale("log", base=2)
        widths = sorted({max(e["hidden"]) for e in entries})
        a.set_xticks(widths, [str(w) for w in widths])
        a.minorticks_off()
        a.set_xlabel("width (units of the widest layer)")
        a.set_ylabel(label)
        a.margins(x=0.1, y=0.2)
        style.panel_label(a, "ab"[k])
    axes[0, 0].legend(loc="best")
    best, own = max(entries, key=lambda e: e["R"]), entries[0]
    gap, error = difference(best, own, "R")
    if best is own:
        text = "The study's own network has the highest R of all."
    else:
        text = (f"The highest R has {text_of(best['hidden'])}, {wording.fixed(gap)} ± {wording.fixed(error)} above the "
                f"study's own network, {text_of(own['hidden'])}"
                + ("." if gap > 2 * error else ": no more than the scatter over folds."))
    caption = (
        f"Cross-validation over depth and width, {name_of(own.get('activation'))} units, "
        f"{wording.plural(own['trainings'], 'fold')}: single-atom R{p.of} (a) and RMSE (b) on the held-out atoms "
        f"against the width of the hidden layers; bars are the standard error over folds. {FOLDS} The ring marks "
        f"the study's own network. {text} The numbers are in "
        "<a href=\"#table-s1\">Table S1</a>.")
    rows = [[len(e["hidden"]), max(e["hidden"]), text_of(e["hidden"])] +
            [e.get(k) for k in ("R", "R_error", "rmse", "rmse_error", "trainings")] for e in entries]
    return style.save(study.directory, NETWORKS, figure, p.pick(NETWORKS_TITLE), caption,
                      f"Single-atom R{p.of} and RMSE against the width of the network for each depth",
                      ["depth", "width", "hidden", "R", "R_error", p.column("rmse"), "rmse_error", "trainings"], rows)


def draw_reach(study, options):
    entries = by_reach(study)
    if len(entries) < 2:
        raise style.NotAvailable(MISSING if not entries else
                                 "descriptors of one length were cross-validated: name shorter ones in [train] reach_A")
    p = study.property
    figure, axes = style.new_figure(style.DOUBLE, 2.3, 1, 2)
    for k, (key, label) in enumerate(measures(p)):
        a = axes[0, k]
        a.errorbar([e["reach_A"] for e in entries], [e[key] for e in entries],
                   yerr=[e.get(key + "_error") or 0.0 for e in entries], marker="o", capsize=3, color=style.BLUE)
        a.set_xlabel("descriptor up to $r_{max}$ (Å)")
        a.set_ylabel(label)
        a.margins(x=0.08, y=0.2)
        style.panel_label(a, "ab"[k])
    longest = entries[-1]
    gaps = "; ".join(
        "{:g} Å: {} ± {}".format(e["reach_A"], *(wording.fixed(v) for v in difference_of_folds(longest, e)[:2]))
        for e in entries[:-1])
    caption = (
        f"Cross-validation of a network with {text_of(longest['hidden'])} hidden units in "
        f"{wording.plural(longest['trainings'], 'fold')}, trained on the descriptor's shells up to r<sub>max</sub> "
        f"alone: single-atom R{p.of} (a) and RMSE (b) on the held-out atoms; bars are the standard error over folds. "
        f"All shells, up to {longest['reach_A']:g} Å, give R = {pair(longest, 'R')}; fold by fold, that is above what "
        f"shorter descriptors give by ({gaps}). {FOLDS}")
    rows = [[e["reach_A"]] + [e.get(k) for k in ("R", "R_error", "rmse", "rmse_error", "trainings")] for e in entries]
    return style.save(study.directory, REACH, figure, REACH_TITLE, caption,
                      f"Single-atom R{p.of} and RMSE against the distance up to which the descriptor reaches",
                      ["r_max_A", "R", "R_error", p.column("rmse"), "rmse_error", "trainings"], rows)


def stated(samples):
    """(real - predicted) / standard deviation of the atoms of some samples, and whether interval_90 holds them."""
    z, inside = [], []
    for s in samples:
        good = s.known & (s.deviation > 0)
        off = (s.real - s.predicted)[good]
        z.append(off / s.deviation[good])
        if s.interval_90 is not None:
            inside.append(np.abs(off) <= s.interval_90[good])
    return np.concatenate(z), np.concatenate(inside) if inside else None


def held_out(study):
    """[(label, HTML label, samples)]: the test samples of the study's own rate, then those of each other rate."""
    groups = []
    own = [s for s in study.test_samples if s.deviation is not None]
    if own:
        groups.append(("test sample" if len(own) == 1 else "test samples",) * 2 + (own,))
    others = [s for s in study.samples if s not in study.main_samples and s.deviation is not None
              and s.split is not None and np.all(s.split == 1) and s.real is not None
              and s.species is not None and s.predicted is not None]
    for rate in sorted({s.rate for s in others if s.rate is not None}):
        groups.append((wording.rate_label(rate), wording.rate_text(rate), [s for s in others if s.rate == rate]))
    return groups


def coverage(study):
    """Share inside interval_90 with its binomial error for each held-out group: [(HTML label, share, error, atoms)]."""
    result = []
    for _, label, samples in held_out(study):
        inside = stated(samples)[1]
        if inside is not None and len(inside):
            share = float(inside.mean())
            result.append((label, share, float(np.sqrt(share * (1 - share) / len(inside))), len(inside)))
    return result


def draw_calibration(study, options):
    groups = held_out(study)
    if not groups:
        raise style.NotAvailable("no held-out sample has both a label and a standard deviation of its prediction")
    figure, axes = style.new_figure(style.SINGLE, 3.1)
    a = axes[0, 0]
    p, rows, parts = study.property, [], []
    a.plot([0, 100], [0, 100], "--", color=style.BLACK, linewidth=0.9, label="as stated")
    for k, (label, html, samples) in enumerate(groups):
        z, inside = stated(samples)
        share = np.array([np.mean(np.abs(z) <= stats.norm.ppf(0.5 + percent / 200)) for percent in PERCENT])
        colour = style.CYCLE[k % len(style.CYCLE)]
        a.plot(PERCENT, 100 * share, marker=style.MARKERS[k % 7], color=colour, linestyle=["-", "-.", ":"][k % 3],
               label=label)
        rows += [[wording.plain(html), percent, s, len(z)] for percent, s in zip(PERCENT, share)]
        text = (f"{html}: root mean square of ({p.real} − {p.pre})/σ "
                f"{wording.fixed(float(np.sqrt(np.mean(z**2))), 2)}")
        if inside is not None:
            text += f", {100 * inside.mean():.1f} % inside the 90 % interval"
        parts.append(f"{text} ({wording.number(len(z))} atoms)")
    a.set_xlim(0, 100)
    a.set_ylim(0, 103)
    a.set_xlabel("central interval stated (%)")
    a.set_ylabel("real values inside (%)")
    a.legend(loc="lower right")
    caption = (
        f"Share of the real values{p.of} of held-out samples that lie inside the central interval of p % about the "
        "prediction, against p. Intervals are those of a normal distribution with the standard deviation σ that the "
        "network states (ensemble and residual, calibrated on held-out atoms of the training rate); the 90 % interval "
        "of prediction.h5 is made from the residuals themselves. Above the line errors are stated too large, below it "
        f"too small. {'; '.join(parts)}. Atoms of one glass share its bias, so whole samples go up or down together; "
        "other cooling rates are outside what the errors were calibrated on.")
    return style.save(study.directory, CALIBRATION, figure, CALIBRATION_TITLE, caption,
                      f"Share of real values{p.of} inside stated intervals against their stated share",
                      ["set", "stated_percent", "share_inside", "atoms"], rows)
