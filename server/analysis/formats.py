"""Numbers, columns and units as people write them."""

import math
import re
from collections.abc import Callable

Display = Callable[[float], str]

NO_BREAK = "\u00a0"  # keeps a number and its unit on one line
MINUS = "\u2212"
LABEL_CHARACTERS = 60
EXACT_COUNT_LIMIT = 1_000_000  # counts below are written out in full
CENTS_BELOW = 100.0  # amounts of money below show their cents
SCIENTIFIC_ABOVE = 1e15
SCIENTIFIC_BELOW = 1e-6

_SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_CODES = ("USD", "EUR", "GBP", "JPY", "INR", "CHF", "CAD", "AUD", "CNY", "SEK", "NOK", "DKK", "PLN", "BRL")
_DURATIONS = {
    "ms": "ms",
    "millis": "ms",
    "milliseconds": "ms",
    "sec": "s",
    "secs": "s",
    "seconds": "s",
    "min": "minutes",
    "mins": "minutes",
    "minutes": "minutes",
    "hours": "hours",
    "hrs": "hours",
    "days": "days",
}
# Units a column may be kept in: a value of 1,991 in billions is printed as `1,990 billion`.
_MULTIPLES = {
    "thousand": "thousand",
    "thousands": "thousand",
    "million": "million",
    "millions": "million",
    "mn": "million",
    "billion": "billion",
    "billions": "billion",
    "bn": "billion",
    "trillion": "trillion",
    "trillions": "trillion",
}
_INITIALS = frozenset(
    {"gdp", "cpi", "vat", "roi", "kpi", "nps", "sla", "mrr", "arr", "usa", "uk", "eu", "b2b", "b2c"}
)
_PERCENT_WORDS = frozenset({"pct", "percent", "percentage"})
_FRACTION_WORDS = frozenset({"rate", "ratio", "share", "pct", "percent", "percentage", "fraction"})
_NO_UNIT_SUFFIX = frozenset({"", "rows"})


def words(name: str) -> list[str]:
    """The lower-case words of a column name: `orderValue_usd` gives order, value, usd."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[\W_]+", spaced) if word]


def unit_of(name: str, *, low: float, high: float) -> str:
    """The unit a column's name and range leave no doubt about, else the empty string."""
    parts = words(name)
    multiple = next((_MULTIPLES[part] for part in parts[-2:] if part in _MULTIPLES), "")
    for code in _CODES:
        if code.lower() in parts:
            return f"{multiple} {code}".strip()
    if multiple and len(parts) > 1 and parts[-1] in _MULTIPLES:
        return multiple
    if parts and parts[-1] in _DURATIONS:
        return _DURATIONS[parts[-1]]
    if _PERCENT_WORDS & set(parts) and high > 1.0:
        return "%"
    if _FRACTION_WORDS & set(parts) and low >= 0.0 and high <= 1.0:
        return "%"
    return ""


def is_money(unit: str) -> bool:
    """Whether a unit is a currency, or a multiple of one."""
    return unit.rpartition(" ")[2] in _CODES


def is_fraction(unit: str, *, high: float) -> bool:
    """Whether a percentage is stored as a fraction of one."""
    return unit == "%" and high <= 1.0


def label(name: str, unit: str = "") -> str:
    """A name from the data on one short line; the unit it ends with is said by its numbers."""
    text = re.sub(r"[\s\x00-\x1f\x7f]+", " ", name).strip()
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", text):
        text = _spoken(text, unit)
    if len(text) > LABEL_CHARACTERS:
        text = text[: LABEL_CHARACTERS - 1].rstrip() + "…"
    return text or "(no name)"


def _spoken(text: str, unit: str) -> str:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text).replace("_", " ").split()
    while len(parts) > 1 and unit and _says(parts[-1].lower(), unit):
        parts = parts[:-1]
    return " ".join(_cased(part) for part in parts)


def _cased(word: str) -> str:
    if word.lower() in _INITIALS:
        return word.upper()
    return word if word.isupper() and len(word) <= 4 else word.lower()


def _says(word: str, unit: str) -> bool:
    """Whether a word of a name is (a part of) its unit."""
    if unit == "%":
        return word in _PERCENT_WORDS
    return (
        word.upper() in unit.split() or _DURATIONS.get(word) == unit or _MULTIPLES.get(word) in unit.split()
    )


def sentence_case(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def display(value: float, unit: str = "") -> str:
    """The value with its unit: `1.24 million`, `$12.40`, `4.2 %`, `38 minutes`."""
    if unit == "%":
        return _percent(value) + NO_BREAK + "%"
    if unit == "points":
        return _percent(value) + NO_BREAK + ("point" if _percent(abs(value)) == "1" else "points")
    multiple, _, code = unit.rpartition(" ")
    if is_money(unit):
        sign = MINUS if value < 0 else ""
        symbol = _SYMBOLS.get(code, code + NO_BREAK)
        size = f"{_whole(abs(value))}{NO_BREAK}{multiple}" if multiple else _money(abs(value))
        return sign + symbol + size
    if unit in _MULTIPLES:
        return (MINUS if value < 0 else "") + _whole(abs(value)) + NO_BREAK + unit
    suffix = "" if unit in _NO_UNIT_SUFFIX else NO_BREAK + unit
    return plain(value) + suffix


def magnitude(value: float, unit: str = "") -> str:
    """The size of a value, for sentences whose verb carries the sign."""
    return display(abs(value), unit)


def signed(value: float, unit: str = "") -> str:
    """The value with its sign, for cards."""
    text = display(abs(value), unit)
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if value > 0 else MINUS) + text


def count(value: float) -> str:
    """A number of things: `5,000`, `1.24 million`."""
    return f"{round(value):,}" if abs(value) < EXACT_COUNT_LIMIT else plain(value)


def plain(value: float) -> str:
    """The number at three significant digits; from a million on with a word for its scale."""
    if not math.isfinite(value):
        return "not a number"
    sign = MINUS if value < 0 else ""
    size = abs(value)
    if size != 0.0 and (size >= SCIENTIFIC_ABOVE or size < SCIENTIFIC_BELOW):
        return sign + _scientific(size)
    for scale, word in _SCALES:
        if _rounded(size) >= scale:
            return sign + _three_digits(_rounded(size) / scale) + NO_BREAK + word
    text = _whole(size)
    return sign + text if text != "0" else text


def _rounded(size: float) -> float:
    """The size at three significant digits."""
    return float(f"{size:.3g}")


def _whole(size: float) -> str:
    """Three significant digits without a word for the scale: `144,000`, `12.3`."""
    size = _rounded(size)
    return f"{size:,.0f}" if size >= 1000 else _three_digits(size)


def _three_digits(size: float) -> str:
    if size == 0.0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(size)))
    text = f"{size:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _scientific(size: float) -> str:
    mantissa, exponent = f"{size:.2e}".split("e")
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.rstrip('0').rstrip('.')}×10{raised}"


def _money(size: float) -> str:
    return f"{size:,.2f}" if 0.01 <= round(size, 2) < CENTS_BELOW else plain(size)


def _percent(value: float) -> str:
    size = abs(value)
    text = f"{size:,.0f}" if size >= 10 else f"{size:.1f}" if size >= 0.1 else f"{size:.2f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return MINUS + text if value < 0 and text != "0" else text
