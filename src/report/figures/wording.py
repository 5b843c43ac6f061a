"""Numbers and quantities as the captions and tables print them (HTML text, no markup from outside)."""

import html
import math
import re

LONGEST = 10  # letters of a property's name in figures
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def number(value, digits=3):
    """`digits` significant digits, or an en dash for nothing."""
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    return f"{value:.{digits}g}"


def fixed(value, decimals=3):
    """A fixed number of decimals with a true minus sign, or an en dash for nothing."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:.{decimals}f}".replace("-", "\u2212")


def with_error(value, error):
    """value ± error, with a decimal only where the error is small enough to make it mean something."""
    decimals = 0 if error >= 2 else 1
    return f"{value:.{decimals}f} ± {error:.{decimals}f}"


def rate_text(rate):
    """1e10 K/s as 10^10 K/s in HTML."""
    if rate is None:
        return "unknown rate"
    exponent = math.floor(math.log10(rate)) if rate > 0 else 0
    mantissa = rate / 10**exponent if rate > 0 else 0
    power = f"10<sup>{exponent}</sup> K/s"
    return power if abs(mantissa - 1) < 1e-9 else f"{mantissa:.3g} × {power}"


def rate_label(rate):
    """The same for a matplotlib legend."""
    if rate is None:
        return "unknown rate"
    exponent = math.floor(math.log10(rate)) if rate > 0 else 0
    mantissa = rate / 10**exponent if rate > 0 else 0
    factor = "" if abs(mantissa - 1) < 1e-9 else f"{mantissa:.3g}{{\\times}}"
    return f"${factor}10^{{{exponent}}}$ K/s"


class Property:
    """
    What the networks learn and predict of an atom, by its name and unit in the files, as texts call it.

    Texts are HTML, those named math_ are for matplotlib, and names with it stand between dollars. In units A is the
    angstrom; the unit "1" of a plain number is not named.
    """

    def __init__(self, name="stiffness", unit="eV/A^2"):
        if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name):
            raise ValueError(f"{name!r} is no name of a property")
        self.name, self.is_stiffness = name, name == "stiffness"
        self.symbol, self.key = self.pick(("K", "<name>")), self.pick(("k", "<name>"))
        shown = name if len(name) <= LONGEST else name[:LONGEST - 1] + "…"
        self.math = "K" if self.is_stiffness else "\\mathrm{" + shown.replace("_", "\\_") + "}"
        self.real, self.pre = (f"{self.symbol}<sub>{which}</sub>" for which in ("real", "pre"))
        self.math_real, self.math_pre = (f"{self.math}_\\mathrm{{{which}}}" for which in ("real", "pre"))
        self.of = self.pick(("", " of <name>"))  # the stiffness is what all is about where nothing is said
        self.highest, self.lowest = self.pick(("stiffest", "highest")), self.pick(("softest", "lowest"))
        unit = "" if unit == "1" else re.sub(r"\bA\b", "Å", unit)
        self.unit = re.sub(r"\^(-?\d+)", lambda power: power[1].translate(RAISED), escape(unit))
        self.math_unit = re.sub(r"\^(-?\d+)", r"$^{\1}$", unit.replace("$", "\\$"))
        self.suffix, self.math_suffix = (f" {u}" if u else "" for u in (self.unit, self.math_unit))
        self._column = "".join(re.findall("[A-Za-z0-9_]", unit.replace("Å", "A").replace("/", "_per_")))

    def pick(self, text):
        """`text`, or that of a pair: for the stiffness, for another property; <name> stands for the name."""
        return (text if isinstance(text, str) else text[not self.is_stiffness]).replace("<name>", self.name)

    def head(self, text):
        """With the unit, for a head of a table."""
        return f"{text} ({self.unit})" if self.unit else text

    def math_head(self, text):
        """With the unit, for an axis."""
        return f"{text} ({self.math_unit})" if self.math_unit else text

    def column(self, name):
        """With the unit, for the header of a CSV file."""
        return f"{name}_{self._column}" if self._column else name


def plural(count, word):
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def escape(value):
    return html.escape(str(value), quote=True)


def listing(items):
    items = list(items)
    if len(items) <= 1:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


def plain(text):
    """HTML of a caption or cell as plain text."""
    text = re.sub(r"<sup>(.*?)</sup>", r"^\1", text)
    text = re.sub(r"<sub>(.*?)</sub>", r"_\1", text)
    return html.unescape(re.sub(r"<[^>]*>", "", text))
