"""Look of all figures, and the one function that writes them: PDF, PNG, and a CSV of what is drawn."""

import base64
import csv
import dataclasses
import os

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: E402
from matplotlib.backends.backend_pdf import FigureCanvasPdf  # noqa: E402

SINGLE, DOUBLE = 3.37, 6.9  # journal column widths [in]

# Okabe and Ito's colours, told apart with every common kind of colour blindness.
VERMILLION, BLUE, GREEN, PINK = "#D55E00", "#0072B2", "#009E73", "#CC79A7"
ORANGE, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#6E6E6E"
CYCLE = [VERMILLION, BLUE, GREEN, PINK, ORANGE, SKY, BLACK]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]
DENSITY_MAP = "viridis"
STIFFNESS_MAP = "viridis"

plt.rcParams.update({
    "pdf.fonttype": 42,  # embedded TrueType
    "ps.fonttype": 42,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.top": True,
    "ytick.right": True,
    "legend.frameon": False,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.prop_cycle": plt.cycler(color=CYCLE),
    "figure.constrained_layout.use": True,
})


class NotAvailable(Exception):
    """The data for a figure do not exist (yet); the text says which stage or file is missing."""


@dataclasses.dataclass
class Drawn:
    """A finished figure: its files are figures/NAME.{pdf,png,csv}; the caption is HTML."""

    name: str
    title: str
    caption: str
    alt: str
    png: bytes

    def columns(self):
        """"single" or "double": the journal width, from the pixels of the PNG's header."""
        return "double" if int.from_bytes(self.png[16:20], "big") > 200 * SINGLE + 20 else "single"

    def data_uri(self):
        return "data:image/png;base64," + base64.b64encode(self.png).decode("ascii")


def new_figure(width, height, rows=1, columns=1, **keywords):
    return plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **keywords)


def panel_label(axes, label):
    """Bold (a), (b), ... above the upper left corner of the axes."""
    axes.set_title(f"({label})", loc="left", fontweight="bold")


def write_csv(path, header, rows):
    """One header line with units in the names, then full-precision numbers; written beside and renamed."""
    temporary = path + ".part"
    with open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow([_cell(value) for value in row])
    os.replace(temporary, path)


def _cell(value):
    if value is None:
        return ""
    if isinstance(value, (str, int)):
        return value
    if hasattr(value, "dtype") and value.dtype.kind in "iub":
        return int(value)
    value = float(value)
    return "" if value != value else repr(value)


def write_pictures(base, figure):
    """base.png (200 dpi) and base.pdf of a figure: laid out once, drawn once for each. savefig() does both for each."""
    figure.dpi = 200
    if any(a.get_aspect() != "auto" for a in figure.axes):  # a colour bar fits the size that a first layout gives them
        figure.get_layout_engine().execute(figure)
    FigureCanvasAgg(figure).print_png(base + ".png.part")
    os.replace(base + ".png.part", base + ".png")
    figure.set_layout_engine("none")  # the PDF keeps the PNG's
    # Without a creation date, equal data give equal files.
    FigureCanvasPdf(figure).print_pdf(base + ".pdf.part", metadata={"CreationDate": None})
    os.replace(base + ".pdf.part", base + ".pdf")


def save(directory, name, figure, title, caption, alt, header, rows):
    """Write figures/NAME.pdf, .png (200 dpi) and .csv under `directory`; returns the Drawn record."""
    base = os.path.join(directory, "figures", name)
    write_pictures(base, figure)
    plt.close(figure)
    write_csv(base + ".csv", header, rows)
    with open(base + ".png", "rb") as stream:
        png = stream.read()
    return Drawn(name, title, caption, alt, png)


def remove_stale(directory, name):
    """Take away the files of a figure that can no longer be drawn, so that nothing old passes for new."""
    for suffix in (".pdf", ".png", ".csv"):
        try:
            os.remove(os.path.join(directory, "figures", name + suffix))
        except FileNotFoundError:
            pass
