"""Answers that are a table: a quantity by the members of a dimension, or by period, in order of size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from server.analysis import formats
from server.analysis.answers.values import over
from server.analysis.answers.wording import Answer, Cell, Table, cell, edges, place, plainly, subject
from server.analysis.asking.quantity import Quantity
from server.analysis.asking.reading import Reading
from server.analysis.asking.times import WEEKDAYS
from server.analysis.evidence import Figure, Ledger, Name, Part, Text
from server.analysis.facts import complete_starts
from server.analysis.hypothesis import member_name
from server.analysis.periods import one_period
from server.analysis.scope import Condition, percent_of, scalar, within

SHOWN = 12  # rows of a table; the rest are told together
PERIODS_SHOWN = 24
LEAST_RANKED = 5  # rows a member needs for its average to be ranked


@dataclass(frozen=True)
class Row:
    """One row before it is printed: its names, the rows of data it stands for, its values and how many rows."""

    names: tuple[str, ...]
    conditions: tuple[Condition, ...]
    values: tuple[float | None, ...]
    rows: int


def breakdown(reading: Reading, ledger: Ledger) -> Answer:
    """The quantities by the dimensions or the grain asked for."""
    rows = read_rows(reading)
    if not rows:
        lead = ledger.say(
            "There are no rows to take {0} from.", subject(reading, reading.quantity, reading.period)
        )
        return Answer(lead, tuple(edges(reading, ledger)))
    if reading.grain and not reading.by:
        kept = rows[-PERIODS_SHOWN:]
        notes = edges(reading, ledger)
        if len(kept) < len(rows):
            notes.append(
                ledger.say("The table begins with {0}; what lies before is left out.", _named(kept[0]))
            )
        return Answer(_through_time(reading, kept, ledger), tuple(notes), _table(reading, kept, ledger))
    ordered = _ordered(reading, rows)
    calendar = any(dimension.is_calendar for dimension in reading.by)
    kept = ordered[: PERIODS_SHOWN if calendar else max(SHOWN, reading.limit)]
    table = _table(reading, kept, ledger, rest=ordered[len(kept) :], total=True)
    return Answer(_leading(reading, _by_size(ordered), ledger), tuple(edges(reading, ledger)), table)


def ranking(reading: Reading, ledger: Ledger) -> Answer:
    """The first so many, or the last; of periods only those that are whole."""
    if not reading.by and not reading.grain:
        name = subject(reading, reading.quantity, reading.period)
        return Answer(ledger.say("No category of the data says whose {0} to rank.", name))
    rows = read_rows(reading)
    timeline = reading.facts.timeline
    if reading.grain and not reading.by and timeline is not None:
        starts = complete_starts(timeline, reading.grain, reading.facts.now)
        whole = {one_period(start, reading.grain).name for start in starts}
        rows = [row for row in rows if row.names[0] in whole]
    quantity = reading.quantity
    if not quantity.additive and sum(row.rows >= LEAST_RANKED for row in rows) >= max(reading.limit, 2):
        rows = [row for row in rows if row.rows >= LEAST_RANKED]
    ordered = _by_size(rows, lowest=reading.lowest)
    if not ordered:
        return breakdown(reading, ledger)
    kept = ordered[: reading.limit]
    return Answer(
        _ranked(reading, kept, ledger), tuple(edges(reading, ledger)), _table(reading, kept, ledger)
    )


def read_rows(reading: Reading) -> list[Row]:
    """Every member (or combination, or period) with its values: one query."""
    scope = reading.facts.scope
    keys = [dimension.value for dimension in reading.by]
    by_time = bool(reading.grain) and scope.time is not None and not reading.by
    if by_time and scope.time is not None:
        keys = [f"date_trunc('{reading.grain}', {scope.time.value})"]
    cells = [quantity.sql for quantity in reading.quantities]
    group = ", ".join(str(place + 1) for place in range(len(keys)))
    conditions = reading.during(reading.period)
    if by_time:
        conditions.append(Condition(f"{keys[0]} is not null"))
    statement = scope.select([*keys, *cells, "count(*)"], conditions, group=group, order=group)
    return [_row(reading, raw, len(keys), by_time=by_time) for raw in scope.fetch(statement)]


def _row(reading: Reading, raw: tuple[Any, ...], keys: int, *, by_time: bool) -> Row:
    values = tuple(None if cell is None else float(cell) for cell in raw[keys:-1])
    if by_time:
        span = one_period(_moment(raw[0]), reading.grain)
        return Row((span.name,), (within(reading.facts.scope, span),), values, int(raw[-1]))
    names, conditions = [], []
    for dimension, member in zip(reading.by, raw[:keys], strict=True):
        names.append(member_name(str(member)) if member is not None else place(None, dimension.label))
        known = Condition(f"{dimension.value} = ?", (str(member),))
        conditions.append(known if member is not None else Condition(f"{dimension.value} is null"))
    return Row(tuple(names), tuple(conditions), values, int(raw[-1]))


def _moment(value: Any) -> datetime:
    return (
        value.replace(tzinfo=None)
        if isinstance(value, datetime)
        else datetime(value.year, value.month, value.day)
    )


def _by_size(rows: Sequence[Row], *, lowest: bool = False) -> list[Row]:
    known = [row for row in rows if row.values[0] is not None]
    return sorted(known, key=lambda row: ((row.values[0] or 0.0) * (1 if lowest else -1), row.names))


def _ordered(reading: Reading, rows: Sequence[Row]) -> list[Row]:
    """Largest first; days of the week, months and hours in the order of the calendar."""
    if len(reading.by) == 1 and reading.by[0].is_calendar:
        order = {name: i for i, name in enumerate((*WEEKDAYS, *(f"{m}" for m in _month_names())))}
        return sorted(rows, key=lambda row: (order.get(row.names[0], len(order)), row.names))
    return _by_size(rows)


def _month_names() -> list[str]:
    return [datetime(2000, month, 1).strftime("%B") for month in range(1, 13)]


def _figure(reading: Reading, quantity: Quantity, row: Row, value: float, ledger: Ledger) -> Figure:
    query = over(reading, quantity, [*reading.conditions, *row.conditions])
    when = f", {reading.period.name}" if reading.period is not None and not reading.grain else ""
    return quantity.known(ledger, f"{quantity.name}, {', '.join(row.names)}{when}", query, value)


def _cell(reading: Reading, at: int, row: Row, ledger: Ledger) -> Cell:
    value = row.values[at]
    return Text("none") if value is None else _figure(reading, reading.quantities[at], row, value, ledger)


def _table(
    reading: Reading, rows: Sequence[Row], ledger: Ledger, *, rest: Sequence[Row] = (), total: bool = False
) -> Table:
    """The rows, those not shown together, and the whole; shares where parts add up, rows where they do not."""
    heads = [formats.sentence_case(d.label) for d in reading.by] or [formats.sentence_case(reading.grain)]
    shares = total and len(reading.quantities) == 1 and reading.quantity.additive
    counted = not reading.quantity.additive and not reading.quantity.counts
    whole = sum(row.values[0] or 0.0 for row in (*rows, *rest))
    lines: list[tuple[Cell, ...]] = []
    for row in rows:
        line: list[Cell] = [cell(name, ledger) for name in row.names]
        line += [_cell(reading, at, row, ledger) for at in range(len(reading.quantities))]
        if shares and whole > 0:
            line.append(_share(reading, row, whole, ledger))
        if counted:
            line.append(_count(reading, row, ledger))
        lines.append(tuple(line))
    if total:
        lines += _ends(reading, rest, ledger, width=len(heads), shares=shares and whole > 0, counted=counted)
    names = [formats.sentence_case(quantity.name) for quantity in reading.quantities]
    more = ["Share"] * (shares and whole > 0) + ["Rows"] * counted
    return Table((*heads, *names, *more), tuple(lines))


def _share(reading: Reading, row: Row, whole: float, ledger: Ledger) -> Figure:
    part = over(reading, reading.quantity, [*reading.conditions, *row.conditions])
    all_of_it = over(reading, reading.quantity, reading.conditions)
    value = 100.0 * (row.values[0] or 0.0) / whole
    return ledger.known(
        f"share of {', '.join(row.names)}", percent_of(part, all_of_it), value=value, unit="%"
    )


def _count(reading: Reading, row: Row, ledger: Ledger) -> Figure:
    scope = reading.facts.scope
    conditions = [*reading.during(reading.period), *row.conditions]
    query = scalar(scope, scope.select(["count(*)"], conditions))
    return ledger.known(
        f"rows, {', '.join(row.names)}", query, value=float(row.rows), unit="rows", display=formats.count
    )


def _ends(
    reading: Reading, rest: Sequence[Row], ledger: Ledger, *, width: int, shares: bool, counted: bool
) -> list[tuple[Cell, ...]]:
    """The line of the rows that are not shown, where parts add up, and that of all rows."""
    lines: list[tuple[Cell, ...]] = []
    pad = [Text("")] * (width - 1)
    after = [Text("")] * (shares + counted)
    if rest and reading.quantity.additive and len(reading.by) == 1:
        lines.append((Text("All others"), *pad, *_others(reading, rest, ledger), *after))
    totals: list[Cell] = []
    for quantity in reading.quantities:
        query = over(reading, quantity, reading.conditions)
        found = ledger.number_or_none(
            f"{quantity.name}, all", query, unit=quantity.unit, display=quantity.display
        )
        totals.append(found or Text("none"))
    return [*lines, (Text("All"), *pad, *totals, *after)]


def _others(reading: Reading, rest: Sequence[Row], ledger: Ledger) -> list[Cell]:
    """Each quantity over all rows that are not shown."""
    sql = " or ".join(f"({condition.sql})" for row in rest for condition in row.conditions)
    params = tuple(value for row in rest for condition in row.conditions for value in condition.params)
    cells: list[Cell] = []
    for quantity in reading.quantities:
        query = over(reading, quantity, [*reading.conditions, Condition(f"({sql})", params)])
        found = ledger.number_or_none(
            f"{quantity.name}, all others", query, unit=quantity.unit, display=quantity.display
        )
        cells.append(found or Text("none"))
    return cells


def _named(row: Row) -> Name:
    return Name(", ".join(row.names))


def _leading(reading: Reading, ordered: Sequence[Row], ledger: Ledger) -> Text:
    """Who comes first, who last."""
    if not ordered:
        return ledger.say(
            "There is nothing to compare in {0}.", subject(reading, reading.quantity, reading.period)
        )
    name = subject(reading, reading.quantity, reading.period)
    first, last = ordered[0], ordered[-1]
    top = _figure(reading, reading.quantity, first, first.values[0] or 0.0, ledger)
    if first is last:
        return ledger.say("All of {0} is that of {1}: {2}.", name, _named(first), top)
    low = _figure(reading, reading.quantity, last, last.values[0] or 0.0, ledger)
    if top.display == low.display:
        return ledger.say(
            "{0} is much the same all over: {1} as printed, highest for {2}.", name, top, _named(first)
        )
    if reading.quantity.additive:
        share = _share(reading, first, sum(row.values[0] or 0.0 for row in ordered) or 1.0, ledger)
        template = "Of {0}, {1} has most with {2} ({3} of it) and {4} least with {5}."
        return ledger.say(template, name, _named(first), top, share, _named(last), low)
    return ledger.say(
        "{0} is highest for {1} at {2} and lowest for {3} at {4}.",
        name,
        _named(first),
        top,
        _named(last),
        low,
    )


def _ranked(reading: Reading, kept: Sequence[Row], ledger: Ledger) -> Text:
    """The first by name, with the two that follow."""
    name = plainly(reading, reading.quantity, reading.period)
    figures = [_figure(reading, reading.quantity, row, row.values[0] or 0.0, ledger) for row in kept[:3]]
    parts: list[Part] = [_named(kept[0]), name, figures[0]]
    following = list(zip(kept[1:3], figures[1:3], strict=True))
    told = [f"{{{3 + 2 * i}}} ({{{4 + 2 * i}}})" for i in range(len(following))]
    for row, figure in following:
        parts += [_named(row), figure]
    if reading.lowest:
        tail = f"; next come{'s' * (len(told) == 1)} {' and '.join(told)}" if told else ""
        return ledger.say(f"{{0}} has the lowest {{1}}, {{2}}{tail}.", *parts)
    tail = f", ahead of {' and '.join(told)}" if told else ""
    return ledger.say(f"{{0}} has the highest {{1}}, {{2}}{tail}.", *parts)


def _through_time(reading: Reading, rows: Sequence[Row], ledger: Ledger) -> Text:
    """The first and the last period, and the highest."""
    known = [row for row in rows if row.values[0] is not None]
    if not known:
        return ledger.say("There is nothing to follow in {0}.", subject(reading, reading.quantity))
    first, last, high = known[0], known[-1], _by_size(known)[0]
    one, two, top = (
        _figure(reading, reading.quantity, row, row.values[0] or 0.0, ledger) for row in (first, last, high)
    )
    name = subject(reading, reading.quantity)
    if high in (first, last):
        return ledger.say(
            "{0} went from {1} ({2}) to {3} ({4}).", name, one, _named(first), two, _named(last)
        )
    template = "{0} went from {1} ({2}) to {3} ({4}), with its highest value, {5}, in between ({6})."
    return ledger.say(template, name, one, _named(first), two, _named(last), top, _named(high))
