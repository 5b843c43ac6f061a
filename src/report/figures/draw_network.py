"""The network as it was trained (the sketch of Fig. 2): layers, their widths, what goes in and comes out."""

import os

import numpy as np

import style
import wording
from sealed import open_result

NAME, TITLE = "network", ("The network (Fig. 2)", "The network")
MOST = 9  # circles of a layer; where it has more, a gap stands for the rest


def trained(study):
    """
    From model.h5: widths of all layers, activation, kind and range of the descriptor, what is read beside it in words,
    and the number of the networks.
    """
    path = os.path.join(study.directory, "model.h5")
    if not os.path.exists(path):
        raise style.NotAvailable("no model.h5: the train stage has not run here")
    with open_result(path) as file:
        if "networks/0" not in file or "widths" not in file["networks/0"].attrs:
            raise style.NotAvailable("model.h5 does not say the widths of networks/0")
        network, descriptor = file["networks/0"].attrs, file["descriptor"].attrs
        beside = ["what an elastic network says of it"] if "elastic" in file else []
        if averages := int(descriptor.get("averages", 0)):
            beside.append(f"the means of all that over its neighbours within {descriptor['average_A']:g} Å" +
                          ("" if averages == 1 else f", {averages} times over"))
        return {"widths": [int(w) for w in network["widths"]], "activation": str(network["activation"]),
                "kind": str(descriptor["kind"]), "r_min": float(descriptor["r_min_A"]),
                "r_max": float(descriptor["r_max_A"]), "beside": beside, "networks": len(file["networks"])}


def heights(width):
    """Where the circles of a layer stand, and where the dots for those that are left out do (None: none are)."""
    if width <= MOST:
        return np.arange(width) - (width - 1) / 2, None
    side = MOST // 2
    half = np.arange(side) + 1.0
    return np.concatenate([-half[::-1], half]), 0.0


def draw(study, options):
    t = trained(study)
    p, widths = study.property, t["widths"]
    figure, axes = style.new_figure(style.SINGLE, 2.4)
    a = axes[0, 0]
    layers = [heights(w) for w in widths]
    for k, (left, right) in enumerate(zip(layers, layers[1:])):
        for y in left[0]:
            for z in right[0]:
                a.plot([k, k + 1], [y, z], "-", color=style.GREY, linewidth=0.25, alpha=0.6, zorder=1)
    last, output = len(widths) - 1, p.pick(("stiffness", f"${p.math}$"))
    for k, (y, dots) in enumerate(layers):
        colour = style.BLUE if k == 0 else style.VERMILLION if k == last else style.GREEN
        a.plot(np.full(len(y), float(k)), y, "o", color=colour, markersize=6, zorder=2)
        if dots is not None:
            a.plot([k] * 3, dots + np.array([-0.3, 0.0, 0.3]), ".", color=colour, markersize=2, zorder=2)
        name = ("inputs" if t["beside"] else "descriptor") if k == 0 else output if k == last else "hidden"
        a.text(k, -MOST / 2 - 0.9, f"{name}\n{widths[k]}", ha="center", va="top", fontsize=7)
    a.set_xlim(-0.5, last + 0.5)
    a.set_ylim(-MOST / 2 - 2.6, MOST / 2 + 0.3)
    a.axis("off")
    parameters = sum((n + 1) * m for n, m in zip(widths, widths[1:]))
    members = "one network" if t["networks"] == 1 else f"the mean of {t['networks']} such networks"
    caption = (
        f"The network that was trained: {'–'.join(map(str, widths))} units, "
        f"{wording.escape({'relu': 'ReLU'}.get(t['activation'], t['activation']))} in the hidden layers, "
        f"{wording.number(parameters)} weights and biases. It reads the descriptor {wording.escape(t['kind'])} of an "
        f"atom, {t['r_min']:g}–{t['r_max']:g} Å, {''.join(f'{b}, ' for b in t['beside'])}and gives its {p.name}; the "
        f"prediction is {members}. Layers of more "
        f"than {MOST} units are drawn with a gap.")
    return style.save(study.directory, NAME, figure, p.pick(TITLE), caption,
                      "Layers of the network and their connections", ["layer", "units"], list(enumerate(widths)))
