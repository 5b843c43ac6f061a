"""Map of coarse-grained values in a slice through the middle of the test glass: predicted beside real."""

import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.patches import Polygon

import style
import wording
from coarse_grain import coarse_grain, perpendicular_widths, wrap
from draw_prediction import coarse_values, predicted_samples
from measures import pearson

NAME = ("stiffness_map", "map")
TITLE = ("Map of the stiffness: predicted beside real", "Map of <name>: predicted beside real")


def slice_of(sample, thickness):
    """
    Atoms within `thickness` / 2 [A] of the plane through the cell's middle that a and b span.

    Returns their indices, in-plane coordinates [A] (m, 2) (first axis along a), height above the plane [A] (m) and
    the outline of the cell in that plane [A] (4, 2).
    """
    cell = sample.cell
    fractional = wrap(sample.position, cell)
    height = (fractional[:, 2] - 0.5) * perpendicular_widths(cell)[2]
    chosen = np.nonzero(np.abs(height) <= 0.5 * thickness)[0]
    along = cell[0] / np.linalg.norm(cell[0])
    across = cell[1] - (cell[1] @ along) * along
    across /= np.linalg.norm(across)
    vectors = np.array([[v @ along, v @ across] for v in cell])
    plane = vectors[:2]
    # A tilted c shifts atoms off the middle sideways; the slice is periodic along a and b, so wrap there.
    in_plane = fractional[chosen, :2] + (fractional[chosen, 2:] - 0.5) * (vectors[2] @ np.linalg.inv(plane))
    in_plane -= np.floor(in_plane)
    outline = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) @ plane
    return chosen, in_plane @ plane, height[chosen], outline


def draw(study, options):
    if not any(s.predicted is not None for s in study.samples):
        raise style.NotAvailable("no samples/NNNN/prediction.h5: the train stage has not run here")
    samples = [s for s in predicted_samples(study) if s in study.main_samples and np.any(s.split == 1)]
    if not samples:
        raise style.NotAvailable("no sample is marked as the test glass in prediction.h5")
    p, sample = study.property, samples[0]
    coarse = coarse_values(sample, options.coarse_grain)
    known = sample.known
    everywhere = coarse[known]
    of_all = coarse[:, 1] if np.all(known) else coarse_grain(sample.position, sample.cell, sample.predicted,
                                                             options.coarse_grain)
    chosen, xy, height, outline = slice_of(sample, options.slice)
    if not len(chosen):
        raise style.NotAvailable(f"no atom lies in the {options.slice:g} Å slice")
    order = np.argsort(height, kind="stable")  # atoms further up are drawn over those below
    chosen, xy, height = chosen[order], xy[order], height[order]
    real, predicted = coarse[chosen, 0], of_all[chosen]
    low, high = (float(np.nanmin([real, predicted])), float(np.nanmax([real, predicted])))
    span = np.ptp(outline, axis=0)
    panel = 2.75  # [in] width of one map
    figure, axes = style.new_figure(style.DOUBLE, float(np.clip(panel * span[1] / span[0], 1.5, 7.0)) + 0.65, 1, 2,
                                    sharey=True)
    for a, values, label, letter in ((axes[0, 0], predicted, p.math_pre, "a"), (axes[0, 1], real, p.math_real, "b")):
        there = np.isfinite(values)
        values = values[there]
        radii = np.full(len(values), 2.6)  # [A] diameter, about a first-neighbour distance
        atoms = EllipseCollection(radii, radii, np.zeros(len(radii)), units="xy", offsets=xy[there],
                                  transOffset=a.transData, cmap=style.STIFFNESS_MAP, edgecolors="black",
                                  linewidths=0.25)
        atoms.set_array(values)
        atoms.set_clim(low, high)
        a.add_collection(atoms)
        a.add_patch(Polygon(outline, closed=True, fill=False, linewidth=0.7, edgecolor=style.GREY, linestyle="--"))
        pad = 1.8
        a.set_xlim(outline[:, 0].min() - pad, outline[:, 0].max() + pad)
        a.set_ylim(outline[:, 1].min() - pad, outline[:, 1].max() + pad)
        a.set_aspect("equal")
        a.set_xlabel("x (Å)")
        a.set_title(f"${label}$, coarse-grained")
        style.panel_label(a, letter)
    axes[0, 0].set_ylabel("y (Å)")
    figure.colorbar(atoms, ax=list(axes[0]), label=p.math_head(f"${p.math}$ over {options.coarse_grain:g} Å"),
                    pad=0.02, aspect=22)
    in_slice = pearson(*coarse[chosen[known[chosen]]].T)
    whole = pearson(everywhere[:, 0], everywhere[:, 1])
    without = ""
    if not np.all(known):
        without = (f"Atoms without a real value, {int(np.sum(~known[chosen]))} of these, are drawn in (a) alone; means "
                   "in (b), and those of both fields for R, are over the others. ")
    caption = (
        f"Atoms of sample {sample.label} (the network has not seen it) within {options.slice / 2:g} Å of the plane "
        f"through the middle of the cell; {wording.plural(len(chosen), 'atom')}. Colour: predicted (a) and real (b) "
        f"{p.name}, each the mean over all atoms within {options.coarse_grain:g} Å in three dimensions with periodic "
        f"boundaries, the atom itself included; one colour scale for both. {without}Pearson R between the two "
        f"coarse-grained fields is {whole:.3f} over the whole glass and {in_slice:.3f} in this slice. Neighbouring "
        "values share most of their atoms, so R of coarse-grained fields is not comparable with the single-atom R. The "
        "dashed line is the cell.")
    header = ["id", "species", "x_A", "y_A", "height_A"] + [
        p.column(f"{p.key}_{what}") for what in ("pre_coarse", "real_coarse", "pre", "real")]
    rows = [[int(sample.id[i]), sample.names[sample.species[i]], xy[k, 0], xy[k, 1], height[k], predicted[k], real[k],
             sample.predicted[i], sample.real[i]] for k, i in enumerate(chosen)]
    return style.save(study.directory, p.pick(NAME), figure, p.pick(TITLE), caption,
                      f"Two maps of coarse-grained {p.name} in a slice, predicted and real", header, rows)
