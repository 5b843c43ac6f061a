"""Numbers and quantities as the captions and tables print them (HTML text, no markup from outside)."""

import html
import math
import re


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
