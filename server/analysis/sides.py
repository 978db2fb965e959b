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


def told_sides(ledger: Ledger, own: Side, rest: Side, *, apart: str, unit: str) -> Told:
    """Both numbers and their distance, of percentages in points, else in percent of the rest.

    Raises NoValue where both print alike.
    """
    points = unit == "%"
    printed = tuple(ledger.number(side.label, side.value, unit=unit) for side in (own, rest))
    if printed[0].display == printed[1].display:
        raise NoValue(f"{own.label} and {rest.label} are the same")
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
