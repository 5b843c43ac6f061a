"""The statements of the paper that a study can test: our value with its uncertainty, and a verdict."""

import numpy as np
from scipy import stats

import draw_learning
import style
import wording
from draw_barriers import atom_table, searched
from draw_prediction import gather
from draw_rates import by_rate
from draw_deciles import deciles, gap
from draw_zones import lengths, threshold, zones
from measures import bins_of_atoms

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be told here"
SIGMAS = 2  # a difference counts from so many standard errors on
SLOPE, OFFSET = 0.1, 0.05  # "on y = x": slope within 10 % of 1 and bias within 5 % of the mean stiffness
FIRM = 0.02  # an effect smaller than this share is none
UNIT = "eV/Å²"


def sign(value, error):
    """1 or -1 where the value differs from zero by more than `SIGMAS` errors, else 0."""
    return 0 if not abs(value) > SIGMAS * error else int(np.sign(value))


def plus_minus(value, error, decimals=3):
    return f"{wording.fixed(value, decimals)} ± {wording.fixed(error, decimals)}"


def mean_error(values):
    """Mean and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def viscosity(study, options):
    t = atom_table(searched(study))
    number = len(t["K"]) // 10
    if number < 3:
        raise style.NotAvailable(f"{wording.plural(len(t['K']), 'searched atom')}: too few for deciles")
    order = np.argsort(t["K"], kind="stable")
    (low, a), (high, b) = (mean_error(t["log10_viscosity"][mine]) for mine in (order[:number], order[-number:]))
    value, error = high - low, float(np.hypot(a, b))
    s = sign(value, error)
    why = "" if s else f"{number} atoms in each decile are too few: the difference is within two standard errors"
    return (f"log<sub>10</sub>η of the stiffest less that of the softest decile: {plus_minus(value, error, 2)}",
            {1: HOLDS, -1: FAILS, 0: OPEN}[s], why)


def test_atoms(study):
    real, predicted, _ = gather(study.test_samples, 1)
    if len(real) < 30:
        raise style.NotAvailable("no test sample has both a stiffness and a prediction")
    return real, predicted


def bias_error(study, real, predicted):
    """Of the mean of K_pre - K_real of a whole sample: its scatter over the rotation where there is one."""
    rotation = study.metrics.get("rotation")
    turns = [t["bias"] for t in rotation.get("by_sample", [])] if isinstance(rotation, dict) else []
    if len(turns) > 1:
        return float(np.std(turns, ddof=1)), "its error from the rotation"
    return mean_error(predicted - real)[1], "its error over atoms, for want of a rotation"


def on_the_line(key):
    def evaluate(study, options):
        real, predicted = test_atoms(study)
        x, y, atoms = bins_of_atoms(real, predicted, real if key == "real" else predicted, options.bin_atoms)
        if len(x) < 4:
            raise style.NotAvailable(f"{wording.plural(len(x), 'bin')} of {options.bin_atoms} atoms: too few")
        line = np.polyfit(x, y, 1)
        spread = np.sum((x - x.mean())**2)
        error = float(np.sqrt(np.sum((y - np.polyval(line, x))**2) / (len(x) - 2) / spread))
        bias = float(np.mean(predicted - real))
        of_bias, note = bias_error(study, real, predicted)
        offset = OFFSET * float(np.mean(real))
        text = f"slope {plus_minus(line[0], error)}, bias {plus_minus(bias, of_bias)} {UNIT} ({note})"
        if abs(line[0] - 1) > SLOPE + SIGMAS * error or abs(bias) > offset + SIGMAS * of_bias:
            return text, FAILS, f"beyond a slope of 1 ± {SLOPE:g} or a bias of {100 * OFFSET:g} % of the mean"
        if abs(line[0] - 1) + SIGMAS * error <= SLOPE and abs(bias) + SIGMAS * of_bias <= offset:
            return text, HOLDS, f"slope within {100 * SLOPE:g} % of 1, bias within {100 * OFFSET:g} % of the mean"
        return text, OPEN, (f"the errors are too large to tell {100 * SLOPE:g} % of the slope or {100 * OFFSET:g} % of "
                            "the mean")
    return evaluate


def ends(key):
    def evaluate(study, options):
        real, predicted = test_atoms(study)
        order = np.argsort(real if key == "real" else predicted, kind="stable")
        number = len(order) // 10
        off = predicted - real
        low, high = mean_error(off[order[:number]]), mean_error(off[order[-number:]])
        text = (f"K<sub>pre</sub> − K<sub>real</sub> of the highest decile {plus_minus(*high)}, of the lowest "
                f"{plus_minus(*low)} {UNIT}")
        signs = sign(*high), sign(*low)
        if signs == (1, -1):
            return text, HOLDS, ""
        if signs[0] == -1 or signs[1] == 1:
            why = ("regression to the mean: sorted by the real value any imperfect prediction does the opposite"
                   if key == "real" and signs == (-1, 1) else "")
            return text, FAILS, why
        return text, OPEN, "within two standard errors"
    return evaluate


def surroundings(name):
    def evaluate(study, options):
        t = deciles(study)
        first = gap(t, name, "first")
        text = f"stiffest less softest: first peak {plus_minus(*first, 2)}"
        if t["third"] is None:
            return text, OPEN, "the second peak of this sample is not split within its noise"
        parts = [gap(t, name, k) for k in ("second", "third")]
        text += f", parts of the second peak {plus_minus(*parts[0], 2)} and {plus_minus(*parts[1], 2)}"
        if sign(*first) and any(sign(*p) for p in parts):
            return text, HOLDS, "errors over atoms"
        if all(abs(v) + SIGMAS * e < FIRM for v, e in [first] + parts):
            return text, FAILS, ""
        return text, OPEN, f"{t['number']} atoms in each decile: a difference is within two standard errors"
    return evaluate


def rates_of(study):
    entries = by_rate(study)
    if len(entries) < 2:
        raise style.NotAvailable("one cooling rate alone has been tested")
    return entries


def order_of_rates(study, options):
    entries = rates_of(study)
    gaps, signs = [], []
    for slow, fast in zip(entries, entries[1:]):
        real = sign(slow["mean_real"] - fast["mean_real"], np.hypot(slow["mean_real_error"], fast["mean_real_error"]))
        value = slow["mean_predicted"] - fast["mean_predicted"]
        error = float(np.hypot(slow["mean_predicted_error"], fast["mean_predicted_error"]))
        gaps.append(f"{wording.rate_text(slow['rate'])} less {wording.rate_text(fast['rate'])}: "
                    f"{plus_minus(value, error)}, really {wording.fixed(slow['mean_real'] - fast['mean_real'])}")
        signs.append(real * sign(value, error))
    text = "mean K<sub>pre</sub> of " + "; ".join(gaps) + f" {UNIT}"
    if all(s == 1 for s in signs):
        return text, HOLDS, ""
    if any(s == -1 for s in signs):
        return text, FAILS, ""
    return text, OPEN, "a difference between neighbouring rates is within two standard errors"


def other_rates(faster):
    def evaluate(study, options):
        entries = rates_of(study)
        trained = [s.rate for s in study.samples if s.split is not None and np.any(s.split == 0) and s.rate is not None]
        if not trained:
            raise style.NotAvailable("which rates the network was trained on is not known")
        chosen = [e for e in entries if (e["rate"] > max(trained) if faster else e["rate"] < min(trained))]
        if not chosen:
            raise style.NotAvailable(f"no sample was cooled {'faster' if faster else 'more slowly'} than those of the "
                                     "training")
        text = "bias " + "; ".join(f"{plus_minus(e['bias'], e['bias_error'])} at {wording.rate_text(e['rate'])}"
                                   for e in chosen) + f" {UNIT}"
        signs = [sign(e["bias"], e["bias_error"]) * (1 if faster else -1) for e in chosen]
        if all(s == 1 for s in signs):
            return text, HOLDS, ""
        if any(s == -1 for s in signs):
            return text, FAILS, ""
        return text, OPEN, "within two standard errors"
    return evaluate


def best_length(study, options):
    found = lengths(study)
    six = np.flatnonzero(found.radius == 6.0)
    if not len(six) or found.radius[-1] < 7.5:
        raise style.NotAvailable("the cell is too small for lengths well beyond 6 Å")
    best = int(np.nanargmax(found.R))
    value, error = found.gap(best, six[0])
    text = (f"highest R {plus_minus(found.R[best], found.error()[best])} at {found.radius[best]:g} Å"
            + ("" if best == six[0] else f", {plus_minus(value, error)} above that at 6 Å"))
    others = [k for k in range(len(found.radius)) if abs(found.radius[k] - 6.0) > 1.0]
    if abs(found.radius[best] - 6.0) <= 1.0:
        better = [found.gap(six[0], k) for k in others]
        if all(sign(v, e) == 1 for v, e in better):
            return text, HOLDS, ""
        return text, OPEN, "lengths more than 1 Å away are within two standard errors"
    if sign(value, error) == 1:
        return text, FAILS, ""
    return text, OPEN, "the best length is not 6 Å, but within two standard errors of it"


def shells(study, options):
    """The fourth shell of Cu-Zr ends near 10 Å, the third near 8.3 Å: what lies between them has to add to R."""
    entries = draw_learning.by_reach(study)
    three = [e for e in entries if 7.5 <= e["reach_A"] <= 8.5]
    four = [e for e in entries if 9.5 <= e["reach_A"] <= 10.5]
    if not three or not four:
        raise style.NotAvailable("it needs descriptors that end near 8 Å, in [train] reach_A, beside those near 10 Å")
    value, error, folds = draw_learning.difference_of_folds(four[-1], three[-1])
    most = float(stats.t.ppf(0.975, folds - 1)) * error
    text = (f"R up to {four[-1]['reach_A']:g} Å {plus_minus(four[-1]['R'], four[-1]['R_error'])}, above that up to "
            f"{three[-1]['reach_A']:g} Å by {plus_minus(value, error)}")
    if value + most < FIRM:
        return text, FAILS, f"the fourth shell adds less than {FIRM:g}"
    if value - most > 0 and value >= FIRM:
        return text, HOLDS, "fold by fold"
    return text, OPEN, f"{wording.plural(folds, 'fold')} tell the gain to ± {wording.fixed(most)} (95 %) only"


def isolated(study, options):
    z = zones(study)
    at = {name: threshold(z[name]) for name in ("real", "pre", "random")}
    labels = {"real": "K<sub>real</sub>", "pre": "K<sub>pre</sub>", "random": "random atoms"}
    text = "percolate from " + ", ".join(
        f"{labels[n]} {wording.fixed(100 * v, 1)} ± {wording.fixed(100 * e, 1)} %" for n, (v, e) in at.items()) + " on"
    values = [at["real"], at["pre"]]
    if not np.all(np.isfinite(values)):
        return text, OPEN, "they never percolate in this cell"
    if all(v - 0.1 > SIGMAS * e for v, e in values):
        return text, HOLDS, "by real and by predicted stiffness"
    if all(0.1 - v > SIGMAS * e for v, e in values):
        return text, FAILS, "they percolate, by real and by predicted stiffness"
    return text, OPEN, "a threshold is within two standard errors of 10 %, or the two disagree: larger cells would tell"


STATEMENTS = [
    ("Stiff atoms are more viscous (Fig. 1)", "viscosity_tenths", viscosity),
    ("Bins of atoms lie on y = x, sorted by K<sub>real</sub> (Fig. 3)", "stiffness_prediction", on_the_line("real")),
    ("Bins of atoms lie on y = x, sorted by K<sub>pre</sub>", "stiffness_prediction", on_the_line("pre")),
    ("Overestimated at high, underestimated at low K<sub>real</sub>", "stiffness_prediction", ends("real")),
    ("Overestimated at high, underestimated at low K<sub>pre</sub>", "stiffness_prediction", ends("pre")),
    ("Top and bottom 10 % by K<sub>real</sub> differ in the first and in the split second peak (Fig. 4c)", "rdf_tenths",
     surroundings("real")),
    ("Top and bottom 10 % by K<sub>pre</sub> differ in the same (Fig. 4c)", "rdf_tenths", surroundings("pre")),
    ("The order of the cooling rates is kept (Fig. 4d)", "cooling_rates", order_of_rates),
    ("Faster-quenched glasses are overestimated (Fig. 4d)", "cooling_rates", other_rates(True)),
    ("Slower-cooled glasses are underestimated (Fig. 4d)", "cooling_rates", other_rates(False)),
    ("6 Å is the coarse-graining length of best correlation (Fig. 5)", "coarse_graining_length", best_length),
    ("Four shells of neighbours are needed", "descriptor_reach", shells),
    ("Soft zones, isolated or percolated: the softest 10 % are isolated", "soft_zones", isolated),
]


def evaluate(study, options):
    """One dictionary per statement: statement, figure (name or None), value, verdict, why (HTML)."""
    result = []
    rough = study.get("study", "rough_labels")
    for statement, figure, test in STATEMENTS:
        try:
            value, verdict, why = test(study, options)
        except style.NotAvailable as reason:
            value, verdict, why = "–", OPEN, wording.escape(reason)
        except (KeyError, ValueError, IndexError, TypeError) as error:  # damaged data: the figure has named it
            value, verdict, why = "–", OPEN, wording.escape(f"{type(error).__name__}: {error}")
        if rough and verdict != OPEN:
            why = f"the labels are rough; alone, these numbers would say: {verdict}" + (f" ({why})" if why else "")
            verdict = OPEN
        result.append({"statement": statement, "figure": figure, "value": value, "verdict": verdict, "why": why})
    return result
