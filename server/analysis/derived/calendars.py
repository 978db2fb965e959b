"""Days of the week, months and hours of the moments of a table."""

from collections.abc import Callable

from claribi.v1 import data_sources_pb2 as data_sources

from server.analysis import formats
from server.analysis.columns import Dimension, TimeColumn
from server.analysis.scope import Scope

WEEKS = 4  # the moments must span so many weeks for days of the week to be compared
YEARS = 2  # and so many years for months
_DAY_SECONDS = 86_400.0


def calendars(scope: Scope, table: data_sources.DataTable, asked: Callable[[str], bool]) -> list[Dimension]:
    """Day of the week, hour and month of the table's main time, where it spans enough of them."""
    time = scope.time
    column = next((c for c in table.columns if time is not None and c.name == time.column), None)
    if time is None or column is None or not time.value.startswith("cast("):
        return []
    cells = [
        f"epoch(max({time.value})) - epoch(min({time.value}))",
        f"count(distinct date_part('hour', {time.value}))",
    ]
    span, hours = (float(cell or 0.0) for cell in scope.look(cells))
    found = []
    if span >= WEEKS * 7 * _DAY_SECONDS:
        found.append(_calendar(time, "weekday", f"dayname({time.value})", 7))
    if hours > 12 and column.type == data_sources.COLUMN_TYPE_TIMESTAMP:
        found.append(_calendar(time, "hour", f"strftime({time.value}, '%H:00')", 24))
    if span >= YEARS * 365 * _DAY_SECONDS:
        found.append(_calendar(time, "month", f"monthname({time.value})", 12))
    return found


def _calendar(time: TimeColumn, name: str, value: str, members: int) -> Dimension:
    label = f"{name} of {formats.label(time.column)}"
    return Dimension(time.column, value, label, members, made=f"{name}({time.column})", is_calendar=True)
