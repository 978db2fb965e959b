"""Ticks of number and time axes, with their labels."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from claribi.v1 import insights_pb2 as pb

from server.exports.charts.units import affixes

MINUS = "−"
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))
# Below ten thousand a number is read faster in full ("4,200") than scaled ("4.2k").
_SCALED_FROM = 1e4
# A long narrow stretch of large numbers is told apart in full: 1,000,005, not 1.000005M.
MOST_SCALED_DECIMALS = 3
_SCIENTIFIC_BELOW, _SCIENTIFIC_FROM = 1e-4, 1e15
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    label: str


def nice_step(span: float, count: int) -> float:
    """The 1, 2, 2.5 or 5 times a power of ten that cuts `span` into about `count` parts."""
    raw = span / max(count, 1)
    power: float = 10.0 ** math.floor(math.log10(raw))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if raw <= power * factor * (1 + 1e-9))


@dataclass(frozen=True)
class Look:
    """How the numbers of an axis are written: divided by `scale`, with `decimals`, between `before` and `after`."""

    scale: float
    decimals: int
    before: str = ""
    after: str = ""
    scientific: bool = False

    def text(self, value: float) -> str:
        size = powers(abs(value)) if self.scientific else f"{abs(value) / self.scale:,.{self.decimals}f}"
        if value == 0 or not size.strip("0.,"):
            return f"{self.before}0{self.after if self.scale == 1 else ''}"
        return f"{MINUS if value < 0 else ''}{self.before}{size}{self.after}"

    @property
    def code(self) -> str:
        """The look as the format code of a spreadsheet: `"$"#,##0.0,,"M"`."""
        if self.scientific:
            return "0.##E+00"
        digits = "#,##0" + ("." + "0" * self.decimals if self.decimals else "")
        commas = "," * round(math.log10(self.scale) / 3)
        code = f"{quoted(self.before)}{digits}{commas}{quoted(self.after)}"
        return f'{code};"{MINUS}"{code}'


def quoted(text: str) -> str:
    """A text inside a format code of a spreadsheet."""
    return f'"{text}"' if text else ""


def powers(size: float) -> str:
    """A very small or very large number: 1.5×10⁻⁹."""
    mantissa, exponent = f"{size:.2e}".split("e")
    return f"{float(mantissa):g}×10{str(int(exponent)).translate(_RAISED)}"


@dataclass(frozen=True)
class NumberAxis:
    """Round places on an axis of numbers, how far they are apart, and the look of its numbers."""

    places: tuple[float, ...]
    step: float
    look: Look

    @property
    def ticks(self) -> list[Tick]:
        return [Tick(at, self.look.text(at)) for at in self.places]


def number_axis(low: float, high: float, count: int = 5, *, unit: str = "") -> NumberAxis:
    """A round axis from at most `low` to at least `high`, its numbers in the unit."""
    if not low < high:
        margin = abs(low) * 0.1 or 1.0
        low, high = low - margin, high + margin
    step = nice_step(high - low, count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = tuple(index * step for index in range(first, last + 1))
    return NumberAxis(places, step, _look(places, step, unit))


def number_ticks(low: float, high: float, count: int = 5, *, unit: str = "") -> list[Tick]:
    """Round ticks from at most `low` to at least `high`."""
    return number_axis(low, high, count, unit=unit).ticks


def _look(places: Sequence[float], step: float, unit: str) -> Look:
    """One scale and the same decimals for all: 0, 0.5M, 1.0M; "$0", "$20k"; "0", "2.5 %"."""
    before, after = affixes(unit) or ("", "")
    largest = max(map(abs, places))
    if not _SCIENTIFIC_BELOW <= largest < _SCIENTIFIC_FROM:
        return Look(1, 0, before, after, scientific=True)
    # A number that has a word of size in its unit already, such as billion, is not given a second one.
    scaled = () if unit == "%" or (before and after) else _SCALES
    scale, suffix = next(
        ((scale, suffix) for scale, suffix in scaled if largest >= max(scale, _SCALED_FROM)), (1, "")
    )
    decimals = _decimals(step / scale)
    if decimals > MOST_SCALED_DECIMALS:
        scale, suffix, decimals = 1, "", _decimals(step)
    return Look(scale, decimals, before, suffix + after)


def _decimals(step: float) -> int:
    """The decimals that tell ticks `step` apart."""
    return next((d for d in range(9) if math.isclose(round(step, d), step)), 9)


def moment(text: str) -> datetime | None:
    """The UTC moment an ISO 8601 text names (a year or a month alone too), or None."""
    padded = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        found = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _quarter(at: datetime) -> str:
    return f"Q{(at.month + 2) // 3} {at.year}"


def _day(at: datetime) -> str:
    return f"{at.day} {at:%b %Y}"


_LABELS: dict[pb.Grain, Callable[[datetime], str]] = {
    pb.GRAIN_HOUR: lambda at: f"{at.day} {at:%b %H:%M}",
    pb.GRAIN_DAY: _day,
    pb.GRAIN_WEEK: _day,
    pb.GRAIN_MONTH: lambda at: f"{at:%b %Y}",
    pb.GRAIN_QUARTER: _quarter,
    pb.GRAIN_YEAR: lambda at: f"{at.year}",
}


def time_label(at: datetime, grain: pb.Grain) -> str:
    """A moment in the words of its grain: "Q3 2025", "14 Feb 2026"."""
    return _LABELS.get(grain, _day)(at)


def _starts(moments: Sequence[datetime], part: Callable[[datetime], object]) -> list[datetime]:
    """The first moment of each stretch in which `part` is the same."""
    firsts: dict[object, datetime] = {}
    for at in moments:
        firsts.setdefault(part(at), at)
    return list(firsts.values())


def time_ticks(moments: Sequence[datetime], grain: pb.Grain, most: int = 8) -> list[tuple[datetime, str]]:
    """At most `most` of the moments with their labels, on round calendar places where there are enough."""
    ordered = sorted(set(moments))
    if len(ordered) <= most:
        return [(at, time_label(at, grain)) for at in ordered]
    years = [at for at in _starts(ordered, lambda at: at.year) if at.month == 1]
    if len(years) > most // 2:
        step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 1000) if len(years) / s <= most)
        return [(at, f"{at.year}") for at in years if at.year % step == 0]
    step = math.ceil(len(ordered) / most)
    coarse = _starts(ordered, lambda at: (at.year, at.month))
    if grain in (pb.GRAIN_HOUR, pb.GRAIN_DAY, pb.GRAIN_WEEK) and most // 2 <= len(coarse):
        stride = math.ceil(len(coarse) / most)
        return [(at, f"{at:%b %Y}") for at in coarse[::stride]]
    return [(at, time_label(at, grain)) for at in ordered[::step]]
