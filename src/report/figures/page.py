"""report.html: one self-contained page, light and dark, readable on a phone, without any network."""

import os

import wording
from wording import escape, fixed, number

CSS = """
:root{color-scheme:light dark;--ink:#1a1d21;--dim:#59616b;--page:#fbfbfa;--card:#fff;--line:#dcdfe3;--link:#0b5ea8;
--good:#00684a;--warn-ink:#6b4300;--warn:#fff3d6;--bad-ink:#8a1c00;--bad:#ffe6df}
@media(prefers-color-scheme:dark){:root{--ink:#e8eaed;--dim:#a5adb7;--page:#15181b;--card:#1e2226;--line:#363c43;
--link:#7db9f2;--good:#5fd0a6;--warn-ink:#ffdf9e;--warn:#3d3013;--bad-ink:#ffb9a6;--bad:#47201a}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.2rem 1rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:.4rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.4rem 0 .8rem;padding-bottom:.25rem;border-bottom:1px solid var(--line)}
h3{font-size:1.02rem;margin:0 0 .6rem}
p{margin:.5rem 0}
.dim{color:var(--dim)}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1rem;margin:.8rem 0;font-size:.92rem}
a{color:var(--link)}
.note{border-radius:.5rem;padding:.7rem .9rem;margin:.8rem 0;background:var(--warn);color:var(--warn-ink)}
.note.bad{background:var(--bad);color:var(--bad-ink)}
.note ul{margin:.3rem 0;padding-left:1.2rem}
.cards{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:.6rem;margin:1rem 0}
@media(min-width:40rem){.cards{grid-template-columns:repeat(3,minmax(0,1fr))}}
.card{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;min-width:0}
.card b{display:block;font-size:1.3rem;line-height:1.25;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.card span{color:var(--dim);font-size:.85rem}
dl{display:grid;grid-template-columns:minmax(7rem,auto) 1fr;gap:.25rem 1rem;margin:.8rem 0}
dt{color:var(--dim)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
figure{margin:1.2rem 0;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem}
.picture{overflow-x:auto;margin:0 0 .7rem;background:#fff;border-radius:.3rem}
.picture img{display:block;max-width:100%;height:auto;margin:0 auto}
.picture.single img{max-width:min(100%,29rem)}
@media screen and (max-width:40rem){.picture.double img{max-width:none;width:40rem}}
figcaption{font-size:.93rem}
figcaption .files{display:block;margin-top:.4rem;color:var(--dim);font-size:.85rem}
.scroll{overflow-x:auto;border:1px solid var(--line);border-radius:.5rem;background:var(--card);margin:.6rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .7rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}
th{white-space:normal;vertical-align:bottom}
th:first-child,td:first-child{text-align:left}
tr:last-child td{border-bottom:0}
th button{all:unset;cursor:pointer;font-weight:600}
th button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
th[aria-sort=ascending] button::after{content:" \\2191"}th[aria-sort=descending] button::after{content:" \\2193"}
pre{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.8rem;
font-size:.82rem}
code{overflow-wrap:anywhere}
summary{cursor:pointer;color:var(--link)}
table.text td,table.text th{white-space:normal;text-align:left;vertical-align:top}
table.text td:first-child{min-width:11rem}table.text td:nth-child(2){min-width:12rem}
@media screen and (max-width:40rem){table.text thead{display:none}
table.text tr{display:block;padding:.6rem .7rem;border-bottom:1px solid var(--line)}
table.text td{display:block;border:0;padding:.1rem 0}table.text td:first-child{font-weight:600}}
.verdict{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-weight:600;white-space:nowrap;
border:1px solid currentColor}
.verdict.yes{color:var(--good)}.verdict.no{color:var(--bad-ink)}.verdict.open{color:var(--dim);font-weight:400}
@media(max-width:30rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}figure{padding:.5rem}
main{padding:.8rem .7rem 3rem}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--dim:#444;--line:#bbb;--warn:#fff;--warn-ink:#000;
--bad:#fff;--bad-ink:#000}
figure,.card,.note,tr{break-inside:avoid}h2,h3{break-after:avoid}
nav,.viewer,#glass,#glass+p{display:none}.scroll{overflow:visible}table{font-size:8pt}
figure{padding:0;border:0}.picture.double img{width:100%}body{font-size:10pt}th,td{white-space:normal}}
"""

SCRIPT = """
document.querySelectorAll('table.sortable').forEach(function(table){
  var body=table.tBodies[0];
  table.querySelectorAll('th').forEach(function(head,column){
    var button=document.createElement('button');button.type='button';button.innerHTML=head.innerHTML;
    head.textContent='';head.appendChild(button);
    button.addEventListener('click',function(){
      var down=head.getAttribute('aria-sort')==='ascending';
      table.querySelectorAll('th').forEach(function(h){h.removeAttribute('aria-sort')});
      head.setAttribute('aria-sort',down?'descending':'ascending');
      Array.from(body.rows).map(function(row){
        var cell=row.cells[column],key=cell.dataset.value;if(key===undefined)key=cell.textContent;
        var n=parseFloat(key);return{row:row,key:key,n:isNaN(n)||String(key).trim()===''?null:n};
      }).sort(function(a,b){
        var o=a.n!==null&&b.n!==null?a.n-b.n:(a.n!==null?-1:b.n!==null?1:a.key.localeCompare(b.key));
        return down?-o:o;
      }).forEach(function(x){body.appendChild(x.row)});
    });
  });
});
"""


def table(header, rows, kind=""):
    """A sortable table: header cells are HTML; a cell is HTML or a pair (value to sort by, HTML)."""
    lines = [f'<div class="scroll"><table class="sortable{kind and " " + kind}"><thead><tr>']
    lines += [f"<th>{cell}</th>" for cell in header]
    lines.append("</tr></thead><tbody>")
    for row in rows:
        cells = []
        for cell in row:
            if isinstance(cell, tuple):
                key = "" if cell[0] is None or cell[0] != cell[0] else escape(cell[0])
                cells.append(f'<td data-value="{key}">{cell[1]}</td>')
            else:
                cells.append(f"<td>{cell}</td>")
        lines.append("<tr>" + "".join(cells) + "</tr>")
    lines.append("</tbody></table></div>")
    return "".join(lines)


def cards(items):
    return '<div class="cards">' + "".join(
        f'<div class="card"><b>{value}</b><span>{label}</span></div>' for value, label in items) + "</div>"


def definitions(items):
    return "<dl>" + "".join(f"<dt>{term}</dt><dd>{text}</dd>" for term, text in items if text) + "</dl>"


def duration(seconds):
    """Wall time in words."""
    if seconds is None:
        return "–"
    if seconds < 120:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def elastic_section(m):
    """Cards and a sentence on the elastic network, from draw_elastic.headline."""
    glass = "test glass" if m["tested"] else "atoms not learned from"
    html = cards([
        (fixed(m["pearson"]), f"single-atom R of the elastic network, {glass}"),
        (f"{100 * m['relative_rms']:.1f} %", f"its relative error (rms), {glass}"),
        (number(m["labels"]), f"atoms that it learned from, in {wording.plural(m['of_samples'], 'sample')}"),
    ])
    beside = (f"; the {escape(m['network_name'])} reaches {fixed(m['network'])} on the same atoms"
              if m["network"] is not None else "")
    where = ("On the test glass" + ("es" if m["samples"] > 1 else "") + ", which it has not seen" if m["tested"] else
             "On the atoms that it did not learn from, in the glasses of its training")
    return html + (f"<p>{where}, the learned elastic network reaches <b>R = {fixed(m['pearson'])}</b> between "
                   f"predicted and real stiffness of single atoms{beside}.</p>")


def summary_section(study, values, elastic):
    elements = study.get("study", "elements", default=study.names) or []
    fractions = study.get("study", "fractions")
    atoms = sorted({s.atoms for s in study.samples if s.atoms})
    if not fractions and study.samples and study.names:
        sample = next((s for s in study.samples if s.species is not None), None)
        if sample is not None:
            fractions = [float((sample.species == k).mean()) for k in range(len(study.names))]
            elements = study.names
    if fractions and len(fractions) == len(elements):
        composition = "".join(f"{escape(e)}<sub>{100 * f:.4g}</sub>" for e, f in zip(elements, fractions))
    else:
        composition = "".join(escape(e) for e in elements) or "–"
    temperatures = next((s.label_temperatures for s in study.samples if s.label_temperatures is not None), None)
    harmonic = any(s.method == "harmonic" for s in study.samples)
    timings = study.get("timings", default=[]) or []
    seconds = [t.get("seconds") for t in timings if isinstance(t, dict) and isinstance(t.get("seconds"), (int, float))]
    extra = sum(s.test_rate for s in study.samples)
    p = study.property
    labels = (
        (p.name, "what networks learn" + (f", in {p.unit}" if p.unit else "")) if not p.is_stiffness else
        ("harmonic", "labels, from the Hessian") if harmonic else
        (", ".join(f"{t:g}" for t in temperatures) + " K" if temperatures is not None else "–",
         "temperatures of the labels"))
    top = [
        (composition, "composition, % of atoms"),
        ("<br>".join(wording.rate_text(r) for r in study.rates) or "–",
         "cooling rate" + ("s" if len(study.rates) > 1 else "")),
        (", ".join(number(a) for a in atoms) or "–", "atoms per sample"),
        (str(len(study.samples)), "samples" + (f", {extra} of them at testing rates" if extra else "")),
        labels,
        (duration(sum(seconds)) if seconds else "–", "wall time, all stages"),
    ]
    html = cards(top)
    network, of_network = "network", ""
    if elastic:
        html = elastic_section(elastic) + html
        network = p.pick((escape(elastic["network_name"]), "network that learns <name>"))
        of_network = p.pick((f" of the {network}", ""))
    scores = []
    if "test" in values:
        m = values["test"]
        scores = [
            (fixed(m["R"]), f"single-atom R{p.of}{of_network}, test glass"),
            (fixed(m["R_coarse_grained"]), f"coarse-grained R{p.of}, test glass"),
            (fixed(m["R_bins_real"]), f"R in bins sorted by {p.real}, test"),
            (fixed(m["slope"]), p.pick(("slope", f"slope of {p.pre} on {p.real}")) + ", test"),
            (fixed(m["rmse"]) + p.suffix, f"RMSE{p.of}, test"),
        ] + ([(fixed(m["reliability"]), "reliability of the test labels")] if p.is_stiffness else [])
        html += cards(scores)
        limit = max(m["reliability"], 0) ** 0.5 if m["reliability"] == m["reliability"] else None
        reliable = fixed(m["reliability"])
        reaches = f"<p>On the test glass, which it has not seen, the {network} reaches"
        if not p.is_stiffness:
            html += (
                f"{reaches} <b>R = {fixed(m['R'])}</b> between predicted and real {p.name} of single atoms. The labels "
                "came with the structures: nothing is known of their noise, nor how far it limits R.</p>")
        elif limit and harmonic:
            html += (
                f"{reaches} <b>R = {fixed(m['R'])}</b> between "
                "predicted and real stiffness of single atoms. The labels come from the Hessian of the structure that "
                f"is described, without noise: of their numerical error their reliability is {reliable}.</p>")
        elif limit:
            html += (
                f"{reaches} <b>R = {fixed(m['R'])}</b> between "
                "predicted and real stiffness of single atoms. The labels themselves are not exact: their reliability "
                f"is {reliable}, so even a perfect model could reach only about R = √{reliable} = {fixed(limit)} "
                f"against them; this one reaches {100 * m['R'] / limit:.0f} % of that. Split halves see the noise "
                "within one "
                "window, not slower changes, so this is an upper estimate of the reliability.</p>")
        elif limit is not None:
            html += (f"<p>The reliability of the test labels is {reliable}: they carry no information that a model "
                     "could learn, and R means nothing here.</p>")
        else:
            html += "<p>The reliability of these labels was not recorded, so how far they limit R is not known.</p>"
    return html


def figures_section(figures):
    parts = []
    for k, drawn in enumerate(figures, 1):
        parts.append(
            f'<figure id="{drawn.name}"><h3>Figure {k}. {escape(drawn.title)}</h3>'
            f'<div class="picture {drawn.columns()}"><img src="{drawn.data_uri()}" alt="{escape(drawn.alt)}"></div>'
            f'<figcaption>{drawn.caption}<span class="files">Files: figures/{drawn.name}.pdf, .png, .csv '
            "(the numbers drawn)</span></figcaption></figure>")
    return "".join(parts) or "<p>No stage has left anything to draw yet.</p>"


def statements_section(statements, figures):
    """The statements of the paper with our values; a verdict links to its figure where that is drawn."""
    drawn = {d.name: k for k, d in enumerate(figures, 1)}
    rows = []
    for s in statements:
        shown = {"holds": "yes", "does not hold": "no"}.get(s["verdict"], "open")
        link = f' <a href="#{s["figure"]}">our Figure {drawn[s["figure"]]}</a>' if s["figure"] in drawn else ""
        rows.append([s["statement"] + link, s["value"],
                     ({"yes": 0, "no": 1, "open": 2}[shown], f'<span class="verdict {shown}">{s["verdict"]}</span>'),
                     s["why"]])
    counts = {v: sum(s["verdict"] == v for s in statements) for v in ("holds", "does not hold", "cannot be told here")}
    return (f"<p>{counts['holds']} of {len(statements)} hold, {counts['does not hold']} do not, and "
            f"{counts['cannot be told here']} cannot be told from this study. A difference counts from two standard "
            "errors on.</p>" + table(["statement of the paper", "this study", "verdict", "remark"], rows, "text"))


def metrics_table(values, names, p):
    header = ["split", "atoms", f"R{p.of}", "Spearman", "slope", p.head("RMSE"), p.head("MAE"), p.head("bias")]
    header += [f"R, {escape(n)}" for n in names]
    header += [f"R bins, by {p.real}", "slope", f"R bins, by {p.pre}", "slope", "R coarse-grained",
               "reliability"]
    rows = []
    for label, m in values.items():
        row = [escape(label), (m["atoms"], number(m["atoms"]))]
        row += [(m[k], fixed(m[k])) for k in ("R", "spearman", "slope", "rmse", "mae", "bias")]
        row += [(m["R_species"].get(n), fixed(m["R_species"].get(n))) for n in names]
        row += [(m[k], fixed(m[k])) for k in ("R_bins_real", "slope_bins_real", "R_bins_pre", "slope_bins_pre",
                                              "R_coarse_grained", "reliability")]
        rows.append(row)
    return table(header, rows)


def samples_table(rows, p):
    header = ["sample", "rate (K/s)", "atoms", "volume (Å³/atom)", "inherent energy (eV/atom)", "T<sub>g</sub> (K)",
              p.head(f"mean {p.symbol}"), "label reliability", f"single-atom R{p.of}", "crystalline (%)", "role"]
    cells = []
    for r in rows:
        cells.append([escape(r["sample"]), (r["rate"], wording.rate_text(r["rate"])), (r["atoms"], number(r["atoms"])),
                      (r["volume"], fixed(r["volume"])), (r["energy"], fixed(r["energy"], 4)), (r["tg"], fixed(r["tg"],
                                                                                                               0)),
                      (r["real"], fixed(r["real"])), (r["reliability"], fixed(r["reliability"])),
                      (r["R"], fixed(r["R"])),
                      (r["crystalline"], fixed(100 * r["crystalline"], 1) if r["crystalline"] is not None else "–"),
                      escape(r["role"])])
    return table(header, cells)


def timings_table(timings):
    total = sum(seconds for _, seconds in timings)
    rows = [[escape(stage), (seconds, f"{seconds:.2f}"), (seconds,
                                                          f"{100 * seconds / total:.1f}" if total > 0 else "–")]
            for stage, seconds in timings]
    return table(["stage", "wall time (s)", "share (%)"], rows) + f"<p>Together {duration(total)}.</p>"


def provenance(study):
    glass = next((s for s in study.samples if s.attributes.get("potential_sha256")), None)
    sha = study.get("potential", "sha256") or (glass.attributes["potential_sha256"] if glass else None)
    version = study.get("study", "version") or next(
        (s.attributes["version"] for s in study.samples if s.attributes.get("version")), None)
    git = study.get("study", "git")
    seeds = sorted({str(s.attributes["seed"]) for s in study.samples if s.attributes.get("seed") is not None})
    hardware = study.get("hardware", default={}) or {}
    return definitions([
        ("potential", escape(study.get("potential", "path", default=""))),
        ("its sha256", f"<code>{escape(sha)}</code>" if sha else ""),
        ("its citation", escape(study.get("potential", "citation", default=""))),
        ("program", "mgstiff-gpu " + escape(version) + (f" ({escape(git)})" if git else "") if version else ""),
        ("seed", escape(study.get("study", "seed", default=", ".join(seeds)))),
        ("hardware", "; ".join(f"{escape(k)}: {escape(v)}" for k, v in hardware.items() if v not in (None, "")) if
         isinstance(hardware, dict) else escape(hardware)),
    ])


def barriers_table(rows):
    """Saddle searches by species of the centre."""
    header = ["species", "attempts", "events", "mean barrier (eV)", "median (eV)", "standard deviation (eV)",
              "evaluations per attempt", "with all atoms"]
    body = [[escape(r["species"]), (r["attempts"], str(r["attempts"])), (r["accepted"], str(r["accepted"]))] +
            [(r[k], fixed(r[k])) for k in ("mean", "median", "deviation")] +
            [(r[k], f"{r[k]:.0f}") for k in ("evaluations", "whole_evaluations")] for r in rows]
    ends = [[escape(name.lower().replace("_", " "))] + [cell for r in rows for cell in (
        (r["classes"][name], str(r["classes"][name])), (r["costs"][name][0], fixed(r["costs"][name][0], 0)))]
            for name, number in rows[0]["classes"].items() if number]
    heads = [text for r in rows for text in (f"{escape(r['species'])}: attempts", "evaluations, mean")]
    return table(header, body) + table(["how attempts ended"] + heads, ends)


def write(study, options, figures, absent, failed, values, differences, sample_rows, timings, barriers, statements,
          learning, viewer, elastic):
    """
    Write report.html; `absent` and `failed` are lists of (title, reason), `learning` and `viewer` are HTML, `elastic`
    is draw_elastic.headline's.
    """
    name = study.get("study", "name", default=os.path.basename(study.directory)) or "study"
    p, notes = study.property, []
    if study.get("study", "rough_labels") and (p.is_stiffness or any(s.stiffness is not None for s in study.samples)):
        rough = p.pick(("The labels", "Stiffness labels"))
        notes.append(f'<p class="note"><b>{rough} of this study are rough.</b> Windows below 50 ps, or fewer '
                     "than three temperatures, make no reliable ones: it shows that the whole chain works, and its "
                     "numbers must not be quoted as physics.</p>")
    if study.get("study", "synthetic"):
        notes.append('<p class="note"><b>Synthetic data.</b> These numbers were made up by a script to test the '
                     'report. They come '
                     "from no simulation.</p>")
    if failed or study.damaged:
        items = [f"<li>{escape(title)}: {escape(reason)}</li>" for title, reason in failed]
        items += [f"<li>{escape(text)}</li>" for text in study.damaged]
        notes.append(f'<div class="note bad"><b>Could not be read or drawn:</b><ul>{"".join(items)}</ul></div>')
    if absent:
        items = "".join(f"<li>{escape(title)}: {escape(reason)}</li>" for title, reason in absent)
        notes.append(f'<div class="note"><b>Not in this report, because it has not run:</b><ul>{items}</ul></div>')
    if differences:
        items = "".join(f"<li>{escape(text)}</li>" for text in differences)
        notes.append('<div class="note bad"><b>The metrics of summary.json differ from those that this page computes '
                     'from the '
                     f"HDF5 files:</b><ul>{items}</ul></div>")
    tables = ""
    if values:
        tables += ("<h3>Agreement by split</h3>" + metrics_table(values, study.names, p) +
                   f"<p class='dim'>Computed here from {p.pick(('stiffness.h5 and ', ''))}prediction.h5; bins of "
                   f"{options.bin_atoms} atoms, coarse-graining over {options.coarse_grain:g} Å. All slopes are of "
                   f"{p.pre} on {p.real}; bias: mean of {p.pre} − {p.real}.</p>")
    tables += learning
    if barriers:
        tables += "<h3>Saddle searches</h3>" + barriers_table(barriers)
    if sample_rows:
        tables += ("<h3>Samples</h3>" + samples_table(sample_rows, p) +
                   "<p class='dim'>Volume and energy are those of the inherent structure, relaxed and annealed after "
                   "the quench; "
                   "T<sub>g</sub> is that of the quench figure's fit, sample by sample.</p>")
    if timings:
        tables += "<h3>Wall time</h3>" + timings_table(timings)
    config = "<p class='dim'>There is no config.resolved.toml in this directory.</p>"
    if study.config:
        config = ("<details><summary>config.resolved.toml: every key with its value</summary>"
                  f"<pre>{escape(study.config)}</pre></details>")
    look = "<a href='#glass'>Glass in 3-D</a>" if viewer else ""
    stated = told = ""
    if statements:
        stated = "<a href='#statements'>Statements</a>"
        told = "<h2 id='statements'>What the paper states, tested here</h2>" + statements_section(statements, figures)
    about_atoms = "atomic stiffness", "<name> of atoms"
    about = ("From composition and cooling rate to the stiffness of every atom, and what a network learns of it from "
             "structure alone.",
             f"{p.head(p.name)} of every atom, as it came with the structures, and what a network learns of it from "
             "structure alone.")
    links = "".join(f'<a href="#{d.name}">Figure {k}</a>' for k, d in enumerate(figures, 1))
    html = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(name)} – {p.pick(about_atoms)}</title><style>{CSS}</style></head><body><main>"
        f'<p class="dim">mgstiff-gpu report</p><h1>{escape(name)}</h1>'
        f"<p>{p.pick(about)}</p>"
        f"{''.join(notes)}<h2 id='summary'>Summary</h2>{summary_section(study, values, elastic)}"
        f"<nav>{look}{stated}{links}<a href='#tables'>Tables</a>"
        "<a href='#provenance'>Provenance</a></nav>"
        f"{viewer}{told}"
        f"<h2>Figures</h2>{figures_section(figures)}"
        f"<h2 id='tables'>Tables</h2>{tables or '<p>No stage has left any numbers yet.</p>'}"
        f"<h2 id='provenance'>Provenance</h2>{provenance(study)}{config}"
        f"</main><script>{SCRIPT}</script></body></html>\n")
    path = os.path.join(study.directory, "report.html")
    with open(path + ".part", "w", encoding="utf-8") as stream:
        stream.write(html)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(path + ".part", path)
    return path
