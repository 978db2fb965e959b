"""The number a question asks for: a measure and the statistic of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.analysis import formats
from server.analysis.columns import Dimension, Measure, share_value
from server.analysis.evidence import Figure, Ledger
from server.analysis.hypothesis import member_name
from server.analysis.scope import Condition, Scalar, Scope, aggregate
from server.query.sql import literal


@dataclass(frozen=True)
class Quantity:
    """A number that can be asked of any rows; `sql` makes it of them."""

    sql: str
    name: str
    unit: str
    additive: bool
    measure: Measure  # whose rows it is made of
    counts: bool = False  # whether it is a whole number of things

    def of(self, scope: Scope, conditions: Sequence[Condition] = ()) -> Scalar:
        """The query of the number over the rows that meet the conditions."""
        return aggregate(scope, self.sql, conditions)

    @property
    def display(self) -> Callable[[float], str]:
        """How it is printed."""
        if self.counts:
            return formats.count
        return lambda value: formats.display(value, self.unit)

    def known(self, ledger: Ledger, label: str, scalar: Scalar, value: float) -> Figure:
        """The value of a query over many members, entered with the query of this one."""
        return ledger.known(label, scalar, value=value, unit=self.unit, display=self.display)


def quantity_of(measure: Measure, statistic: str = "") -> Quantity:
    """A measure by the statistic asked for; by its own when none was, or when the one asked for makes no sense."""
    value, label = measure.value, measure.label
    if measure.counts_rows:
        return Quantity("count(*)", label, "rows", True, measure, counts=True)
    if measure.is_share and statistic in {"count", "total"}:
        bare = label.removeprefix("share ")
        counted = f"count(*) filter (({value}) > 50)"
        return Quantity(counted, f"number {bare}", "rows", True, _flagged(measure, bare), counts=True)
    if measure.is_share or measure.aggregation == "ratio":
        return Quantity(measure.total, measure.name, measure.unit, False, measure)
    plain = {
        "total": (f"sum({value})", f"total {label}", True),
        "average": (f"avg({value})", measure.average_name, False),
        "median": (f"median({value})", f"median {label}", False),
        "highest": (f"max({value})", f"highest {label}", False),
        "lowest": (f"min({value})", f"lowest {label}", False),
    }
    sql, name, additive = plain.get(statistic, (measure.total, measure.name, measure.additive))
    return Quantity(sql, name, measure.unit, additive, measure)


def _flagged(measure: Measure, bare: str) -> Measure:
    """The number of rows whose flag is set, as a sum."""
    return Measure(
        measure.column, f"(case when ({measure.value}) > 50 then 1.0 end)", "sum", f"number {bare}", "rows"
    )


def distinct_of(dimension: Dimension) -> Quantity:
    """How many different values a column has."""
    label = formats.label(dimension.column)
    name = f"number of {_plural(label.removesuffix(' ID').removesuffix(' id'))}"
    counted = Measure(dimension.column, dimension.value, "distinct", name, "rows")
    return Quantity(f"count(distinct {dimension.value})", name, "rows", False, counted, counts=True)


def share_of(dimension: Dimension, member: str) -> Quantity:
    """The share of rows that belong to a member."""
    name = f"share with {dimension.label} {member_name(member)}"
    value = share_value(f"{dimension.value} = {literal(member)}", f"{dimension.value} is null")
    made = f"share({dimension.column} = '{member}')"
    measure = Measure(None, value, "average", name, "%", is_share=True, made=made, uses=(dimension.column,))
    return Quantity(measure.total, name, "%", False, measure)


def _plural(word: str) -> str:
    if word.endswith("s") or not word.isascii():
        return word
    return word[:-1] + "ies" if word.endswith("y") and word[-2:-1] not in set("aeiou") else f"{word}s"
