"""Tables of the learning: elastic network, Table S1, activations, rotation of the test sample, transfer, coverage."""

import draw_elastic
import draw_learning
import draw_rates
import wording
from page import table
from wording import escape, fixed

MEASURES = ("R", "rmse", "slope", "bias")
MEASURES_OF_ELASTIC = ["slope", "rmse_eV_per_A2", "bias_eV_per_A2", "relative_rms", "mean_ratio",
                       "within_interval_90", "out_of_distribution"]


def heads_of(p):
    return [f"single-atom R{p.of}", p.head("RMSE"), "slope", p.head("bias")]


def cells(entry):
    result = []
    for k in MEASURES:
        decimals = 4 if k == "rmse" else 3
        result.append((entry.get(k), f"{fixed(entry.get(k), decimals)} ± {fixed(entry.get(k + '_error'), decimals)}"))
    return result


def numbers(entry):
    return [entry.get(k + suffix) for k in MEASURES for suffix in ("", "_error")]


def columns_of(p):
    return [name for k in ("R", p.column("rmse"), "slope", p.column("bias")) for name in (k, k + "_error")]


def elastic_table(study):
    """Header and rows of the CSV, those of the page, and the note: what the elastic network reaches on each sample."""
    entries = draw_elastic.by_sample(study)
    measured = any("pearson_with_dynamics" in e for e in entries)
    network = any(e["network"] is not None for e in entries)
    header = (["sample", "rate_K_per_s", "role", "atoms", "atoms_learned_from", "R"] + [f"R_{n}" for n in study.names] +
              MEASURES_OF_ELASTIC + ["relaxed", "R_network", "R_with_dynamics", "R_of_harmonic_with_dynamics"])
    heads = (["sample", "rate (K/s)", "role", "atoms learned from", "single-atom R"] +
             [f"R, {escape(n)}" for n in study.names] +
             ["slope", "RMSE (eV/Å²)", "bias (eV/Å²)", "relative rms (%)",
              "mean K<sub>pre</sub> / mean K<sub>real</sub>", "inside the 90 % interval (%)", "flagged (%)"] +
             ([f"R of the {escape(draw_elastic.network_name(study))}"] if network else []) +
             (["R with dynamics", "R of the harmonic K with dynamics"] if measured else []))
    rows, html = [], []
    for e in entries:
        role = "train" if e["trained_on"] else "test"
        of_species = [e["pearson_of"].get(n) for n in study.names]
        dynamics = [e.get("pearson_with_dynamics"), e.get("harmonic_pearson_with_dynamics")]
        rows.append([e["sample"], e["rate"], role, e["atoms"], e["learned_from"], e["pearson"]] + of_species +
                    [e[k] for k in MEASURES_OF_ELASTIC] + [int(e["relaxed"]), e["network"]] + dynamics)
        html.append([escape(e["sample"]), (e["rate"], wording.rate_text(e["rate"])),
                     role + (", relaxed by its laws" if e["relaxed"] else ""),
                     (e["learned_from"], str(e["learned_from"]))] +
                    [(v, fixed(v)) for v in [e["pearson"]] + of_species] +
                    [(e["slope"], fixed(e["slope"])), (e["rmse_eV_per_A2"], fixed(e["rmse_eV_per_A2"], 4)),
                     (e["bias_eV_per_A2"], fixed(e["bias_eV_per_A2"], 4)),
                     (e["relative_rms"], fixed(100 * e["relative_rms"], 1)), (e["mean_ratio"], fixed(e["mean_ratio"])),
                     (e["within_interval_90"], fixed(100 * e["within_interval_90"], 1)),
                     (e["out_of_distribution"], fixed(100 * e["out_of_distribution"], 1))] +
                    ([(e["network"], fixed(e["network"]))] if network else []) +
                    ([(v, fixed(v)) for v in dynamics] if measured else []))
    note = ("Computed here from stiffness.h5 and elastic.h5, over all atoms of a sample; in those of the training that "
            "includes the few that were learned from. Flagged: atoms unlike those of the training."
            + (" R with dynamics: with the stiffness that runs have given, the mean over temperatures; beside it that "
               "of the harmonic stiffness, which a perfect prediction would have." if measured else ""))
    return header, rows, heads, html, note


def all_tables(study):
    """[(file name, CSV header, CSV rows, HTML)]; the HTML is empty where there are no rows."""
    p, result = study.property, []
    columns, measured = columns_of(p), heads_of(p)

    def add(name, header, rows, title, anchor, html_header, html_rows, note):
        html = ""
        if rows:
            html = f'<h3 id="{anchor}">{title}</h3>' + table(html_header, html_rows) + f"<p class='dim'>{note}</p>"
        result.append((name, header, rows, html))

    header, rows, heads, html, note = elastic_table(study)
    add("elastic.csv", header, rows, "Learned elastic network", "elastic", heads, html, note)
    for name, title, anchor, entries in (
            ("table_s1.csv", "Table S1: depth and width of the network", "table-s1", draw_learning.by_shape(study)),
            ("activations.csv", "Activation functions", "activations", draw_learning.by_activation(study))):
        entries = entries if len(entries) > 1 else []
        add(name, ["depth", "hidden", "activation"] + columns + ["folds"],
            [[len(e["hidden"]), draw_learning.text_of(e["hidden"]), e["activation"]] + numbers(e) + [e["trainings"]]
             for e in entries], title, anchor, ["hidden units", "depth", "activation", *measured, "folds"],
            [[(e["hidden"][0], escape(draw_learning.text_of(e["hidden"]))), (len(e["hidden"]), str(len(e["hidden"]))),
              escape(e["activation"])] + cells(e) + [(e["trainings"], str(e["trainings"]))] for e in entries],
            "Cross-validation on atoms that were held out of the training; means and standard errors over folds.")
    rotation = study.metrics.get("rotation")
    turns = rotation.get("by_sample", []) if isinstance(rotation, dict) else []
    rows = [[t["sample"], t.get("rate_K_per_s")] + [t.get(k) for k in MEASURES] + [t["mean_real"], t["mean_predicted"]]
            for t in turns]
    html = [[(t["sample"], f"{t['sample']:04d}"), (t.get("rate_K_per_s"), wording.rate_text(t.get("rate_K_per_s")))] +
            [(t.get(k), fixed(t.get(k))) for k in MEASURES] +
            [(t[k], fixed(t[k])) for k in ("mean_real", "mean_predicted")]
            for t in sorted(turns, key=lambda t: t["sample"])]
    note = ""
    if turns:
        note = ("Each sample in turn is held out of the training and is the test. Mean and standard error over "
                f"samples: R {fixed(rotation['R'])} ± {fixed(rotation.get('R_error'))}, RMSE {fixed(rotation['rmse'])} "
                f"± {fixed(rotation.get('rmse_error'))}{p.suffix}, slope {fixed(rotation['slope'])} ± "
                f"{fixed(rotation.get('slope_error'))}, bias {fixed(rotation['bias'])} ± "
                f"{fixed(rotation.get('bias_error'))}{p.suffix}.")
    add("rotation.csv", ["sample", "rate_K_per_s", "R", p.column("rmse"), "slope", p.column("bias"), "mean_real",
                         "mean_predicted"], rows, "Rotation of the test sample", "rotation",
        ["held-out sample", "rate (K/s)", *measured, f"mean {p.real}", f"mean {p.pre}"], html, note)
    entries = draw_rates.transfer_rows(study)
    add("transfer.csv", ["train_rates_K_per_s", "test_rate_K_per_s"] + columns + ["trainings"],
        [[draw_rates.rates_of(r, lambda x: f"{x:g}"), r["test_rate_K_per_s"]] + numbers(r) + [r["trainings"]]
         for r in entries], "Transfer between cooling rates", "transfer-table",
        ["trained at", "tested at", *measured, p.real, p.pre, "pairs"],
        [[(sum(r["train_rates_K_per_s"]), draw_rates.rates_of(r, wording.rate_text)),
          (r["test_rate_K_per_s"], wording.rate_text(r["test_rate_K_per_s"]))] + cells(r) +
         [(r.get(k), fixed(r.get(k))) for k in ("mean_real", "mean_predicted")] +
         [(r["trainings"], str(r["trainings"]))] for r in entries],
        "Means and standard errors over samples that the trainings have not seen, of each its mean over the trainings.")
    entries = draw_learning.coverage(study)
    add("coverage.csv", ["set", "share_inside_90", "binomial_error", "atoms"],
        [[wording.plain(label), s, e, n] for label, s, e, n in entries],
        f"Real values{p.of} inside the 90 % interval", "coverage", ["held-out atoms", "inside (%)", "atoms"],
        [[label, (s, f"{100 * s:.1f} ± {100 * e:.1f}"), (n, wording.number(n))] for label, s, e, n in entries],
        "Errors are binomial: they leave out what all atoms of a sample share.")
    return result
