"""Tables of the examination, what was done to them, and the report on them.

A world is a small causal picture: every column knows what it depends on, so that any claim of a report can be
judged by whether the two things it ties together have a cause in common.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from claribi.v1 import reports_pb2

from server.query.sql import quote
from tests.unit.analysis.snapshots import report_on, source_of, store

Array = np.ndarray[Any, Any]
Cells = dict[str, Array]
Random = np.random.Generator
TIME, ROWS = "#time", "#rows"  # causes that are no columns: the calendar, and how many rows there are
Stored = list[Any]


@dataclass(frozen=True)
class Wanted:
    """A measure as an outsider names it: one of `columns`, or `function` made of all of them and `literals`."""

    columns: tuple[str, ...] = ()
    function: str = ""  # "", count, duration, share, contains or ratio
    literals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Beat:
    """One thing that happened to a measure in time: slope, shift, spike, or cycle; `window` are ISO days."""

    measure: str
    shape: str
    window: tuple[str, str] = ("", "")
    cycle: str = ""


@dataclass
class World:
    """Tables of one source: the first is the main one. Columns are grouped by what they are for."""

    domain: str
    main: str
    cells: Cells
    time: str = ""
    measures: list[str] = field(default_factory=list)  # positive numbers, independent of all else
    flags: list[str] = field(default_factory=list)  # booleans
    dimensions: list[str] = field(default_factory=list)
    state: str = ""  # a text column with an outcome
    span: tuple[str, str] = ("", "")  # start and end column of a duration
    text: str = ""
    number: str = ""  # a number rows may be binned by
    series: bool = False  # one row a period
    others: dict[str, Cells] = field(default_factory=dict)
    future: Cells = field(default_factory=dict)  # rows held out, after the last
    causes: dict[str, set[str]] = field(default_factory=dict)
    beats: list[Beat] = field(default_factory=list)
    copies: dict[str, tuple[str, ...]] = field(default_factory=dict)
    uneven: set[str] = field(default_factory=set)  # dimensions whose members differ in rows by design
    names: dict[str, str] = field(default_factory=dict)  # plain name -> name in the table
    traps: set[str] = field(default_factory=set)  # censored, partial, unit_jump

    @property
    def rows(self) -> int:
        """Rows of the main table."""
        return len(next(iter(self.cells.values())))

    def days(self) -> Array:
        """The main time column in days since 1970, fractions kept."""
        return self.cells[self.time].astype("datetime64[us]").astype(np.int64) / 86_400e6

    def cause(self, effect: str, *causes: str) -> None:
        """Writes down that `effect` depends on `causes`."""
        self.causes.setdefault(effect, set()).update(causes)

    def ancestors(self, node: str) -> set[str]:
        """The node and all it depends on."""
        found, left = set(), [node]
        while left:
            node = left.pop()
            if node not in found:
                found.add(node)
                left += sorted(self.causes.get(node, ()))
        return found

    def dependent(self, one: str, other: str) -> set[str]:
        """The causes two nodes have in common; empty when they are independent."""
        return self.ancestors(one) & self.ancestors(other)

    def renamed(self, names: dict[str, str]) -> "World":
        """The same world with other column names in its main table."""
        new = lambda name: names.get(name, name)  # noqa: E731
        self.cells = {new(name): values for name, values in self.cells.items()}
        self.measures, self.flags = [new(n) for n in self.measures], [new(n) for n in self.flags]
        self.dimensions = [new(n) for n in self.dimensions]
        self.time, self.state, self.text = new(self.time), new(self.state), new(self.text)
        self.number, self.span = new(self.number), (new(self.span[0]), new(self.span[1]))
        self.causes = {new(n): {new(c) for c in causes} for n, causes in self.causes.items()}
        self.uneven = {new(n) for n in self.uneven}
        self.names = names
        return self


def sql_type(values: Array) -> str:
    """The SQL type an array is stored as."""
    if values.dtype == bool:
        return "BOOLEAN"
    if values.dtype == np.dtype("datetime64[D]"):
        return "DATE"
    if values.dtype.kind == "M":
        return "TIMESTAMP"
    if values.dtype.kind in "iu":
        return "BIGINT"
    if values.dtype.kind == "f":
        return "DOUBLE"
    return "VARCHAR"


def stored(directory: Path, name: str, cells: Cells) -> Any:
    """The table as a Parquet file of the snapshot folder; NaN and NaT are stored as missing."""
    connection = duckdb.connect()
    arrays, picked = {}, []
    for number, (column, values) in enumerate(cells.items()):
        kind, cell = sql_type(values), f"c{number}"
        if values.dtype.kind == "M":
            arrays[cell] = values.astype("datetime64[us]")
        elif kind == "VARCHAR":
            arrays[cell] = np.array([None if v is None else str(v) for v in values], dtype=object)
        else:
            arrays[cell] = values
        value = f"CASE WHEN isnan({cell}) THEN NULL ELSE {cell} END" if kind == "DOUBLE" else cell
        picked.append(f"CAST({value} AS {kind}) AS {quote(column)}")
    connection.register("source_rows", arrays)
    connection.execute(f"CREATE TABLE made AS SELECT {', '.join(picked)} FROM source_rows")
    return store(connection, directory, name)


def report_of(world: World, *, seed: int = 1, **fields: Any) -> reports_pb2.Report:
    """The comprehensive report of the engine under examination."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        tables = {world.main: world.cells, **world.others}
        source = source_of(directory, [stored(directory, name, cells) for name, cells in tables.items()])
        return report_on([source], report_type=reports_pb2.REPORT_TYPE_COMPREHENSIVE, seed=seed, **fields)


@dataclass
class Bench:
    """An engine that may fall over: then the report is empty, and the fall is written down."""

    engine: Callable[[World], reports_pb2.Report]
    falls: list[str] = field(default_factory=list)

    def __call__(self, world: World) -> reports_pb2.Report:
        """The report on a world; empty when there is none."""
        try:
            return self.engine(world)
        except Exception as error:
            self.falls.append(f"{world.domain} rows={world.rows}: {type(error).__name__}: {str(error)[:300]}")
            return reports_pb2.Report()
