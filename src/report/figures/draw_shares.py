"""Springs of the learned elastic network that make an atom soft or stiff: their shares in its stiffness."""

import matplotlib
import numpy as np

import style
import wording
from draw_elastic import NOT_RUN, is_tested, mean_of, pair_names
from zones import NEAR, first_minimum

NAME, TITLE = "elastic_shares", "Springs that make an atom soft or stiff"
GROUPS = (("softest", style.BLUE), ("stiffest", style.VERMILLION))  # as they stand in elastic.h5
HEADER = ["item", "group", "pair", "distance_A", "share", "standard_error"]


def with_shares(study):
    """Samples at any cooling rate of which the network has seen no atom, with shares of the same bins."""
    samples = [s for s in study.samples if s.species is not None and s.elastic is not None
               and s.elastic["shares"] is not None and is_tested(s)]
    return [s for s in samples if np.array_equal(s.elastic["shares"]["distance"],
                                                 samples[0].elastic["shares"]["distance"])
            and s.names == samples[0].names]


class Shares:
    """Arrays of several samples, (samples, 2 groups, ...)."""

    def __init__(self, samples):
        of = [s.elastic["shares"] for s in samples]
        self.distance, self.pairs = of[0]["distance"], pair_names(samples[0].names)
        self.width = float(self.distance[1] - self.distance[0])
        self.along, self.across, self.density = (np.stack([x[key] for x in of]) for key in ("along", "across",
                                                                                          "density"))
        rings = max(x["reach"].shape[1] for x in of)  # a larger cell has more; a smaller one has no bonds there
        reach = np.stack([np.pad(x["reach"], ((0, 0), (0, rings - x["reach"].shape[1]))) for x in of])
        # No other atom is within 1 A, so that the first ring is the atom's own bonds: those at a distance of 0.
        self.reach = np.concatenate([reach[..., :1], reach.cumsum(axis=2)], axis=2)
        least = [first_minimum(s.rdf["r"], s.rdf["total"]) for s in samples
                 if s.rdf and "r" in s.rdf and "total" in s.rdf]
        self.shell = int(np.sum(self.distance < (np.mean(least) if least else NEAR)))  # bins of the first shell

    @property
    def shell_end(self):
        return float(self.distance[0] + (self.shell - 0.5) * self.width)


def error_of(values):
    """Standard error of the mean over samples; NaN for one sample."""
    return values.std(axis=0, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.full(values.shape[1:], np.nan)


def line(a, x, values, **look):
    """The mean over samples, and a band of its standard error where there are several."""
    mean, error = values.mean(axis=0), error_of(values)
    a.plot(x, mean, **look)
    if len(values) > 1:
        a.fill_between(x, mean - error, mean + error, color=look["color"], alpha=0.2, linewidth=0)
    return mean, error


def panel_lengths(a, shares, rows):
    a.axhline(0, color=style.GREY, linewidth=0.6)
    a.axvline(shares.shell_end, color=style.GREY, linewidth=0.8, linestyle=":")
    for k, (group, colour) in enumerate(GROUPS):
        for item, values, dash in (("along", shares.along, "-"), ("across", shares.across, (0, (3, 1.5)))):
            mean, error = line(a, shares.distance, values[:, k].sum(axis=1), color=colour, linestyle=dash,
                               label=f"{group}, {item}")
            rows += [[f"{item}_by_length", group, None, *x] for x in zip(shares.distance, mean, error)]
    a.set_xlim(shares.distance[0] - shares.width / 2, shares.distance[-1] + shares.width / 2)
    a.set_xlabel("length of the bond (Å)")
    a.set_ylabel(f"share per {shares.width:.2g} Å")
    a.legend(loc="upper right", handlelength=2.2)


def panel_pairs(a, shares, rows):
    """Bars of springs along and across bonds, one upon the other where both have the same sign."""
    a.axhline(0, color=style.GREY, linewidth=0.6)
    width = 0.36
    for k, (group, colour) in enumerate(GROUPS):
        for p, pair in enumerate(shares.pairs):
            x, along, across = p + (k - 0.5) * (width + 0.04), *(v[:, k, p].sum(axis=1) for v in (shares.along,
                                                                                             shares.across))
            base = along.mean() if along.mean() * across.mean() > 0 else 0
            a.bar(x, along.mean(), width, color=colour, edgecolor=colour, linewidth=0.6)
            a.bar(x, across.mean(), width, bottom=base, facecolor="white", edgecolor=colour, hatch="/////",
                  linewidth=0.6)
            a.plot(x + np.array([-0.5, 0.5]) * (width + 0.04), 2 * [(along + across).mean()], color=style.BLACK,
                   linewidth=1.6, solid_capstyle="butt")
            for item, values in (("along", along), ("across", across), ("along_and_across", along + across)):
                rows.append([f"{item}_by_pair", group, pair, None, values.mean(), error_of(values)])
        many = shares.density[:, k]
        a.bar(len(shares.pairs) + (k - 0.5) * (width + 0.04), many.mean(), width, color=colour, alpha=0.35,
              edgecolor=colour, linewidth=0.6)
        rows.append(["many_body", group, None, None, many.mean(), error_of(many)])
    a.set_xticks(range(len(shares.pairs) + 1), shares.pairs + ["many-\nbody"],
                 rotation=0 if len(shares.pairs) < 4 else 60)
    a.tick_params(axis="x", length=0)
    a.set_xlim(-0.6, len(shares.pairs) + 0.6)
    a.set_ylabel("share")
    patch = matplotlib.patches.Patch
    a.legend([patch(facecolor=style.GREY, edgecolor=style.GREY),
              patch(facecolor="white", edgecolor=style.GREY, hatch="/////"),
              matplotlib.lines.Line2D([], [], color=style.BLACK, linewidth=1.6)], ["along", "across", "both"],
             loc="best", handlelength=1.4)


def panel_reach(a, shares, rows):
    a.axhline(0, color=style.GREY, linewidth=0.6)
    distance = np.arange(shares.reach.shape[2])
    for k, (group, colour) in enumerate(GROUPS):
        mean, error = line(a, distance, shares.reach[:, k], color=colour, marker="os"[k], markersize=2.5, label=group,
                           markevery=-(-len(distance) // 30))
        a.axhline(mean[-1], color=colour, linewidth=0.8, linestyle=":")
        rows += [["within", group, None, *x] for x in zip(distance, mean, error)]
    a.set_xlim(-0.04 * distance[-1], distance[-1])
    a.set_xlabel("nearer atom within (Å)")
    a.set_ylabel("share of bonds")
    a.legend(loc="lower right")


def caption_of(study, samples, shares):
    def against(values):
        return f"{mean_of(values[:, 0])} against {mean_of(values[:, 1])}"

    def all_bonds(v):
        return v.sum(axis=(2, 3))

    both = shares.along + shares.across
    far = shares.reach.shape[2] - 1
    near = min(5, far)
    rates = wording.listing(wording.rate_text(r) for r in sorted({s.rate for s in samples if s.rate}))
    atoms = sum(s.atoms for s in samples)
    numbers = [f"the atom's own bonds {against(shares.reach[:, :, 0])}",
               f"all bonds with an atom within {near} Å of it {against(shares.reach[:, :, near])}",
               f"bonds shorter than {shares.shell_end:.1f} Å, the first shell, "
               f"{against(all_bonds(both[..., :shares.shell]))} (along them "
               f"{against(all_bonds(shares.along[..., :shares.shell]))})",
               f"longer bonds {against(all_bonds(both[..., shares.shell:]))}",
               f"tension, all springs across bonds, {against(all_bonds(shares.across))}",
               f"the many-body term {against(shares.density)}"]
    return (
        "Share of a spring k of the elastic network in the stiffness K<sub>i</sub> of an atom: "
        "(k / K<sub>i</sub>) ∂K<sub>i</sub> / ∂k. K<sub>i</sub> is homogeneous of degree one in all springs together, "
        "so that the shares of all of them add up to 1 (Euler). No spring makes an atom softer by growing: a share is "
        "negative where the spring itself is, across compressed bonds and along bonds whose tension falls as they grow "
        "longer. Means over atoms of the softest (blue) and of the stiffest tenth (vermillion) "
        f"by predicted stiffness, of {wording.plural(len(samples), 'sample')} ({wording.number(atoms)} atoms"
        + (f", cooled at {rates}" if rates else "") + ") of which the network has learned nothing"
        + ("; bands and ± are standard errors over samples" if len(samples) > 1 else "") +
        ". (a) By length of the bond: springs along bonds, V″ + F′<sub>i</sub> g′<sub>ij</sub> + F′<sub>j</sub> "
        "g′<sub>ji</sub> (solid), and across them, tension over length (dashed), in bins of "
        f"{shares.width:.2g} Å; dotted: {shares.shell_end:.1f} Å, where the first shell ends by g(r). (b) The same by "
        "pair of species: along (full), across (hatched) and the sum of both (black); beside them the many-body term, "
        "F″<sub>i</sub> (∇s<sub>i</sub>)(∇s<sub>i</sub>)<sup>T</sup> of all atoms. (c) Along and across together, of "
        "all bonds whose nearer atom is no farther from the atom than the distance shown; at 0 its own bonds, dotted: "
        f"all bonds, which the many-body term makes up to 1. Softest against stiffest: {'; '.join(numbers)}.")


def draw(study, options):
    if not any(s.elastic is not None for s in study.samples):
        raise style.NotAvailable(f"no samples/NNNN/elastic.h5: {NOT_RUN}")
    samples = with_shares(study)
    if not samples:
        raise style.NotAvailable("no /shares in samples/NNNN/elastic.h5: the elastic stage writes them for samples "
                                 "that it has not learned from; there is none, or an older version has run")
    shares, rows = Shares(samples), []
    figure, axes = style.new_figure(style.DOUBLE, 2.8, 1, 3, gridspec_kw={"width_ratios": [1.3, 1.2, 1]})
    for a, letter, panel in zip(axes[0], "abc", (panel_lengths, panel_pairs, panel_reach)):
        style.panel_label(a, letter)
        panel(a, shares, rows)
    return style.save(study.directory, NAME, figure, TITLE, caption_of(study, samples, shares),
                      "Shares of springs in the stiffness of the softest and of the stiffest atoms: by length of the "
                      "bond, by pair of species, and by distance from the atom", HEADER, rows)
