#!/usr/bin/env python3
"""Figures, tables and report.html from a study's output directory: make_report.py OUTDIR [options].

Draws whatever the study has run and names what it has not. Exit status: 0 done; 1 a figure could not be drawn from
data that are there, or nothing could be written; 2 wrong usage or no study in OUTDIR. Messages go to stderr.
"""

import argparse
import json
import os
import sys
import warnings

os.environ["MPLBACKEND"] = "Agg"
# Results are finished by a rename: no lock is needed, and many file systems of clusters refuse one. HDF5 looks once,
# when it is loaded.
os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"
try:
    import h5py  # noqa: F401
    import matplotlib  # noqa: F401
    import numpy as np
    import scipy  # noqa: F401
except ImportError as missing:
    print(f"The report cannot be made ({missing} in {sys.executable}); "
          "apt-get install python3-matplotlib python3-h5py python3-scipy, or name another Python in MGSTIFF_PYTHON",
          file=sys.stderr)
    sys.exit(1)

import draw_barriers
import draw_elastic
import draw_learning
import draw_map
import draw_network
import draw_prediction
import draw_rates
import draw_rdf
import draw_shares
import draw_stiffness
import draw_structure
import draw_deciles
import draw_thermo
import draw_training
import draw_vibrations
import draw_zones
import learning_tables
import page
import statements
import style
import viewer
import wording
from measures import pearson
from study import Study

FIGURES = [
    (draw_elastic.PREDICTION, draw_elastic.PREDICTION_TITLE, draw_elastic.draw_prediction),
    (draw_elastic.LAWS, draw_elastic.LAWS_TITLE, draw_elastic.draw_laws),
    (draw_shares.NAME, draw_shares.TITLE, draw_shares.draw),
    (draw_thermo.NAME, draw_thermo.TITLE, draw_thermo.draw),
    (draw_rdf.NAME, draw_rdf.TITLE, draw_rdf.draw),
    (draw_network.NAME, draw_network.TITLE, draw_network.draw),
    (draw_stiffness.DISTRIBUTION, draw_stiffness.DISTRIBUTION_TITLE, draw_stiffness.draw_distribution),
    (draw_stiffness.TEMPERATURE, draw_stiffness.TEMPERATURE_TITLE, draw_stiffness.draw_temperature),
    (draw_stiffness.CONVERGENCE, draw_stiffness.CONVERGENCE_TITLE, draw_stiffness.draw_convergence),
    (draw_structure.NAME, draw_structure.TITLE, draw_structure.draw),
    (draw_vibrations.NAME, draw_vibrations.TITLE, draw_vibrations.draw),
    (draw_prediction.NAME, draw_prediction.TITLE, draw_prediction.draw),
    (draw_rates.RATES, draw_rates.RATES_TITLE, draw_rates.draw_rates),
    (draw_deciles.NAME, draw_deciles.TITLE, draw_deciles.draw),
    (draw_map.NAME, draw_map.TITLE, draw_map.draw),
    (draw_zones.LENGTHS, draw_zones.LENGTHS_TITLE, draw_zones.draw_lengths),
    (draw_zones.ZONES, draw_zones.ZONES_TITLE, draw_zones.draw_zones),
    (draw_barriers.EVENTS, draw_barriers.EVENTS_TITLE, draw_barriers.draw_events),
    (draw_barriers.STIFFNESS, draw_barriers.STIFFNESS_TITLE, draw_barriers.draw_stiffness),
    (draw_barriers.DECILES, draw_barriers.DECILES_TITLE, draw_barriers.draw_deciles),
    (draw_barriers.PREDICTED, draw_barriers.PREDICTED_TITLE, draw_barriers.draw_predicted),
    (draw_learning.CALIBRATION, draw_learning.CALIBRATION_TITLE, draw_learning.draw_calibration),
    (draw_training.NAME, draw_training.TITLE, draw_training.draw),
    (draw_learning.ACTIVATIONS, draw_learning.ACTIVATIONS_TITLE, draw_learning.draw_activations),
    (draw_learning.NETWORKS, draw_learning.NETWORKS_TITLE, draw_learning.draw_networks),
    (draw_learning.REACH, draw_learning.REACH_TITLE, draw_learning.draw_reach),
    (draw_rates.TRANSFER, draw_rates.TRANSFER_TITLE, draw_rates.draw_transfer),
]
METRICS = ["atoms", "R", "spearman", "rmse", "mae", "bias", "slope", "R_bins_real", "slope_bins_real", "R_bins_pre",
           "slope_bins_pre", "R_coarse_grained", "reliability"]
BARRIERS = ["attempts", "accepted", "mean", "median", "deviation", "evaluations", "whole_evaluations"]


def arguments():
    parser = argparse.ArgumentParser(description="Figures, tables and report.html of a study")
    parser.add_argument("directory", metavar="OUTDIR")
    parser.add_argument("--bin-atoms", type=int, default=100, help="atoms per bin (default 100)")
    parser.add_argument("--coarse-grain", type=float, default=6.0, help="coarse-graining radius [A] (default 6)")
    parser.add_argument("--slice", type=float, default=4.0, help="thickness of the map's slice [A] (default 4)")
    options = parser.parse_args()
    if options.bin_atoms < 1:
        parser.error("--bin-atoms must be at least 1")
    for name in ("coarse_grain", "slice"):
        if not 0 < getattr(options, name) < float("inf"):
            parser.error(f"--{name.replace('_', '-')} must be a positive length in angstrom")
    return options


def differences_from_summary(study, values):
    """Where summary.json's metrics are not those computed here (relative 1e-6, as printed by the program)."""
    found = []
    for label in ("train", "test", "validation"):
        if label not in values:
            continue
        for key in METRICS:
            theirs, ours = study.get("metrics", label, key), values[label][key]
            if not isinstance(theirs, (int, float)) or isinstance(theirs, bool) or ours != ours:
                continue
            if abs(theirs - ours) > 1e-6 * max(1.0, abs(ours)):
                found.append(f"{label} {key}: {theirs:.8g} there, {ours:.8g} here")
    told = {e["sample"]: e for e in study.get("elastic", "by_sample", default=[]) if isinstance(e, dict)}
    for row in draw_elastic.by_sample(study):
        for key, theirs in told.get(int(row["sample"]), {}).items():
            ours = row.get(key)
            if type(theirs) is float and ours is not None and abs(theirs - ours) > 1e-6 * max(1.0, abs(ours)):
                found.append(f"elastic network, sample {row['sample']} {key}: {theirs:.8g} there, {ours:.8g} here")
    return found


def sample_rows(study, fits):
    """One dictionary per sample for the table of samples."""
    listed = {}
    for entry in study.get("glass", default=[]) or []:
        if isinstance(entry, dict) and "sample" in entry:
            listed[str(entry["sample"])] = entry
    rows = []
    for sample in study.samples:
        entry = listed.get(str(int(sample.label)), {})
        role = ""
        correlation = None
        if sample.split is not None:
            codes = {0: "train", 1: "test", 2: "validation", 3: "excluded: crystalline"}
            role = " + ".join(codes[c] for c in (0, 2, 1, 3) if np.any(sample.split == c))
            if sample.predicted is not None and sample.real is not None:
                correlation = pearson(sample.real[sample.known], sample.predicted[sample.known])
        fit = fits.get(sample.label)
        rows.append({
            "sample": sample.label, "rate": sample.rate, "atoms": sample.atoms, "volume": sample.volume_per_atom,
            "energy": sample.inherent_energy / sample.atoms if sample.inherent_energy is not None else None,
            "tg": fit.temperature if fit else None,
            "real": float(np.nanmean(sample.real)) if sample.real is not None else None,
            "reliability": sample.label_reliability, "R": correlation,
            "crystalline": entry.get("crystalline_fraction", entry.get("crystalline")),
            "role": role or ("testing rate" if sample.test_rate else "–")})
    return rows


def write_tables(study, values, rows, timings, barriers, verdicts, learning):
    p, folder = study.property, os.path.join(study.directory, "tables")
    os.makedirs(folder, exist_ok=True)

    def put(name, header, lines):
        path = os.path.join(folder, name)
        if lines:
            style.write_csv(path, header, lines)
        elif os.path.exists(path):
            os.remove(path)

    with open(os.path.join(folder, "provenance.json"), "w", encoding="utf-8") as file:
        json.dump({key: study.get(key) for key in ("study", "potential", "hardware")}, file, indent=2)
        file.write("\n")
    put("metrics.csv", ["set"] + METRICS + [f"R_{n}" for n in study.names],
        [[label] + [m[k] for k in METRICS] + [m["R_species"].get(n) for n in study.names] for label,
         m in values.items()])
    put("samples.csv", ["sample", "rate_K_per_s", "atoms", "volume_A3_per_atom", "inherent_energy_eV_per_atom",
                        "glass_transition_K", p.column(f"mean_{p.name}"), "label_reliability", "R_single_atom",
                        "crystalline_fraction", "role"],
        [[r[k] for k in ("sample", "rate", "atoms", "volume", "energy", "tg", "real", "reliability", "R",
                         "crystalline", "role")] for r in rows])
    put("statements.csv", ["statement", "this_study", "verdict", "remark"],
        [[wording.plain(s[k]) for k in ("statement", "value", "verdict", "why")] for s in verdicts])
    put("percolation.csv", ["chosen_by", "draw", "fraction_spanning_a", "fraction_spanning_b", "fraction_spanning_c"],
        draw_zones.threshold_rows(study))
    for name, header, lines, _ in learning:
        put(name, header, lines)
    put("timings.csv", ["stage", "seconds"], timings)
    put("barriers.csv", ["species"] + BARRIERS + (list(barriers[0]["classes"]) if barriers else []),
        [[r["species"]] + [r[k] for k in BARRIERS] + list(r["classes"].values()) for r in barriers])
    put("searches.csv", ["status", "species", "attempts", "evaluations", "whole_evaluations"],
        [[name, r["species"], number] + r["costs"][name] for r in barriers for name, number in r["classes"].items()
         if number])


def main():
    options = arguments()
    if not os.path.isdir(options.directory):
        print(f"{options.directory} is not a directory (the output of a study is expected); "
              "give the directory named by [study] output", file=sys.stderr)
        return 2
    study = Study(options.directory)
    if not study.samples and not study.summary and study.config is None and not study.damaged:
        print(f"{options.directory} holds no study (no samples/NNNN/glass.h5, summary.json or config.resolved.toml); "
              "give the directory named by [study] output", file=sys.stderr)
        return 2
    os.makedirs(os.path.join(study.directory, "figures"), exist_ok=True)
    figures, absent, failed = [], [], []
    for names, title, draw in FIGURES:
        title, stale = study.property.pick(title), {names} if isinstance(names, str) else set(names)
        try:
            with np.errstate(invalid="ignore", divide="ignore"):
                figures.append(draw(study, options))
            stale.remove(figures[-1].name)
        except style.NotAvailable as reason:
            absent.append((title, str(reason)))
        except OSError:
            raise  # a full disk or read-only directory is no matter of one figure
        except Exception as error:  # one damaged data set must not cost the other figures
            failed.append((title, f"{type(error).__name__}: {error}"))
        finally:
            style.plt.close("all")
        for name in stale:
            style.remove_stale(study.directory, name)
    values = draw_prediction.metrics(study, options)
    try:
        fits = {label: fit for entry in draw_thermo.transitions(study) for label, fit in entry["fits"].items()}
    except (KeyError, ValueError, IndexError):
        fits = {}  # the figure has already named the reason
    rows = sample_rows(study, fits)
    timings = [[str(t["stage"]), float(t["seconds"])] for t in study.get("timings", default=[]) or []
               if isinstance(t, dict) and "stage" in t and isinstance(t.get("seconds"), (int, float))]
    barriers = draw_barriers.summary_rows(study)
    with np.errstate(invalid="ignore", divide="ignore"):
        # The paper is about the stiffness.
        verdicts = statements.evaluate(study, options) if study.property.is_stiffness else []
    learning = learning_tables.all_tables(study)
    write_tables(study, values, rows, timings, barriers, verdicts, learning)
    path = page.write(study, options, figures, absent, failed, values, differences_from_summary(study, values), rows,
                      timings, barriers, verdicts, "".join(html for *_, html in learning), viewer.section(study),
                      draw_elastic.headline(study))
    for title, reason in absent:
        print(f"not drawn: {title} ({reason})", file=sys.stderr)
    for text in study.damaged:
        print(f"unreadable: {text}", file=sys.stderr)
    for title, reason in failed:
        print(f"failed: {title} ({reason})", file=sys.stderr)
    print(f"{wording.plural(len(figures), 'figure')}, report: {path}", file=sys.stderr)
    return 1 if failed or study.damaged else 0


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=RuntimeWarning, module="numpy")
    try:
        sys.exit(main())
    except OSError as error:
        print(f"The report could not be written ({error}); free space or permission is needed in the output directory",
              file=sys.stderr)
        sys.exit(1)
