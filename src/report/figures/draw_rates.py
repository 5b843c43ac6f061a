"""Cooling rates: predicted against real values for each (Fig. 4d), and training on one, testing on another."""

import numpy as np

import style
import wording
from draw_prediction import gather, predicted_samples
from measures import bins_of_atoms, pearson

RATES = "cooling_rates"
RATES_TITLE = ("Predicted against real stiffness for each cooling rate (Fig. 4d)",
               "Predicted against real <name> for each cooling rate")
TRANSFER, TRANSFER_TITLE = "transfer", "Training at one cooling rate, testing at another"


def by_rate(study):
    """
    Atoms that the network has not seen, rate by rate, slowest first.

    A dictionary for each: rate, real, predicted (n), samples, mean_real, mean_predicted, bias and the standard errors
    of these three: over samples where there are several, else over atoms (which share the sample's bias).
    """
    result = []
    samples = predicted_samples(study)
    trained = {s.rate for s in samples if np.any(s.split == 0)}
    for rate in sorted({s.rate for s in samples if s.rate is not None}):
        mine = [s for s in samples if s.rate == rate and np.any(s.split == 1)]
        real, predicted, _ = gather(mine, 1)
        if len(real) < 3:
            continue
        columns = {"mean_real": real, "mean_predicted": predicted, "bias": predicted - real}
        of_samples = [gather([s], 1)[:2] for s in mine]
        entry = {"rate": rate, "real": real, "predicted": predicted, "samples": len(mine),
                 "own": rate in trained, "R": pearson(real, predicted)}
        for key, values in columns.items():
            entry[key] = float(values.mean())
            if len(mine) > 1:
                means = [{"mean_real": r, "mean_predicted": p, "bias": p - r}[key].mean() for r, p in of_samples]
                entry[key + "_error"] = float(np.std(means, ddof=1) / np.sqrt(len(means)))
            else:
                entry[key + "_error"] = float(values.std(ddof=1) / np.sqrt(len(values)))
        result.append(entry)
    return result


def draw_rates(study, options):
    if not any(s.predicted is not None for s in study.samples):
        raise style.NotAvailable("no samples/NNNN/prediction.h5: the train stage has not run here")
    entries = by_rate(study)
    if len(entries) < 2:
        raise style.NotAvailable("one cooling rate alone has been tested: name others in [quench] test_rates_K_per_s")
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 3)
    p, rows, parts = study.property, [], []
    drawn = [[], [], []]
    for k, e in enumerate(entries):
        colour, marker = style.CYCLE[k % len(style.CYCLE)], style.MARKERS[k % 7]
        for panel, (key, name) in enumerate((("real", "real"), ("predicted", "pre"))):
            x, y, atoms = bins_of_atoms(e["real"], e["predicted"], e[key], options.bin_atoms)
            axes[0, panel].plot(x, y, marker, color=colour, markersize=3 if len(x) < 100 else 1.8,
                                markerfacecolor="none" if panel else colour, markeredgewidth=0.8,
                                label=wording.rate_label(e["rate"]))
            drawn[panel] += [x, y]
            rows += [[e["rate"], f"bins_sorted_by_{p.key}_{name}", x[b], y[b], None, None, int(atoms[b])]
                     for b in range(len(x))]
        axes[0, 2].errorbar(e["mean_real"], e["mean_predicted"], xerr=e["mean_real_error"],
                            yerr=e["mean_predicted_error"], fmt=marker, color=colour, capsize=2, markersize=5)
        drawn[2] += [np.array([e[key] + sign * e[key + "_error"] for key in ("mean_real", "mean_predicted")
                               for sign in (-1, 1)])]
        rows.append([e["rate"], "mean", e["mean_real"], e["mean_predicted"], e["mean_real_error"],
                     e["mean_predicted_error"], len(e["real"])])
        parts.append(f"{wording.rate_text(e['rate'])}: {p.real} {wording.fixed(e['mean_real'])} ± "
                     f"{wording.fixed(e['mean_real_error'])}, {p.pre} − {p.real} "
                     f"{wording.fixed(e['bias'])} ± {wording.fixed(e['bias_error'])}{p.suffix} "
                     f"({wording.plural(e['samples'], 'sample')}"
                     + (", a rate of the training)" if e["own"] else ")"))
    titles = (f"bins by ${p.math_real}$", f"bins by ${p.math_pre}$", "means")
    for k, a in enumerate(axes[0]):
        values = np.concatenate(drawn[k])
        pad = 0.12 * max(float(np.ptp(values)), 1e-3)
        limits = (values.min() - pad, values.max() + pad)
        a.plot(limits, limits, "--", color=style.BLACK, linewidth=0.9)
        a.set_xlim(limits)
        a.set_ylim(limits)
        a.set_aspect("equal")
        a.set_xlabel(p.math_head(f"${p.math_real}$"))
        a.set_title(titles[k])
        style.panel_label(a, "abc"[k])
    axes[0, 0].set_ylabel(p.math_head(f"${p.math_pre}$"))
    axes[0, 0].legend(loc="upper left", handletextpad=0.2, borderaxespad=0.3)
    caption = (
        f"Atoms that the network has not seen, for each cooling rate. Means over bins of {options.bin_atoms} atoms "
        f"sorted by the real (a) and by the predicted {p.name} (b), and over all atoms (c); dashed: y = x. Bars are "
        f"standard errors over samples, or over atoms where there is one sample. {'; '.join(parts)}.")
    return style.save(study.directory, RATES, figure, p.pick(RATES_TITLE), caption,
                      f"Predicted against real {p.name} for each cooling rate, in bins and as means",
                      ["rate_K_per_s", "item", p.column(f"{p.key}_real"), p.column(f"{p.key}_pre"),
                       f"{p.key}_real_error", f"{p.key}_pre_error", "atoms"], rows)


def transfer_rows(study):
    """The table of metrics.json: training on some rates, testing at one; [] where it was not asked for."""
    transfer = study.metrics.get("transfer")
    table = transfer.get("table") if isinstance(transfer, dict) else None
    return [r for r in table or [] if isinstance(r, dict) and r.get("train_rates_K_per_s")]


def rates_of(row, to_text):
    rates = row["train_rates_K_per_s"]
    return " + ".join(to_text(r) for r in rates)


def draw_transfer(study, options):
    table = transfer_rows(study)
    if not table:
        raise style.NotAvailable("no transfer in metrics.json: [train] transfer is false, one rate alone is there, or "
                                 "the train stage has not run here")
    p, tests = study.property, sorted({r["test_rate_K_per_s"] for r in table})
    trains = []
    for r in table:
        if r["train_rates_K_per_s"] not in trains:
            trains.append(r["train_rates_K_per_s"])
    at = {(tuple(r["train_rates_K_per_s"]), r["test_rate_K_per_s"]): r for r in table}
    figure, axes = style.new_figure(style.DOUBLE, 1.1 + 0.42 * len(trains), 1, 2, sharey=True)
    most = max(abs(r["bias"]) for r in table) or 1.0
    for k, (key, label, maps) in enumerate((
            ("R", "single-atom $R$" + p.pick(("", f" of ${p.math}$")), {"cmap": style.STIFFNESS_MAP}),
            ("bias", p.math_head("bias " + p.pick((f"${p.math_pre}-{p.math_real}$", f"of ${p.math}$"))),
             {"cmap": "RdBu_r", "vmin": -1.25 * most, "vmax": 1.25 * most}))):
        a = axes[0, k]
        values = np.array([[at.get((tuple(t), u), {}).get(key, np.nan) for u in tests] for t in trains], float)
        picture = a.imshow(values, aspect="auto", **maps)
        for i, t in enumerate(trains):
            for j, u in enumerate(tests):
                r = at.get((tuple(t), u))
                if r is None:
                    continue
                red, green, blue, _ = picture.cmap(picture.norm(r[key]))
                dark = 0.3 * red + 0.59 * green + 0.11 * blue < 0.5
                error = f"\n± {r[key + '_error']:.3f}" if r.get(key + "_error") is not None else ""
                number = wording.fixed(round(r[key], 3) + 0.0)  # no minus sign before zero
                a.text(j, i, f"{number}{error}", ha="center", va="center", fontsize=6.5,
                       color="white" if dark else "black")
        a.set_xticks(range(len(tests)), [wording.rate_label(u) for u in tests])
        everything = {r for t in trains for r in t}
        names = []
        for t in trains:
            left_out = sorted(everything - set(t))
            names.append(" + ".join(wording.rate_label(r) for r in t) if len(t) == 1 else "all rates" if not left_out
                         else "all but " + " + ".join(wording.rate_label(r) for r in left_out))
        a.set_yticks(range(len(trains)), names)
        a.tick_params(length=0)
        a.set_xlabel("tested at")
        a.set_title(label)
        style.panel_label(a, "ab"[k])
    axes[0, 0].set_ylabel("trained at")
    worst = max(table, key=lambda r: abs(r["bias"]))
    own = [r for r in table if r["train_rates_K_per_s"] == [r["test_rate_K_per_s"]]]
    text = ""
    if own:
        far = max(own, key=lambda r: abs(r["bias"]))
        text = (f" Tested at the rate of the training the bias is at most {wording.fixed(abs(far['bias']))} ± "
                f"{wording.fixed(far.get('bias_error'))}{p.suffix};")
    caption = (
        "Networks trained on samples of one cooling rate, of all, or of all but one (rows), each tested on samples "
        f"that it has not seen (columns): single-atom R{p.of} (a) and mean of {p.pre} − {p.real} (b), means "
        f"over held-out samples with their standard error, where there is more than one.{text} the largest is "
        f"{wording.fixed(worst['bias'])} ± {wording.fixed(worst.get('bias_error'))}{p.suffix} (trained at "
        f"{rates_of(worst, wording.rate_text)}, tested at {wording.rate_text(worst['test_rate_K_per_s'])}).")
    if not own:
        caption = caption.replace(" the largest is", " The largest is")
    rows = [[rates_of(r, lambda x: f"{x:g}"), r["test_rate_K_per_s"]] +
            [r.get(k) for k in ("R", "R_error", "bias", "bias_error", "rmse", "rmse_error", "slope", "slope_error",
                                "mean_real", "mean_predicted", "trainings")] for r in table]
    return style.save(study.directory, TRANSFER, figure, TRANSFER_TITLE, caption,
                      "Two tables as heat maps: R and bias for each training and testing rate",
                      ["train_rates_K_per_s", "test_rate_K_per_s", "R", "R_error", p.column("bias"), "bias_error",
                       p.column("rmse"), "rmse_error", "slope", "slope_error", p.column("mean_real"),
                       p.column("mean_predicted"), "trainings"], rows)
