"""How a unit stands beside the numbers of an axis."""

from __future__ import annotations

NO_BREAK = "\u00a0"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
_MULTIPLES = {"thousand": "k", "million": "M", "billion": "bn", "trillion": "tn"}


def affixes(unit: str) -> tuple[str, str] | None:
    """What stands before and after a number of the unit: ("$", ""), ("", " %"), ("$", " bn").

    None where the unit is said once, in the title of the axis, rather than on each number.
    """
    multiple, _, code = unit.rpartition(" ")
    if unit == "%":
        return "", f"{NO_BREAK}%"
    if code in SYMBOLS and not multiple:
        return SYMBOLS[code], ""
    if code in SYMBOLS and multiple in _MULTIPLES:
        return SYMBOLS[code], NO_BREAK + _MULTIPLES[multiple]
    return None
