"""Two sides of a table as a sentence tells them: the number of each, and how far apart they are."""

from dataclasses import dataclass

from server.analysis import formats
from server.analysis.evidence import Figure, Ledger, NoValue
from server.analysis.scope import Scalar, difference, percent_change


@dataclass(frozen=True)
class Side:
    """What a number of one side is called, and its query."""

    label: str
    value: Scalar


Told = tuple[Figure, Figure, Figure | None]


def told_sides(ledger: Ledger, own: Side, rest: Side, *, apart: str, unit: str, higher: bool) -> Told:
    """Both numbers and their distance, of percentages in points, else in percent of the rest.

    Raises NoValue where both print alike, or where they lie the other way round than the test found: ranks may go up
    where medians go down.
    """
    points = unit == "%"
    printed = tuple(ledger.number(side.label, side.value, unit=unit) for side in (own, rest))
    if printed[0].display == printed[1].display:
        raise NoValue(f"{own.label} and {rest.label} are the same")
    if (printed[0].value > printed[1].value) != higher:
        raise NoValue(f"{own.label} and {rest.label} lie the other way round than their test says")
    distance = difference(own.value, rest.value) if points else percent_change(own.value, rest.value)
    distance_unit = "points" if points else "%"
    return (
        printed[0],
        printed[1],
        ledger.number_or_none(
            apart,
            distance,
            unit=distance_unit,
            display=lambda value: formats.magnitude(value, distance_unit),
        ),
    )
