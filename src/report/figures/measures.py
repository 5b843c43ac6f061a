"""Measures of agreement between predicted and real stiffness, and the fit of the glass transition."""

import dataclasses

import numpy as np
from scipy import optimize, stats


def pearson(x, y):
    """Pearson's R; NaN for fewer than three points or no variance."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def spearman(x, y):
    """Spearman's rank correlation; NaN for fewer than three points or no variance."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(stats.spearmanr(x, y)[0])


def slope(x, y):
    """Slope of the least-squares line of y on x."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < 2 or np.ptp(x) == 0:
        return float("nan")
    x = x - x.mean()
    return float(x @ y / (x @ x))


def bins_of_atoms(real, predicted, key, atoms):
    """
    Bins of `atoms` atoms each, sorted by `key`; what is left over (fewer than `atoms`) joins the last bin.

    Returns the means of `real` and of `predicted` in each bin and the number of atoms in it.
    """
    order = np.argsort(key, kind="stable")
    count = max(1, len(order) // atoms)
    edges = [k * atoms for k in range(count)] + [len(order)]
    groups = [order[edges[k]:edges[k + 1]] for k in range(count)]
    return (np.array([real[g].mean() for g in groups]), np.array([predicted[g].mean() for g in groups]),
            np.array([len(g) for g in groups]))


def agreement(real, predicted, species, names, bin_atoms):
    """
    All single-atom and binned measures as a dictionary with the keys of summary.json.

    All slopes are those of predicted on real stiffness, as in src/nn/metrics.hpp. Over bins sorted by the prediction
    1 is ideal; over bins sorted by the real value any imperfect predictor falls below it (regression to the mean).
    """
    error = predicted - real
    result = {
        "atoms": len(real), "R": pearson(real, predicted), "spearman": spearman(real, predicted),
        "rmse": float(np.sqrt(np.mean(error**2))), "mae": float(np.mean(np.abs(error))),
        "bias": float(np.mean(error)), "slope": slope(real, predicted),
        "R_species": {name: pearson(real[species == s], predicted[species == s])
                      for s, name in enumerate(names) if np.any(species == s)},
    }
    x, y, _ = bins_of_atoms(real, predicted, real, bin_atoms)
    result["R_bins_real"], result["slope_bins_real"] = pearson(x, y), slope(x, y)
    x, y, _ = bins_of_atoms(real, predicted, predicted, bin_atoms)
    result["R_bins_pre"], result["slope_bins_pre"] = pearson(x, y), slope(x, y)
    return result


@dataclasses.dataclass
class Transition:
    """The continuous fit of two straight lines, e(T) = energy + below (T - Tg) for T < Tg, slope above beyond."""

    temperature: float  # [K] where the lines meet
    energy: float       # [eV/atom] there
    below: float        # [eV/atom/K] slope of the glass
    above: float        # [eV/atom/K] slope of the liquid
    fit_error: float    # [K] standard error of the fit itself, from independent residuals

    def __call__(self, temperature):
        x = np.asarray(temperature, float) - self.temperature
        return self.energy + np.where(x < 0, self.below, self.above) * x


def fit_transition(temperature, energy):
    """
    The glass transition as the kink of the best continuous piecewise-linear fit of energy against temperature.

    Returns a Transition, or None where the data show no kink: fewer than ten points, fewer than three points on a
    side, or a heat capacity that does not rise from glass to liquid.
    """
    order = np.argsort(temperature)
    t, e = np.asarray(temperature, float)[order], np.asarray(energy, float)[order]
    if len(t) < 10:
        return None

    def solve(kink):
        basis = np.stack([np.ones_like(t), np.minimum(t - kink, 0), np.maximum(t - kink, 0)], axis=1)
        coefficients = np.linalg.lstsq(basis, e, rcond=None)[0]
        residual = e - basis @ coefficients
        return coefficients, float(residual @ residual)

    low, high = t[2], t[-3]
    trial = np.linspace(low, high, 200)
    costs = [solve(kink)[1] for kink in trial]
    best = int(np.argmin(costs))
    if best in (0, len(trial) - 1):
        return None
    found = optimize.minimize_scalar(lambda kink: solve(kink)[1], method="bounded",
                                     bounds=(trial[best - 1], trial[best + 1]), options={"xatol": 1e-6})
    kink = float(found.x)
    (value, below, above), cost = solve(kink)
    if above <= below:
        return None
    jacobian = np.stack([np.ones_like(t), np.minimum(t - kink, 0), np.maximum(t - kink, 0),
                         np.where(t < kink, -below, -above)], axis=1)
    variance = cost / max(1, len(t) - 4)
    error = float(np.sqrt(variance * np.linalg.pinv(jacobian.T @ jacobian)[3, 3]))
    return Transition(kink, float(value), float(below), float(above), error)
