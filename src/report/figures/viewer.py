"""The test glass in three dimensions: its numbers and controls as a part of report.html; viewer.js draws it."""

import base64
import json
import os

import numpy as np
from matplotlib import colormaps

import style
import wording
from coarse_grain import perpendicular_widths, wrap
from wording import Property

MOST_SPECIES = 8  # as many as the shader has radii
CSS = """
.viewer{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem;margin:1.2rem 0}
.viewer canvas{display:block;width:100%;height:min(70vh,36rem);touch-action:none;cursor:grab;object-fit:contain;
border-radius:.3rem}
.viewer canvas:active{cursor:grabbing}
.viewer canvas:focus-visible{outline:2px solid var(--link)}
.viewer .controls{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;align-items:center;font-size:.9rem;margin:.5rem 0}
.viewer label{display:inline-flex;gap:.4rem;align-items:center}
.viewer select,.viewer button{font:inherit;color:var(--ink);background:var(--page);border:1px solid var(--line);
border-radius:.3rem;padding:.15rem .5rem;min-height:2rem}
.viewer input[type=range]{width:7rem;accent-color:var(--link)}
.viewer .scale{display:flex;flex-wrap:wrap;gap:.3rem .6rem;align-items:center;font-size:.9rem;min-height:1.6rem}
.viewer .scale i{display:inline-block;width:.8rem;height:.8rem;border-radius:50%;margin-right:.3rem}
.viewer .scale i.bar{width:9rem;border-radius:.2rem;margin:0}
.viewer .atom{min-height:1.5rem;font-variant-numeric:tabular-nums}
"""


def _stops(name, count=17):
    """A colour map as a few colours between which the page interpolates."""
    return [[round(float(c), 3) for c in colormaps[name](x)[:3]] for x in np.linspace(0, 1, count)]


def _range(values, balanced=False):
    """What the colours span: 2 to 98 % of the values, so that a few far ones do not take all the contrast."""
    known = values[np.isfinite(values)]
    low, high = (float(q) for q in np.quantile(known, [0.02, 0.98]))
    if balanced:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _rgb(colour):
    return [int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5)]


def _radii(sample):
    """Half the distance of like neighbours where the RDF tells it [A]."""
    result = []
    for name in sample.names:
        key = f"{name}-{name}"
        g = sample.rdf.get(key) if sample.rdf else None
        r = float(sample.rdf["r"][int(np.argmax(g))]) / 2 if g is not None and np.any(g > 0) else 1.4
        result.append(round(min(max(r, 0.8), 2.0), 2))
    return result


def chosen_sample(study):
    """The test glass, else the first that has coordinates; None where there is none."""
    for samples in (study.test_samples, study.main_samples, study.samples):
        for s in samples:
            if s.position is not None and s.cell is not None and s.species is not None:
                return s
    return None


def fields_of(sample):
    """[(label, unit, values, colour map, range)] of what there is to colour by."""
    fields, p = [], sample.property
    real, predicted = sample.real, sample.predicted
    shared = _range(real) if real is not None and np.any(np.isfinite(real)) else None
    if shared:
        fields.append((p.name, p.unit, real, "viridis", shared))
    if predicted is not None and np.any(np.isfinite(predicted)):
        fields.append((p.pick(("prediction", "predicted <name>")), p.unit, predicted, "viridis", _range(predicted)))
        if shared:
            error = predicted - real
            if np.any(np.isfinite(error)):
                fields.append(("error", p.unit, error, "RdBu_r", _range(error, balanced=True)))
        if sample.deviation is not None and np.any(np.isfinite(sample.deviation)):
            fields.append(("stated error", p.unit, sample.deviation, "cividis", _range(sample.deviation)))
    stiffness = None if p.is_stiffness else sample.stiffness
    if stiffness is not None and np.any(np.isfinite(stiffness)):
        fields.append(("stiffness", Property().unit, stiffness, "viridis", _range(stiffness)))
    if sample.atoms_barriers is not None and np.any(sample.atoms_barriers["accepted"] > 0):
        barrier = np.where(sample.atoms_barriers["accepted"] > 0, sample.atoms_barriers["mean_barrier"], np.nan)
        fields.append(("mean barrier", "eV", barrier, "plasma", _range(barrier)))
    return fields


def section(study):
    """The section with heading, as HTML; "" where there is no glass, or more species than the shader has radii."""
    sample = chosen_sample(study)
    if sample is None or not 1 <= len(sample.names) <= MOST_SPECIES:
        return ""
    fields = fields_of(sample)
    columns = [wrap(sample.position, sample.cell).ravel(), sample.species, sample.id] + [f[2] for f in fields]
    data = np.concatenate([np.asarray(c, float).ravel() for c in columns]).astype("<f4")
    widths = perpendicular_widths(sample.cell)
    corners = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)]) @ sample.cell
    radii = _radii(sample)
    info = {
        "atoms": int(sample.atoms), "cell": [float(x) for x in np.asarray(sample.cell, float).ravel()],
        "widths": [float(w) for w in widths],
        "reach": float(np.linalg.norm(corners, axis=1).max()) + max(radii),
        "species": [{"name": wording.escape(name), "radius": radii[k],
                     "colour": _rgb(style.CYCLE[k % len(style.CYCLE)])}
                    for k, name in enumerate(sample.names)],
        "maps": {name: _stops(name) for name in sorted({f[3] for f in fields})},
        "fields": [{"label": label, "unit": unit, "column": k, "map": name, "low": low, "high": high}
                   for k, (label, unit, _, name, (low, high)) in enumerate(fields)] +
                  [{"label": "species", "unit": "", "column": None}]}
    options = "".join(f'<option value="{k}">{wording.escape(f["label"])}</option>'
                      for k, f in enumerate(info["fields"]))
    sizes = "".join(
        f'<label>{wording.escape(name)} radius<input type="range" id="glass-radius-{k}" min="0.2" max="2.2" '
        f'step="0.05" value="{radii[k]}"></label>' for k, name in enumerate(sample.names))
    thickness = min(4.0, float(widths.min()))
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "viewer.js"), encoding="utf-8") as stream:
        script = stream.read()
    role = ("the network has not seen it" if sample in study.test_samples else
            "no sample is marked as the test glass")
    return (
        f"<style>{CSS}</style><h2 id='glass'>The glass in three dimensions</h2>"
        f"<p>Sample {wording.escape(sample.label)} ({role}), {wording.plural(sample.atoms, 'atom')} of the "
        "energy-minimised structure, periodic in the drawn cell. Drag to turn it, shift and drag to move it, pinch or "
        "click and use the wheel to zoom; a click on an atom gives its numbers. Colours span 2 to 98 % of the values."
        "</p><p class='note' id='glass-absent' hidden>This browser has no WebGL 2, so the glass cannot be shown in "
        "three dimensions here; samples/*/glass.xyz holds the same numbers for OVITO.</p>"
        "<noscript><p class='note'>The view in three dimensions needs JavaScript.</p></noscript>"
        "<div class='viewer' id='glass-viewer'><div class='controls'>"
        f"<label>colour<select id='glass-field'>{options}</select></label>"
        "<label>show<select id='glass-order'><option value='all'>all atoms</option><option value='low'>the lowest"
        "</option><option value='high'>the highest</option></select></label>"
        "<label>share (%)<input type='range' id='glass-share' min='1' max='50' value='10'></label></div>"
        "<canvas id='glass-canvas' tabindex='0' role='img' aria-label='The glass in three dimensions; arrow keys turn "
        "it, plus and minus zoom'></canvas>"
        "<div class='scale' id='glass-scale'></div><div class='atom dim' id='glass-atom' aria-live='polite'></div>"
        "<div class='controls'><label>slice<select id='glass-axis'><option value='-1'>none</option>"
        "<option value='0'>across a</option><option value='1'>across b</option><option value='2'>across c</option>"
        "</select></label><label>at<input type='range' id='glass-middle' min='0' max='1' step='0.005' value='0.5'>"
        "</label><label>thickness<input type='range' id='glass-thickness' min='1' "
        f"max='{float(widths.max()):.1f}' step='0.5' value='{thickness:.1f}'></label></div>"
        f"<div class='controls'>{sizes}<button type='button' id='glass-closer' aria-label='closer'>+</button>"
        "<button type='button' id='glass-farther' aria-label='farther'>−</button>"
        "<button type='button' id='glass-reset'>reset view</button><span class='dim' id='glass-count'></span></div>"
        "</div>"
        f"<script type='application/json' id='glass-info'>{json.dumps(info).replace('<', chr(92) + 'u003c')}</script>"
        f"<script type='text/plain' id='glass-data'>{base64.b64encode(data.tobytes()).decode('ascii')}</script>"
        f"<script>{script}</script>")
