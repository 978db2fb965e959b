"""Which columns of a table are worth asking about, and how each is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.roles import word_set
from server.query.sql import quote

WORD = "contains("  # begins the expression of a word in a text
DURATION = "duration("  # that of the time between two columns
RANGE = "bin("  # and that of the range a number lies in
MEASURE_BUDGET = 12
DIMENSION_BUDGET = 10
MEMBER_LIMIT = 50  # more members than this cannot be compared one with another on a page
RANKED_MEMBER_LIMIT = 20_000  # beyond, even concentration is not looked for
RANKED_DIMENSION_BUDGET = 3
ROWS_PER_ENTITY_FLOOR = 2.0

_NUMERIC = (data_sources.COLUMN_TYPE_INTEGER, data_sources.COLUMN_TYPE_NUMBER)
_MOMENTS = (data_sources.COLUMN_TYPE_DATE, data_sources.COLUMN_TYPE_TIMESTAMP)
_AVERAGED = word_set(
    "price rate ratio score rating temperature temp age avg average mean median index percent pct percentage share "
    "latency duration days hours minutes seconds secs ms level balance speed height humidity pressure probability "
    "satisfaction nps interest unemployment inflation cpi fraction grade density concentration voltage"
)
_MAIN_TIME_WORDS = (
    "order",
    "date",
    "day",
    "month",
    "week",
    "period",
    "time",
    "timestamp",
    "created",
    "opened",
)
_SIDE_TIME_WORDS = word_set("updated modified birth born deleted expires expiry due loaded ingested")
# A row belongs to when something began: by its end the last days would hold what took long, and nothing that is open.
_END_TIME_WORDS = word_set(
    "end ended finish finished close closed completed resolved shipped delivered discharged returned cancelled until"
)
END_PENALTY = 0.5  # as much as half the moments missing


@dataclass(frozen=True)
class Measure:
    """A number per row, and how rows become one; `value` is SQL of a numeric type."""

    column: str | None
    value: str
    aggregation: str  # sum, average, count or ratio
    label: str
    unit: str = ""
    level: bool = False  # one value a period: neither a total nor a mean of anything
    is_share: bool = False  # rows are true (100) or false (0), so that the mean is a share in percent
    made: str = ""  # how a derived measure is made of columns: `duration(opened_at, closed_at)`
    uses: tuple[str, ...] = ()  # the columns a derived measure is made of
    is_cut: bool = False  # rows whose value is not known yet for being recent are left out
    parts: tuple[str, str] = ("", "")  # of a ratio: SQL per row of its numerator and of its denominator

    @property
    def total(self) -> str:
        """The SQL that makes one number of rows."""
        if self.aggregation == "count":
            return "count(*)"
        if self.aggregation == "ratio":
            return f"sum({self.parts[0]}) / nullif(sum({self.parts[1]}), 0)"
        return f"sum({self.value})" if self.aggregation == "sum" else f"avg({self.value})"

    @property
    def cells(self) -> tuple[str, str, str]:
        """The SQL of observations, total and variance over rows; total over observations is the mean or the ratio."""
        if self.aggregation == "ratio":
            return f"sum({self.parts[1]})", f"sum({self.parts[0]})", f"var_samp({self.value})"
        return f"count({self.value})", f"sum({self.value})", f"var_samp({self.value})"

    @property
    def expression(self) -> str:
        """How the measure is made, for people and callers."""
        if self.counts_rows:
            return "count(*)"
        return self.made or f"{self.aggregation}({self.column})"

    @property
    def counts_rows(self) -> bool:
        """Whether it is the number of rows."""
        return self.aggregation == "count"

    @property
    def is_word(self) -> bool:
        """Whether it is the share of texts that hold a word."""
        return self.made.startswith(WORD)

    @property
    def is_duration(self) -> bool:
        """Whether it is the time from the first of its columns to the second."""
        return self.made.startswith(DURATION)

    @property
    def additive(self) -> bool:
        """Whether parts add up to the whole."""
        return self.aggregation in {"sum", "count"}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the source it stands on."""
        return self.uses or ((self.column,) if self.column else ())

    @property
    def name(self) -> str:
        """What the measure is called in a sentence."""
        return self.average_name if not self.additive and not self.level else self.label

    @property
    def average_name(self) -> str:
        """What the mean over rows is called."""
        told = self.is_share or self.aggregation == "ratio" or "average" in self.label
        return self.label if told else f"average {self.label}"


@dataclass(frozen=True)
class Dimension:
    """A category to group by; `value` is SQL of type VARCHAR."""

    column: str
    value: str
    label: str
    distinct: int
    made: str = ""  # how a derived one is made of its column: `weekday(opened_at)`
    is_calendar: bool = False  # a day of the week, a month or an hour
    edges: tuple[float, ...] = ()  # of fine ranges of a number, from which a run is chosen and told

    @property
    def is_word(self) -> bool:
        """Whether it tells texts that hold a word from those that do not."""
        return self.made.startswith(WORD)

    @property
    def is_range(self) -> bool:
        """Whether it tells numbers by the range they lie in."""
        return self.made.startswith(RANGE)


@dataclass(frozen=True)
class TimeColumn:
    """The moment a row belongs to; `value` is SQL of type TIMESTAMP."""

    column: str
    value: str
    label: str


@dataclass(frozen=True)
class Plan:
    """What of a table is analysed; `left_out` counts columns beyond the budget.

    `price` says of each column that was picked by the data how many it was picked among, by name.
    """

    time: TimeColumn | None
    measures: tuple[Measure, ...]
    dimensions: tuple[Dimension, ...]
    ranked: tuple[Dimension, ...]  # many members: only who holds how much is asked
    entity: Dimension | None
    left_out: int
    unripe: tuple[str, ...] = ()  # columns whose state comes with age: what is recent has not come to it yet
    cuts: tuple[
        Dimension, ...
    ] = ()  # derived: calendars, bins and flags, by which means and rates are compared
    price: Mapping[str, float] = field(default_factory=dict)


def plan_table(table: data_sources.DataTable, asked: Callable[[str], bool]) -> Plan:
    """The plan for a profiled table, the first columns within the budget; those that `asked` names come first."""
    plan = whole_plan(table, asked)
    left_out = max(0, len(plan.measures) - MEASURE_BUDGET) + max(0, len(plan.dimensions) - DIMENSION_BUDGET)
    return replace(
        plan,
        measures=plan.measures[:MEASURE_BUDGET],
        dimensions=plan.dimensions[:DIMENSION_BUDGET],
        left_out=left_out,
    )


def whole_plan(table: data_sources.DataTable, asked: Callable[[str], bool]) -> Plan:
    """The plan for a profiled table, however wide; columns that `asked` names come first."""
    usable = [column for column in table.columns if _varies(column, table.rows)]
    usable.sort(key=lambda column: not asked(column.name))
    measures = [measure for column in usable if (measure := _measure(column)) is not None]
    grouping = [column for column in usable if _groups(column)]
    dimensions = [_dimension(column) for column in grouping if column.distinct <= MEMBER_LIMIT]
    ranked = [
        _dimension(column)
        for column in usable
        if _ranks(column, table.rows) or (asked(column.name) and _identifies_few(column, table.rows))
    ]
    return Plan(
        time=_main_time(table),
        measures=tuple(measures),
        dimensions=tuple(dimensions),
        ranked=tuple(ranked[:RANKED_DIMENSION_BUDGET]),
        entity=_entity(usable, table.rows),
        left_out=0,
    )


def row_count(table_name: str) -> Measure:
    """The measure that counts rows, named after the table when its name is a plural word."""
    name = formats.label(table_name)
    plural = name.isascii() and name.replace(" ", "").isalpha() and name.endswith("s")
    return Measure(None, "1.0", "count", f"number of {name}" if plural else "number of rows", "rows")


def _varies(column: data_sources.DataColumn, rows: int) -> bool:
    return column.nulls < rows and column.distinct > 1


def _measure(column: data_sources.DataColumn) -> Measure | None:
    name = quote(column.name)
    if column.type == data_sources.COLUMN_TYPE_BOOLEAN:
        return Measure(
            column.name,
            share_value(name, f"{name} is null"),
            "average",
            f"share {_flag_label(column.name)}",
            "%",
            is_share=True,
            made=f"share({column.name})",
        )
    if column.role != data_sources.COLUMN_ROLE_MEASURE or column.type not in _NUMERIC:
        return None
    low, high = _bound(column.min), _bound(column.max)
    unit = formats.unit_of(column.name, low=low, high=high)
    value = f"(100.0 * {name})" if formats.is_fraction(unit, high=high) else name
    averaged = unit == "%" or bool(_AVERAGED & set(formats.words(column.name)))
    return Measure(
        column.name, value, "average" if averaged else "sum", formats.label(column.name, unit), unit
    )


def share_value(condition: str, unknown: str) -> str:
    """SQL that is 100 where the condition holds, 0 where it does not, and NULL where nothing is known."""
    return f"case when {unknown} then null when {condition} then 100.0 else 0.0 end"


def _flag_label(name: str) -> str:
    parts = formats.label(name).split(" ")
    if len(parts) > 1 and parts[0] in {"is", "was"}:
        return " ".join(parts[1:])
    return " ".join(["with", *parts[1:]] if len(parts) > 1 and parts[0] == "has" else parts)


def _bound(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _groups(column: data_sources.DataColumn) -> bool:
    boolean = column.type == data_sources.COLUMN_TYPE_BOOLEAN
    return column.role == data_sources.COLUMN_ROLE_DIMENSION or boolean


def _ranks(column: data_sources.DataColumn, rows: int) -> bool:
    """Whether a column names many things that each may hold a share of a total."""
    named = column.role in (data_sources.COLUMN_ROLE_DIMENSION, data_sources.COLUMN_ROLE_IDENTIFIER)
    many = MEMBER_LIMIT < column.distinct <= RANKED_MEMBER_LIMIT
    return named and many and rows >= ROWS_PER_ENTITY_FLOOR * column.distinct


def _identifies_few(column: data_sources.DataColumn, rows: int) -> bool:
    """Whether a column holds the keys of few things, which nobody reads but who asks for them: the product sold."""
    few = column.role == data_sources.COLUMN_ROLE_IDENTIFIER and column.distinct <= MEMBER_LIMIT
    return few and rows >= ROWS_PER_ENTITY_FLOOR * column.distinct


def _dimension(column: data_sources.DataColumn) -> Dimension:
    name = quote(column.name)
    value = name if column.type == data_sources.COLUMN_TYPE_TEXT else f"cast({name} as varchar)"
    return Dimension(column.name, value, formats.label(column.name), column.distinct)


def _entity(columns: Sequence[data_sources.DataColumn], rows: int) -> Dimension | None:
    """The column whose values stand in many rows each, so that rows are not independent."""
    for column in columns:
        identifies = column.role == data_sources.COLUMN_ROLE_IDENTIFIER
        if identifies and column.distinct >= 10 and rows >= ROWS_PER_ENTITY_FLOOR * column.distinct:
            return _dimension(column)
    return None


def _main_time(table: data_sources.DataTable) -> TimeColumn | None:
    moments = [
        column
        for column in table.columns
        if column.type in _MOMENTS and column.distinct > 1 and column.nulls < table.rows
    ]
    if not moments:
        return _calendar_columns(table)
    best = min(moments, key=lambda column: _time_penalty(column, table.rows))
    return TimeColumn(best.name, f"cast({quote(best.name)} as timestamp)", formats.label(best.name))


def _time_penalty(column: data_sources.DataColumn, rows: int) -> tuple[float, int]:
    parts = formats.words(column.name)
    missing = column.nulls / max(rows, 1)
    side = 1.0 if _SIDE_TIME_WORDS & set(parts) else END_PENALTY if _END_TIME_WORDS & set(parts) else 0.0
    named = next((rank for rank, word in enumerate(_MAIN_TIME_WORDS) if word in parts), len(_MAIN_TIME_WORDS))
    return (round(missing + side, 2), named)


def _calendar_columns(table: data_sources.DataTable) -> TimeColumn | None:
    """Moments spelt as whole numbers: a year, with its month or quarter when there is one."""
    whole = {
        column.name.lower(): column
        for column in table.columns
        if column.type in _NUMERIC and not column.nulls and column.distinct > 1
    }
    year = whole.get("year")
    if year is None or not 1 <= _bound(year.min) <= _bound(year.max) <= 9999:
        return None
    month = "1"
    for name, step in (("quarter", 3), ("month", 1)):
        part = whole.get(name)
        if part is not None and _bound(part.min) >= 1 and _bound(part.max) * step <= 12:
            month = f"(cast({quote(part.name)} as bigint) - 1) * {step} + 1"
    value = f"cast(make_date(cast({quote(year.name)} as bigint), {month}, 1) as timestamp)"
    return TimeColumn(year.name, value, formats.label(year.name))
