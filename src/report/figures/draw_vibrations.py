"""Vibrations in the harmonic approximation: density of states, the softest modes, and the shape of displacements."""

import numpy as np

import style
import wording
from draw_stiffness import MISSING, labelled
from measures import pearson

NAME, TITLE = "vibrations", "Vibrations in the harmonic approximation"
HEADER = ["item", "sample", "species", "frequency_THz", "density_of_states_per_THz", "participation_ratio",
          "anisotropy_low", "anisotropy_high", "atoms", "probability_density"]


def row(item, **cells):
    return [item] + [cells.get(name) for name in HEADER[1:]]


def anisotropy(compliance):
    """Fractional anisotropy of tensors (n, 6: xx yy zz yz xz xy), sqrt(3/2) |C - tr(C)/3| / |C|."""
    diagonal, beside = compliance[:, :3], 2 * (compliance[:, 3:]**2).sum(axis=1)
    uneven = diagonal - diagonal.mean(axis=1, keepdims=True)
    return np.sqrt(1.5 * ((uneven**2).sum(axis=1) + beside) / ((diagonal**2).sum(axis=1) + beside))


def mean_density(samples):
    """
    Frequencies [THz], total and (species, bins) density of states [1/THz], mean over samples weighted by their atoms.

    Each sample has bins of its own, up to its own largest frequency: the widest are taken, and the others read between
    theirs.
    """
    frequency = max((s.density["frequency"] for s in samples), key=lambda f: f[-1])
    weights = [s.atoms for s in samples]

    def mean(of_sample):
        return np.average([np.interp(frequency, s.density["frequency"], of_sample(s.density), right=0.0)
                           for s in samples], axis=0, weights=weights)

    species = len(samples[0].density["of_species"])
    return (frequency, mean(lambda d: d["total"]),
            np.array([mean(lambda d, k=k: d["of_species"][k]) for k in range(species)]))


def panel_density(a, samples, names, rows):
    frequency, total, of_species = mean_density(samples)

    def mean_frequency(g):
        return float(frequency @ g / g.sum())

    a.plot(frequency, total, color=style.BLACK, linewidth=1.6, label="all")
    parts = []
    for s, name in enumerate(names):
        if not np.any(of_species[s]):
            continue
        a.plot(frequency, of_species[s], color=style.CYCLE[s % len(style.CYCLE)],
               linestyle=["-", "--", "-.", ":"][s % 4], label=name)
        parts.append(f"{mean_frequency(of_species[s]):.2f} THz of {wording.escape(name)}")
    for name, g in [("all", total)] + [(n, g) for n, g in zip(names, of_species) if np.any(g)]:
        rows += [row("density_of_states", species=name, frequency_THz=f, density_of_states_per_THz=value)
                 for f, value in zip(frequency, g)]
    a.set_xlim(0, 1.03 * frequency[total > 2e-3 * total.max()][-1])
    # Room for the legend above the curves, which have no common quiet corner.
    a.set_ylim(0, 1.3 * total.max())
    a.set_xlabel("frequency $\\nu$ (THz)")
    a.set_ylabel("$g(\\nu)$ (1/THz)")
    a.legend(loc="upper center", ncols=min(3, 1 + len(parts)), columnspacing=1.0, handlelength=1.6)
    return (
        "Vibrational density of states g(ν) of the inherent structures (kernel polynomial method), and the parts of "
        f"the species, which add up to it; the integral of the whole is 1. {mean_over(samples)} It is highest at "
        f"{frequency[np.argmax(total)]:.1f} THz; the mean frequency is {mean_frequency(total):.2f} THz, "
        f"{wording.listing(parts)}.")


def mean_over(samples):
    return f"Mean over {len(samples)} samples, weighted by their atoms." if len(samples) > 1 else "One sample."


def panel_modes(a, samples, names, rows):
    frequency, ratio, label, atoms = [], [], [], []
    for s in samples:
        frequency += list(s.modes["frequency"])
        ratio += list(s.modes["participation_ratio"])
        label += [s.label] * len(s.modes["frequency"])
        atoms += [s.atoms] * len(s.modes["frequency"])
    a.plot(frequency, ratio, linestyle="none", marker="o", markersize=2.8, color=style.BLUE, alpha=0.6,
           markeredgewidth=0)
    rows += [row("mode", sample=name, frequency_THz=f, participation_ratio=p)
             for name, f, p in zip(label, frequency, ratio)]
    a.set_ylim(0, 1.1 * max(ratio))
    a.margins(x=0.06)
    a.set_xlabel("frequency $\\nu$ (THz)")
    a.set_ylabel("participation ratio")
    least = int(np.argmin(ratio))
    count = max(len(s.modes["frequency"]) for s in samples)
    of = f" of each of {len(samples)} samples" if len(samples) > 1 else ""
    share = np.concatenate([s.modes["participation"] for s in samples])
    text = (
        f"Participation ratio 1 / (N Σ<sub>i</sub> |e<sub>i</sub>|<sup>4</sup>) of the {count} softest modes{of}: 1 "
        "where all N atoms move alike, 1/N where one moves alone. "
        f"Mean {np.mean(ratio):.3f}; the smallest, {ratio[least]:.3f} at {frequency[least]:.2f} THz, is what "
        f"{max(1, round(ratio[least] * atoms[least]))} of {wording.number(atoms[least])} atoms that move alike "
        "would give.")
    if all(s.compliance is not None for s in samples):
        harmonic = np.concatenate([1 / s.compliance[:, :3].sum(axis=1) for s in samples])
        text += (" Over atoms, Pearson's R of the participation in these modes, the mean of "
                 "N |e<sub>i</sub>|<sup>2</sup>, "
                 f"with the harmonic stiffness is {wording.fixed(pearson(share, harmonic))}")
        if all(s.method == "dynamics" for s in samples):
            measured = np.concatenate([s.stiffness for s in samples])
            text += f", with the stiffness that dynamics gives {wording.fixed(pearson(share, measured))}"
        text += "."
    return text


def panel_anisotropy(a, samples, names, rows):
    values = np.concatenate([anisotropy(s.compliance) for s in samples])
    species = np.concatenate([s.species for s in samples])
    edges = np.linspace(0, min(1.0, 1.03 * float(values.max())), int(np.clip(np.sqrt(len(values)) / 1.2, 12, 60)) + 1)
    parts = []
    for s, name in enumerate(names):
        mine = values[species == s]
        if not len(mine):
            continue
        colour = style.CYCLE[s % len(style.CYCLE)]
        numbers, _ = np.histogram(mine, edges)
        density = numbers / len(mine) / (edges[1] - edges[0])
        a.stairs(density, edges, color=colour, linestyle=["-", "--", "-.", ":"][s % 4], label=name)
        a.stairs(density, edges, color=colour, alpha=0.18, fill=True)
        a.axvline(mine.mean(), color=colour, linewidth=0.8, linestyle=":")
        rows += [row("anisotropy", species=name, anisotropy_low=edges[k], anisotropy_high=edges[k + 1],
                     atoms=numbers[k], probability_density=density[k]) for k in range(len(numbers))]
        parts.append(f"{wording.escape(name)} {mine.mean():.3f}")
    a.set_xlim(0, edges[-1])
    a.set_ylim(0, None)
    a.set_xlabel("fractional anisotropy")
    a.set_ylabel("probability density")
    a.legend(loc="upper right")
    return (
        "Fractional anisotropy √(3/2) |C − tr(C)/3| / |C| (Basser and Pierpaoli, 1996) of the tensor "
        "C = (H<sup>−1</sup>)<sub>ii</sub> that an atom's thermal displacements follow: 0 where all directions are "
        f"alike, 1 where it moves along one alone. Mean (dotted): {wording.listing(parts)}.")


PANELS = [(panel_density, lambda s: s.density is not None), (panel_modes, lambda s: s.modes is not None),
          (panel_anisotropy, lambda s: s.compliance is not None)]


def draw(study, options):
    if not labelled(study):
        raise style.NotAvailable(study.property.pick(MISSING))
    panels = [(panel, [s for s in labelled(study) if has(s)]) for panel, has in PANELS]
    panels = [(panel, samples) for panel, samples in panels if samples]
    if not panels:
        raise style.NotAvailable("no samples/NNNN/stiffness.h5 has anything from a Hessian; [stiffness] method = "
                                 "\"both\" asks for one beside dynamics, \"harmonic\" in its place")
    figure, axes = style.new_figure(style.DOUBLE if len(panels) > 1 else style.SINGLE, 2.6, 1, len(panels))
    rows, texts = [], []
    for a, letter, (panel, samples) in zip(axes[0], "abc", panels):
        text = panel(a, samples, study.names, rows)
        if len(panels) > 1:
            style.panel_label(a, letter)
            text = f"({letter}) {text}"
        texts.append(text)
    return style.save(study.directory, NAME, figure, TITLE, " ".join(texts),
                      "Density of states, participation ratio of the softest modes, anisotropy of displacements",
                      HEADER, rows)
