"""Tables of the learning: Table S1, activation functions, rotation of the test sample, transfer, coverage."""

import draw_learning
import draw_rates
import wording
from page import table
from wording import escape, fixed

MEASURES = ("R", "rmse", "slope", "bias")
HEADS = ("single-atom R", "RMSE (eV/Å²)", "slope", "bias (eV/Å²)")


def cells(entry):
    result = []
    for k in MEASURES:
        decimals = 4 if k == "rmse" else 3
        result.append((entry.get(k), f"{fixed(entry.get(k), decimals)} ± {fixed(entry.get(k + '_error'), decimals)}"))
    return result


def numbers(entry):
    return [entry.get(k + suffix) for k in MEASURES for suffix in ("", "_error")]


COLUMNS = [name for k in ("R", "rmse_eV_per_A2", "slope", "bias_eV_per_A2") for name in (k, k + "_error")]


def all_tables(study):
    """[(file name, CSV header, CSV rows, HTML)]; the HTML is empty where there are no rows."""
    result = []

    def add(name, header, rows, title, anchor, html_header, html_rows, note):
        html = ""
        if rows:
            html = f'<h3 id="{anchor}">{title}</h3>' + table(html_header, html_rows) + f"<p class='dim'>{note}</p>"
        result.append((name, header, rows, html))

    for name, title, anchor, entries in (
            ("table_s1.csv", "Table S1: depth and width of the network", "table-s1", draw_learning.by_shape(study)),
            ("activations.csv", "Activation functions", "activations", draw_learning.by_activation(study))):
        entries = entries if len(entries) > 1 else []
        add(name, ["depth", "hidden", "activation"] + COLUMNS + ["folds"],
            [[len(e["hidden"]), draw_learning.text_of(e["hidden"]), e["activation"]] + numbers(e) + [e["trainings"]]
             for e in entries], title, anchor, ["hidden units", "depth", "activation", *HEADS, "folds"],
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
                f"± {fixed(rotation.get('rmse_error'))} eV/Å², slope {fixed(rotation['slope'])} ± "
                f"{fixed(rotation.get('slope_error'))}, bias {fixed(rotation['bias'])} ± "
                f"{fixed(rotation.get('bias_error'))} eV/Å².")
    add("rotation.csv", ["sample", "rate_K_per_s", "R", "rmse_eV_per_A2", "slope", "bias_eV_per_A2", "mean_real",
                         "mean_predicted"], rows, "Rotation of the test sample", "rotation",
        ["held-out sample", "rate (K/s)", *HEADS, "mean K<sub>real</sub>", "mean K<sub>pre</sub>"], html, note)
    entries = draw_rates.transfer_rows(study)
    add("transfer.csv", ["train_rates_K_per_s", "test_rate_K_per_s"] + COLUMNS + ["trainings"],
        [[draw_rates.rates_of(r, lambda x: f"{x:g}"), r["test_rate_K_per_s"]] + numbers(r) + [r["trainings"]]
         for r in entries], "Transfer between cooling rates", "transfer-table",
        ["trained at", "tested at", *HEADS, "K<sub>real</sub>", "K<sub>pre</sub>", "pairs"],
        [[(sum(r["train_rates_K_per_s"]), draw_rates.rates_of(r, wording.rate_text)),
          (r["test_rate_K_per_s"], wording.rate_text(r["test_rate_K_per_s"]))] + cells(r) +
         [(r.get(k), fixed(r.get(k))) for k in ("mean_real", "mean_predicted")] +
         [(r["trainings"], str(r["trainings"]))] for r in entries],
        "Means and standard errors over samples that the trainings have not seen, of each its mean over the trainings.")
    entries = draw_learning.coverage(study)
    add("coverage.csv", ["set", "share_inside_90", "binomial_error", "atoms"],
        [[wording.plain(label), s, e, n] for label, s, e, n in entries],
        "Real values inside the 90 % interval", "coverage", ["held-out atoms", "inside (%)", "atoms"],
        [[label, (s, f"{100 * s:.1f} ± {100 * e:.1f}"), (n, wording.number(n))] for label, s, e, n in entries],
        "Errors are binomial: they leave out what all atoms of a sample share.")
    return result
