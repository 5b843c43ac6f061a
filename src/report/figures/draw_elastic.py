"""The learned elastic network: the stiffness that it predicts, beside what the neural network does, and its laws."""

import numpy as np

import draw_network
import style
import wording
from measures import pearson, slope

PREDICTION, PREDICTION_TITLE = "elastic_prediction", "Stiffness of single atoms that the elastic network predicts"
LAWS, LAWS_TITLE = "elastic_laws", "Laws that the elastic network has learned, beside those of the potential"
NOT_RUN = "the elastic stage has not run here; a table [elastic] in the study file asks for it"
DRAWN = 20000  # atoms of panel (a), at most


def compared(study):
    return [s for s in study.samples if s.elastic is not None and s.species is not None
            and s.elastic_label is not None]


def is_tested(sample):
    """Whether the elastic network learned from no atom of the sample."""
    return bool(np.all(sample.elastic["split"] == 1))


def held_out(study):
    """
    Samples at the study's own rate of which the elastic network has seen no atom, and the code 1 of their atoms; where
    there are none, those that it was trained on, and the code 2 of the atoms that it did not learn from.
    """
    samples = [s for s in compared(study) if s in study.main_samples]
    tested = [s for s in samples if is_tested(s)]
    return (tested, 1) if tested else ([s for s in samples if np.any(s.elastic["split"] == 2)], 2)


def gather(samples, code=None):
    """Of all atoms, or those with this split: real, predicted, species, inside the 90 % interval, flagged, sample."""
    columns = [[], [], [], [], [], []]
    for s in samples:
        e, real = s.elastic, s.elastic_label
        good = np.isfinite(real) & np.isfinite(e["stiffness"])
        if code is not None:
            good &= e["split"] == code
        off = np.abs(real - e["stiffness"])
        for column, values in zip(columns, (real, e["stiffness"], s.species, off <= e["interval_90"],
                                            e["novelty"] > 1, np.full(len(real), s.label))):
            column.append(values[good])
    return [np.concatenate(column) for column in columns]


def measures(samples, names, code=None):
    """The measures of summary.json's elastic.by_sample, by its names, and the number of atoms."""
    real, predicted, species, inside, flagged, _ = gather(samples, code)
    off = predicted - real
    return {"atoms": len(real), "pearson": pearson(real, predicted), "slope": slope(real, predicted),
            "rmse_eV_per_A2": float(np.sqrt(np.mean(off**2))), "bias_eV_per_A2": float(np.mean(off)),
            "relative_rms": float(np.sqrt(np.mean((predicted / real - 1)**2))),
            "mean_ratio": float(predicted.mean() / real.mean()), "within_interval_90": float(inside.mean()),
            "out_of_distribution": float(flagged.mean()),
            "pearson_of": {name: pearson(real[species == s], predicted[species == s])
                           for s, name in enumerate(names) if np.sum(species == s) > 2}}


def network_pearson(samples):
    """
    R of the neural network of prediction.h5 on whole samples that it has not seen, with the real stiffness that the
    elastic network is compared with, and with its own labels; None where it has not predicted a stiffness of them.
    """
    if not all(s.predicted is not None and s.property.is_stiffness and s.split is not None and np.all(s.split == 1)
               for s in samples):
        return None, None
    predicted, real, own = (np.concatenate([np.zeros(0)] + [values(s) for s in samples])
                            for values in (lambda s: s.predicted, lambda s: s.elastic_label, lambda s: s.stiffness))
    return tuple(pearson(*np.stack([x, predicted])[:, np.isfinite(x) & np.isfinite(predicted)]) for x in (real, own))


def network_name(study):
    try:
        trained = draw_network.trained(study)
    except (style.NotAvailable, OSError, KeyError, ValueError):
        return "paper's network"
    if trained["beside"]:
        return f"network on {trained['kind']} descriptors and more"
    return "paper's network" if trained["kind"] == "rdf" else f"network on {trained['kind']} descriptors"


def learned_from(study):
    """Number of atoms whose stiffness the elastic network learned from, and of the samples that they are in."""
    counts = [int(np.sum(s.elastic["split"] == 0)) for s in study.samples if s.elastic is not None]
    return sum(counts), sum(c > 0 for c in counts)


def by_sample(study):
    """One dictionary for each sample: the names of summary.json's elastic.by_sample, and what else the table has."""
    rows = []
    for s in compared(study):
        row = {"sample": s.label, "rate": s.rate, "trained_on": not is_tested(s),
               "learned_from": int(np.sum(s.elastic["split"] == 0)), "relaxed": s.elastic["relaxed"],
               "network": network_pearson([s])[0], **measures([s], study.names)}
        if s.stiffness_at is not None and s.harmonic is not None:
            measured = s.stiffness_at.mean(axis=0)
            row["pearson_with_dynamics"] = pearson(measured, s.elastic["stiffness"])
            row["harmonic_pearson_with_dynamics"] = pearson(measured, s.harmonic)
        rows.append(row)
    return rows


def headline(study):
    """What the top of the page says of the atoms that were held out; None where there are none."""
    samples, code = held_out(study)
    if not samples:
        return None
    labels, of_samples = learned_from(study)
    return {**measures(samples, study.names, code), "labels": labels, "of_samples": of_samples, "tested": code == 1,
            "samples": len(samples), "network": network_pearson(samples)[0] if code == 1 else None,
            "network_name": network_name(study)}


def panel_atoms(a, study, samples, code, rows):
    m = measures(samples, study.names, code)
    real, predicted, species, _, _, label = gather(samples, code)
    margin = 0.06 * max(float(np.ptp(real)), 1e-3)
    limits = (float(real.min()) - margin, float(real.max()) + margin)
    every = -(-len(real) // DRAWN)
    layers = 8  # drawn in turns, so that no species hides another
    for s, name in enumerate(study.names):
        mine = np.flatnonzero(species == s)[::every]
        if not len(mine):
            continue
        of = f", $R$ = {m['pearson_of'][name]:.3f}" if name in m["pearson_of"] else ""
        look = {"linestyle": "none", "marker": style.MARKERS[s % 7], "markeredgewidth": 0,
                "color": style.CYCLE[s % len(style.CYCLE)]}
        for k in range(layers):
            a.plot(real[mine[k::layers]], predicted[mine[k::layers]], markersize=2.2, alpha=0.35, rasterized=True,
                   zorder=1 + k / layers, **look)
        a.plot([], [], label=name + of, **look)
        rows += [["atom", str(label[i]), None, name, real[i], predicted[i], None, None, None] for i in mine]
    a.plot(limits, limits, "--", color=style.BLACK, linewidth=0.9, zorder=3, label="$y = x$")
    a.set_xlim(limits)
    a.set_ylim(limits)
    a.set_aspect("equal")
    a.set_xlabel("$K_\\mathrm{real}$ (eV/Å$^2$)")
    a.set_ylabel("$K_\\mathrm{pre}$ (eV/Å$^2$)")
    a.text(0.97, 0.04, f"$R$ = {m['pearson']:.3f}\nrelative rms {100 * m['relative_rms']:.1f} %",
           transform=a.transAxes, ha="right")
    a.legend(loc="upper left", handletextpad=0.3, borderaxespad=0.3)
    outside = int(np.sum((predicted < limits[0]) | (predicted > limits[1])))
    number, of_samples = learned_from(study)
    names = wording.listing(s.label for s in samples)
    of = (f"the {f'{len(samples)} test samples' if len(samples) > 1 else 'test sample'} {names}, of which it has "
          "learned nothing" if code == 1 else
          f"the {wording.plural(len(samples), 'sample')} that it was trained on, less those atoms that it learned "
          "from, for want of a test sample")
    of_species = wording.listing(f"{wording.fixed(r)} for {wording.escape(name)}"
                                 for name, r in m["pearson_of"].items())
    relaxed = sum(s.elastic["relaxed"] for s in samples)
    what = ("the harmonic 1 / tr (H<sup>−1</sup>)<sub>ii</sub>" if all(s.harmonic is not None for s in samples) else
            "that of dynamics")
    return (
        f"Stiffness that the elastic network predicts against the real one, {what}: "
        f"{wording.number(m['atoms'])} atoms of {of}; dashed: y = x. It was learned from the stiffness of "
        f"{wording.plural(number, 'atom')} in {wording.plural(of_samples, 'sample')}, and from all atoms being at rest "
        f"there. R = {wording.fixed(m['pearson'])} ({of_species}), root mean square of K<sub>pre</sub> / "
        f"K<sub>real</sub> − 1 {100 * m['relative_rms']:.1f} %, slope {wording.fixed(m['slope'])}, mean of "
        f"K<sub>pre</sub> over that of K<sub>real</sub> {wording.fixed(m['mean_ratio'])}; "
        f"{100 * m['within_interval_90']:.1f} % of the real values lie within the stated 90 % intervals, and "
        f"{100 * m['out_of_distribution']:.1f} % of the atoms are flagged as unlike those of the training"
        + (f"; {wording.plural(outside, 'atom')} outside the drawn range" if outside else "")
        + (f"; one in {every} atoms is drawn" if every > 1 else "") + "."
        + (f" {wording.plural(relaxed, 'sample')} had to be relaxed by the network's own laws first." if relaxed else
           ""))


def mean_of(values):
    """The mean, and its standard error where there are several values, as a text."""
    error = f" ± {wording.fixed(np.std(values, ddof=1) / np.sqrt(len(values)))}" if len(values) > 1 else ""
    return wording.fixed(np.mean(values)) + error


def panel_samples(a, study, tested, rows):
    rates = sorted({s.rate for s in tested}, key=lambda r: r or 0)
    name = network_name(study)
    learned = {s.rate for s in compared(study) if not is_tested(s)}
    parts, own_labels, bars, least, width = [], [], {}, 0.0, 0.36
    for k, rate in enumerate(rates):
        mine = [s for s in tested if s.rate == rate]
        elastic = [measures([s], study.names)["pearson"] for s in mine]
        network = [network_pearson([s]) for s in mine]
        for s, r, (r_network, r_own) in zip(mine, elastic, network):
            rows.append(["R", s.label, rate, None, None, None, r, r_network, r_own])
        own_labels += [own for _, own in network if own is not None]
        network = [r for r, _ in network if r is not None]
        for values, side, colour, marker, text in ((elastic, -1, style.VERMILLION, "o", "elastic network"),
                                                   (network, 1, style.BLUE, "s", name)):
            if not values:
                continue
            x = k + side * width / 2
            bars[text] = a.bar(x, np.mean(values), width, color=colour, alpha=0.3, edgecolor=colour)
            if len(values) > 1:
                a.plot(x + np.linspace(-0.3, 0.3, len(values)) * width, values, marker, color=colour, markersize=2.5,
                       linestyle="none")
            a.text(x, max(max(values), 0) + 0.02, f"{np.mean(values):.3f}", ha="center", va="bottom", fontsize=6.5)
            least = min(least, min(values))
        parts.append(f"{mean_of(elastic)}" + (f" and {mean_of(network)}" if network else "") +
                     f" at {wording.rate_text(rate)} ({wording.plural(len(mine), 'sample')}"
                     + (", a rate of the training)" if rate in learned else ")"))
    a.set_xticks(range(len(rates)), [wording.rate_label(rate) for rate in rates])
    a.tick_params(axis="x", length=0)
    a.set_xlim(-0.6, len(rates) - 0.4)
    a.set_ylim(least - 0.05 if least < 0 else 0, 1.25)  # room for the legend
    a.set_yticks([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    a.set_xlabel("cooling rate")
    a.set_ylabel("single-atom $R$")
    a.legend(bars.values(), bars.keys(), loc="upper center", ncols=2, columnspacing=1.2, handlelength=1.2)
    text = ("R of single atoms in each test sample"
            + (f", of the elastic network and of the {wording.escape(name)}" if own_labels else "")
            + (", a point for each, and their means" if len(tested) > len(rates) else "") + f": {'; '.join(parts)}.")
    if own_labels:
        atoms = sum(int(np.sum(s.split == 0)) for s in study.samples if s.split is not None)
        text += f" The {wording.escape(name)} (prediction.h5) learned from {wording.number(atoms)} atoms"
        if any(s.harmonic is not None and not np.array_equal(s.harmonic, s.stiffness) for s in tested):
            text += (" and their stiffness from dynamics; with that of the test samples its R is "
                     f"{mean_of(own_labels)}")
        text += "."
    return text


def draw_prediction(study, options):
    if not any(s.elastic is not None for s in study.samples):
        raise style.NotAvailable(f"no samples/NNNN/elastic.h5: {NOT_RUN}")
    samples, code = held_out(study)
    if not samples:
        raise style.NotAvailable("elastic.h5 is there, but no stiffness.h5 to compare it with, or no atom that the "
                                 "network did not learn from")
    tested = [s for s in compared(study) if is_tested(s)]
    figure, axes = style.new_figure(style.DOUBLE if tested else style.SINGLE, 3.2, 1, 2 if tested else 1)
    rows = []
    text = panel_atoms(axes[0, 0], study, samples, code, rows)
    if tested:
        for a, letter in zip(axes[0], "ab"):
            style.panel_label(a, letter)
        text = f"(a) {text} (b) {panel_samples(axes[0, 1], study, tested, rows)}"
    return style.save(study.directory, PREDICTION, figure, PREDICTION_TITLE, text,
                      "Stiffness that the elastic network predicts against the real one, and R for each cooling rate",
                      ["item", "sample", "rate_K_per_s", "species", "k_real_eV_per_A2", "k_pre_eV_per_A2", "R_elastic",
                       "R_network", "R_network_with_its_labels"], rows)


def pair_names(names):
    return [f"{names[a]}–{names[b]}" for a in range(len(names)) for b in range(a, len(names))]


def draw_laws(study, options):
    if study.laws is None:
        raise style.NotAvailable(f"no laws in elastic_model.h5: {NOT_RUN}")
    laws, pairs = study.laws, pair_names(study.laws["elements"])
    r = laws["distance"]
    there = r >= laws["closest"][:, None]  # (pairs, distances)
    if not np.any(there):
        raise style.NotAvailable("elastic_model.h5 has no law at distances where pairs of atoms are")
    # The pull of the well, the same in all panels; the repulsion is as steep in all of them and may leave.
    pull = max(float(laws[key][there].max()) for key in ("learned", "potential"))
    if pull <= 0:
        pull = float(np.median(np.abs(laws["potential"][there]))) or 1.0
    columns = min(3, len(pairs))
    lines = -(-len(pairs) // columns)
    figure, axes = style.new_figure(style.DOUBLE if columns > 1 else style.SINGLE, 2.5 * lines, lines, columns,
                                    sharex=True, sharey=True)
    rows, parts = [], []
    for k, pair in enumerate(pairs):
        a, learned, potential = axes.flat[k], laws["learned"][k], laws["potential"][k]
        a.axhline(0, color=style.GREY, linewidth=0.6)
        a.plot(r, learned, color=style.VERMILLION, linewidth=1.8, alpha=0.75, label="learned")
        a.plot(r, potential, "--", color=style.BLACK, linewidth=1.0, label="potential")
        a.axvspan(r[0], laws["closest"][k], color=style.GREY, alpha=0.15, linewidth=0, label="no pairs")
        a.set_title(pair)
        if len(pairs) > 1:
            style.panel_label(a, "abcdefghijklmnopqrstuvwxyz"[k % 26])
        if k // columns == lines - 1:
            a.set_xlabel("distance $r$ (Å)")
        off, own = (learned - potential)[there[k]], potential[there[k]]
        if len(off):
            parts.append(f"{wording.escape(pair)} {np.sqrt(np.mean(off**2)):.4f} eV/Å from {laws['closest'][k]:.2f} Å "
                         f"on, where the potential's has {np.sqrt(np.mean(own**2)):.3f}")
        rows += [[pair, r[j], learned[j], potential[j], int(there[k, j])] for j in range(len(r))]
    for a in axes.flat[len(pairs):]:
        a.axis("off")
    axes[0, 0].set_xlim(r[0], r[-1])
    axes[0, 0].set_ylim(-2.5 * pull, 1.4 * pull)
    for a in axes[:, 0]:
        a.set_ylabel("$V'(r)$ (eV/Å)")
    axes[0, 0].legend(loc="lower right")
    caption = (
        "Solid: the law V'(r) that the elastic network has learned for each pair of species, the tension of a bond "
        "between two atoms in mean surroundings. Dashed: the same of the study's potential, the slope of its effective "
        "pair interaction at mean density: the slope of the pair function, plus, for each of the two atoms, the slope "
        "of its embedding function at the mean density of its species times that of the density which the other gives "
        "it. The network never saw the potential, nor any of its energies or forces: it knows the stiffness of "
        f"{wording.plural(learned_from(study)[0], 'atom')}, which comes from the potential, and that the glasses are "
        "at rest. Grey: distances below the shortest bond of the training, where nothing could be learned. Root mean "
        "square of the difference of the two, and of the potential's law itself, over the distances where pairs are: "
        f"{'; '.join(parts)}.")
    return style.save(study.directory, LAWS, figure, LAWS_TITLE, caption,
                      "Learned law and the potential's effective law against distance, for each pair of species",
                      ["pair", "distance_A", "learned_eV_per_A", "potential_eV_per_A", "has_pairs"], rows)
