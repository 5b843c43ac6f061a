"""What the network learned: depth and width, activation functions, cooling rates, calibration, and the RDF of the
atoms that it holds for the stiffest and softest."""

import numpy as np

import style
import wording
from draw_prediction import predicted_samples
from measures import bins_of_atoms, pearson
from wording import escape

DEPTH, DEPTH_TITLE = "network_size", "Depth and width of the network (Fig. S2)"
ACTIVATION, ACTIVATION_TITLE = "activation_functions", "Activation functions (Fig. S1)"
RATES, RATES_TITLE = "cooling_rates", "Predicted against real stiffness by cooling rate (Fig. 4d)"
TENTHS, TENTHS_TITLE = "rdf_of_tenths", "RDF of the stiffest and softest tenths (Fig. 4c)"
CALIBRATION, CALIBRATION_TITLE = "calibration", "Errors that were promised and errors that came"
SHARE = 0.1


def cross_validation(study):
    """The networks that were cross-validated; the study's own is the first."""
    rows = study.get("metrics", "cross_validation", default=[]) or []
    return [r for r in rows if isinstance(r, dict) and {"hidden", "activation", "R", "R_error", "rmse",
                                                         "rmse_error"} <= set(r)]


def text_of(hidden):
    return "–".join(str(w) for w in hidden)


def rows_of_cross_validation(study):
    return [[text_of(r["hidden"]).replace("–", "-"), r["activation"], len(r["hidden"]), r["R"], r["R_error"], r["rmse"],
             r["rmse_error"], r.get("R_bins_real"), r.get("trainings")] for r in cross_validation(study)]


CROSS_HEADER = ["hidden_layers", "activation", "depth", "R", "R_standard_error", "rmse_eV_per_A2",
                "rmse_standard_error_eV_per_A2", "R_bins_real", "folds"]


def two_bars(labels, rows, own):
    """R and RMSE of several networks with their standard errors, one above the other."""
    figure, axes = style.new_figure(style.DOUBLE, 2.6, 1, 2)
    x = np.arange(len(rows))
    for a, key, name, colour in ((axes[0, 0], "R", "single-atom $R$", style.BLUE),
                                 (axes[0, 1], "rmse", "RMSE (eV/Å$^2$)", style.VERMILLION)):
        values, errors = [r[key] for r in rows], [r[key + "_error"] for r in rows]
        a.errorbar(x, values, yerr=errors, fmt="o", color=colour, capsize=2.5)
        a.plot(x[own], np.array(values)[own], "o", markersize=8, markerfacecolor="none", color=style.BLACK)
        a.set_xticks(x, labels, rotation=0 if len(rows) < 5 else 35, ha="center" if len(rows) < 5 else "right")
        a.set_xlim(-0.6, len(rows) - 0.4)
        a.set_ylabel(name)
    style.panel_label(axes[0, 0], "a")
    style.panel_label(axes[0, 1], "b")
    return figure


def verdict(rows, labels):
    """How far the best is from the first, in standard errors of the difference."""
    best = max(range(len(rows)), key=lambda k: rows[k]["R"])
    if best == 0:
        return (f"The study's own network ({labels[0]}) has the highest R, {rows[0]['R']:.3f} ± "
                f"{rows[0]['R_error']:.3f}.")
    error = float(np.hypot(rows[best]["R_error"], rows[0]["R_error"]))
    difference = rows[best]["R"] - rows[0]["R"]
    return (f"Highest is {labels[best]} with R = {rows[best]['R']:.3f} ± {rows[best]['R_error']:.3f}, {difference:.3f} "
            f"above the study's own ({labels[0]}, {rows[0]['R']:.3f} ± {rows[0]['R_error']:.3f})"
            + (f", {difference / error:.1f} standard errors of the difference." if error > 0 else "."))


FOLDS = ("Mean and standard error over the folds of a cross-validation on the training samples; folds are whole "
         "samples where there are enough, else single atoms at random, whose neighbours the network may have seen.")


def draw_depth(study, options):
    rows = cross_validation(study)
    if rows:
        rows = [r for r in rows if r["activation"] == rows[0]["activation"]]
    if len(rows) < 2:
        raise style.NotAvailable("no networks to compare: train.grid is empty, or the train stage has not run")
    labels = [text_of(r["hidden"]) for r in rows]
    figure = two_bars(labels, rows, [0])
    axes = figure.axes
    for a in axes:
        a.set_xlabel("hidden layers")
    caption = (f"Networks of other depth and width; the ring marks the study's own. {FOLDS} {verdict(rows, labels)} "
               "The numbers are in tables/cross_validation.csv (Table S1).")
    return style.save(study.directory, DEPTH, figure, DEPTH_TITLE, caption,
                      "Cross-validated R and RMSE against depth and width", CROSS_HEADER,
                      [r for r in rows_of_cross_validation(study) if r[1] == rows[0]["activation"]])


def draw_activation(study, options):
    rows = cross_validation(study)
    if rows:
        rows = [r for r in rows if r["hidden"] == rows[0]["hidden"]]
    if len(rows) < 2:
        raise style.NotAvailable("no activation functions to compare: train.activations is empty, or the train stage "
                                 "has not run")
    labels = [{"relu": "ReLU"}.get(r["activation"], r["activation"]) for r in rows]
    figure = two_bars(labels, rows, [0])
    caption = f"The study's network with other activation functions. {FOLDS} {verdict(rows, labels)}"
    own = text_of(rows[0]["hidden"]).replace("–", "-")
    return style.save(study.directory, ACTIVATION, figure, ACTIVATION_TITLE, caption,
                      "Cross-validated R and RMSE of activation functions", CROSS_HEADER,
                      [r for r in rows_of_cross_validation(study) if r[0] == own])


def held_out(study):
    """Samples of which every atom tests."""
    return [s for s in predicted_samples(study) if np.all(s.split == 1)]


def draw_rates(study, options):
    samples = [s for s in held_out(study) if s.rate is not None]
    rates = sorted({s.rate for s in samples})
    if len(rates) < 2:
        raise style.NotAvailable("held-out samples are of one cooling rate: quench.test_rates_K_per_s is empty, or the "
                                 "train stage has not run")
    figure, axes = style.new_figure(style.DOUBLE, 3.1, 1, 2)
    left, right = axes[0]
    rows, means = [], []
    for k, rate in enumerate(rates):
        group = [s for s in samples if s.rate == rate]
        real, predicted = (np.concatenate([getattr(s, key) for s in group]) for key in ("stiffness", "predicted"))
        x, y, atoms = bins_of_atoms(real, predicted, predicted, options.bin_atoms)
        colour, marker = style.CYCLE[k % len(style.CYCLE)], style.MARKERS[k % len(style.MARKERS)]
        left.plot(x, y, marker, color=colour, markerfacecolor="none", markersize=3.5)
        rows += [[rate, "bin_sorted_by_k_pre", x[j], y[j], atoms[j]] for j in range(len(x))]
        each = np.array([[s.stiffness.mean(), s.predicted.mean()] for s in group])
        error = each.std(axis=0, ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.zeros(2)
        mean = each.mean(axis=0)
        right.errorbar(mean[0], mean[1], xerr=error[0], yerr=error[1], fmt=marker, color=colour, capsize=2,
                       label=wording.rate_label(rate))
        rows.append([rate, "mean_of_samples", mean[0], mean[1], len(real)])
        means.append((rate, mean, error, pearson(real, predicted), len(each)))
    for a in (left, right):
        low = min(min(a.get_xlim()), min(a.get_ylim()))
        high = max(max(a.get_xlim()), max(a.get_ylim()))
        a.plot([low, high], [low, high], "--", color=style.BLACK, linewidth=0.9)
        a.set_xlim(low, high)
        a.set_ylim(low, high)
        a.set_aspect("equal")
        a.set_xlabel("$K_\\mathrm{real}$ (eV/Å$^2$)")
        a.set_ylabel("$K_\\mathrm{pre}$ (eV/Å$^2$)")
    right.legend(loc="best", title="cooling rate")
    left.set_title(f"bins of {options.bin_atoms} atoms, by $K_\\mathrm{{pre}}$")
    right.set_title("means of samples")
    style.panel_label(left, "a")
    style.panel_label(right, "b")
    real = [m[1][0] for m in means]
    predicted = [m[1][1] for m in means]
    order = "keeps" if np.array_equal(np.argsort(real), np.argsort(predicted)) else "does not keep"
    each = "; ".join(f"{wording.rate_text(rate)}: {m[1] - m[0]:+.3f} eV/Å² (R {r:.3f}, "
                     f"{wording.plural(n, 'sample')})" for rate, m, _, r, n in means)
    caption = ("Samples that the networks have not seen, by cooling rate. Atoms above the line are "
               "overestimated. Mean of K<sub>pre</sub> − K<sub>real</sub>: " + each + f". The prediction {order} "
               "the order of the rates' mean stiffness"
               + (". Error bars are standard errors over samples." if any(m[4] > 1 for m in means) else
                  "; one sample a rate tells nothing of its scatter."))
    return style.save(study.directory, RATES, figure, RATES_TITLE, caption,
                      "Predicted against real stiffness for several cooling rates",
                      ["rate_K_per_s", "item", "k_real_eV_per_A2", "k_pre_eV_per_A2", "atoms"], rows)


def draw_tenths(study, options):
    samples = [s for s in held_out(study) if s in study.main_samples and s.shell_counts is not None]
    if not samples:
        raise style.NotAvailable("no held-out sample with prediction.h5 and descriptors.h5")
    edges = samples[0].shell_edges
    r = 0.5 * (edges[1:] + edges[:-1])
    curves = {}
    for name, key in (("real", "stiffness"), ("pre", "predicted")):
        for end, sign in (("stiffest", -1), ("softest", 1)):
            parts = []
            for s in samples:
                count = max(1, int(round(SHARE * s.atoms)))
                chosen = np.argsort(sign * getattr(s, key), kind="stable")[:count]
                g = s.shell_counts[chosen].sum(axis=2) * s.volume_per_atom / (4 * np.pi * r**2 * np.diff(edges))
                parts.append(g)
            curves[name, end] = np.concatenate(parts)
    figure, axes = style.new_figure(style.DOUBLE, 2.9, 1, 2)
    rows, text = [], []
    for a, name, label in ((axes[0, 0], "real", "real"), (axes[0, 1], "pre", "predicted")):
        for end, colour, dash in (("stiffest", style.BLUE, "-"), ("softest", style.VERMILLION, "--")):
            g = curves[name, end]
            mean, error = g.mean(axis=0), g.std(axis=0, ddof=1) / np.sqrt(len(g)) if len(g) > 1 else np.zeros(len(r))
            a.plot(r, mean, dash, color=colour, label=f"{end} 10 %")
            a.fill_between(r, mean - error, mean + error, color=colour, alpha=0.25, linewidth=0)
            rows += [[name, end, r[k], mean[k], error[k]] for k in range(len(r))]
        a.axhline(1.0, color=style.GREY, linewidth=0.6, linestyle=":")
        a.set_xlim(edges[0], edges[-1])
        a.set_ylim(0, None)
        a.set_xlabel("distance r (Å)")
        a.set_ylabel("g(r) about the atoms")
        a.set_title(f"by {label} stiffness")
        a.legend(loc="upper right")
        stiff, soft = (curves[name, end].mean(axis=0) for end in ("stiffest", "softest"))
        scatter = np.sqrt(sum(curves[name, e].var(axis=0, ddof=1) / len(curves[name, e])
                              for e in ("stiffest", "softest"))) if len(curves[name, "softest"]) > 1 else None
        first = r < 3.6
        if np.any(first) and np.any(stiff[first] > 0) and np.any(soft[first] > 0):
            k = int(np.argmax(np.where(first, stiff + soft, 0)))
            sigma = f" ({(stiff[k] - soft[k]) / scatter[k]:+.1f} standard errors)" if scatter is not None and \
                scatter[k] > 0 else ""
            text.append(f"by {label} stiffness the first peak of the stiffest tenth is {stiff[k]:.2f} high, that of "
                        f"the softest {soft[k]:.2f}, at {r[k]:.1f} Å{sigma}")
    style.panel_label(axes[0, 0], "a")
    style.panel_label(axes[0, 1], "b")
    caption = ("Mean radial distribution about the stiffest and the softest tenth of the atoms of the held-out glass, "
               "by real and by predicted stiffness, in the shells of the descriptor; bands are standard errors over "
               "atoms. "
               + wording.listing(text).capitalize() + ".")
    return style.save(study.directory, TENTHS, figure, TENTHS_TITLE, caption,
                      "Radial distribution about the stiffest and softest tenths of atoms",
                      ["by", "tenth", "r_A", "g", "g_standard_error"], rows)


def normal_quantile(p):
    from scipy.stats import norm
    return norm.ppf(p)


def draw_calibration(study, options):
    samples = [s for s in held_out(study) if s.deviation is not None and np.all(s.deviation > 0)]
    if not samples:
        raise style.NotAvailable("no held-out sample with calibrated deviations")
    promised = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
    figure, axes = style.new_figure(style.SINGLE, 3.1)
    a = axes[0, 0]
    a.plot([0, 1], [0, 1], "--", color=style.BLACK, linewidth=0.9)
    rows, text = [], []
    groups = [(rate, [s for s in samples if s.rate == rate]) for rate in sorted({s.rate for s in samples},
                                                                                 key=lambda x: x or 0)]
    for k, (rate, group) in enumerate(groups):
        ratio = np.concatenate([np.abs(s.stiffness - s.predicted) / s.deviation for s in group])
        came = np.array([np.mean(ratio <= normal_quantile(0.5 + 0.5 * p)) for p in promised])
        label = wording.rate_label(rate) if rate else "given structures"
        a.plot(promised, came, style.MARKERS[k % len(style.MARKERS)] + "-", color=style.CYCLE[k % len(style.CYCLE)],
               label=label, markersize=3)
        rows += [[rate, promised[j], came[j], len(ratio)] for j in range(len(promised))]
        halves = [s.interval for s in group]
        if all(h is not None for h in halves):
            inside = np.concatenate([np.abs(s.stiffness - s.predicted) <= s.interval for s in group])
            text.append(f"{wording.rate_text(rate) if rate else 'the given structures'}: {100 * inside.mean():.1f} %")
    a.set_xlim(0, 1)
    a.set_ylim(0, 1)
    a.set_aspect("equal")
    a.set_xlabel("share promised by the normal distribution")
    a.set_ylabel("share of real values inside")
    a.legend(loc="lower right")
    caption = ("How many real values of held-out samples lie within the central interval that the standard deviation "
               "promises, if errors were normal."
               + (f" In the calibrated 90 % interval lie, at {'; at '.join(text)}." if text else ""))
    return style.save(study.directory, CALIBRATION, figure, CALIBRATION_TITLE, caption,
                      "Share of real values within promised intervals",
                      ["rate_K_per_s", "promised", "inside", "atoms"], rows)


def transfer_rows(study):
    """Rows of the table of transfer: trained at, tested at, R and bias with their errors."""
    table = study.get("metrics", "transfer", "table", default=[]) or []
    return [[" ".join(f"{r:g}" for r in row["train_rates_K_per_s"]), row["test_rate_K_per_s"]] +
            [row[k] for k in TRANSFER_NUMBERS] for row in table]


TRANSFER_NUMBERS = ["R", "R_error", "slope", "slope_error", "rmse", "rmse_error", "bias", "bias_error", "mean_real",
                    "mean_predicted", "trainings"]
TRANSFER_HEADER = ["train_rates_K_per_s", "test_rate_K_per_s"] + TRANSFER_NUMBERS


def rotation_rows(study):
    """Rows of the table of rotation, one for each sample that was held out."""
    keys = ["R", "slope", "rmse", "bias", "R_bins_real"]
    return [[row["sample"]] + [row[k] for k in keys] for row in study.get("metrics", "rotation", "by_sample",
                                                                         default=[]) or []]


ROTATION_HEADER = ["held_out_sample", "R", "slope", "rmse_eV_per_A2", "bias_eV_per_A2", "R_bins_real"]


def tables_of_learning(study, table, fixed):
    """HTML of the tables that there are."""
    html = ""
    rows = cross_validation(study)
    if rows:
        html += "<h3>Depth, width and activation (Table S1)</h3>" + table(
            ["hidden layers", "activation", "R", "RMSE (eV/Å²)"],
            [[escape(text_of(r["hidden"])), escape(r["activation"]),
              (r["R"], f"{fixed(r['R'])} ± {fixed(r['R_error'])}"),
              (r["rmse"], f"{fixed(r['rmse'], 4)} ± {fixed(r['rmse_error'], 4)}")] for r in rows])
        html += f"<p class='dim'>{FOLDS}</p>"
    rows = rotation_rows(study)
    if rows:
        html += "<h3>Every sample held out in turn</h3>" + table(
            ["held out", "R", "slope", "RMSE (eV/Å²)", "bias (eV/Å²)", "R bins"],
            [[escape(r[0])] + [(v, fixed(v)) for v in r[1:]] for r in rows])
        mean = study.get("metrics", "rotation", default={})
        if len(rows) > 1:
            html += (f"<p class='dim'>Mean R {fixed(mean.get('R'))} ± {fixed(mean.get('R_error'))}, slope "
                     f"{fixed(mean.get('slope'))} ± {fixed(mean.get('slope_error'))}: one network each, standard "
                     "errors over samples.</p>")
    rows = study.get("metrics", "transfer", "table", default=[]) or []
    if rows:
        html += "<h3>From cooling rate to cooling rate</h3>" + table(
            ["trained at (K/s)", "tested at (K/s)", "R", "slope", "bias (eV/Å²)", "mean K (eV/Å²)", "trainings"],
            [[escape(", ".join(f"{x:g}" for x in r["train_rates_K_per_s"])),
              (r["test_rate_K_per_s"], f"{r['test_rate_K_per_s']:g}")] +
             [(r[k], f"{fixed(r[k])} ± {fixed(r[k + '_error'])}") for k in ("R", "slope", "bias")] +
             [(r["mean_real"], fixed(r["mean_real"])), (r["trainings"], str(r["trainings"]))] for r in rows])
        html += ("<p class='dim'>Bias: mean of K<sub>pre</sub> − K<sub>real</sub>; errors are standard errors over the "
                 "samples held out and tested.</p>")
    return html
