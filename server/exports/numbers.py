"""Numbers of a dashboard as they are printed; those of a report come printed, as evidence."""

from __future__ import annotations

import math

from server.exports.charts.ticks import MINUS, powers
from server.exports.charts.units import NO_BREAK, SYMBOLS

_SCALES = ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"))
_SCIENTIFIC_BELOW, _SCIENTIFIC_FROM = 1e-6, 1e15


def printed(value: float, unit: str) -> str:
    """The value with its unit at three significant digits or whole: "$1.24 million", "4.2 %", "38 days"."""
    if not math.isfinite(value):
        return "not a number"
    sign = MINUS if value < 0 else ""
    size = _size(abs(value))
    if unit in SYMBOLS:
        return f"{sign}{SYMBOLS[unit]}{size}"
    return f"{sign}{size}{NO_BREAK}{unit}" if unit and unit != "rows" else f"{sign}{size}"


def _size(size: float) -> str:
    if size and not _SCIENTIFIC_BELOW <= size < _SCIENTIFIC_FROM:
        return powers(size)
    for scale, word in _SCALES:
        if size >= scale * 0.999995:
            return f"{_digits(size / scale)}{NO_BREAK}{word}"
    return f"{round(size):,}" if size >= 1000 else _digits(size)


def _digits(size: float) -> str:
    if size == 0:
        return "0"
    text = f"{size:,.{max(0, 2 - math.floor(math.log10(size)))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
