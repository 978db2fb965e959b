"""What a connector is: it knows its files, and turns them into tables that DuckDB can read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from claribi.v1 import insights_pb2

from server.job import JobFailed

if TYPE_CHECKING:
    import duckdb

MAX_COLUMNS = 500
"""Most columns of a table."""
MAX_TABLES = 100
"""Most tables of a data source: files, sheets, tables of a database."""
MAX_TABLE_ROWS = 50_000_000
"""Most rows of a table."""
MAX_CELL_BYTES = 4 << 20
"""Longest line or value."""
MAX_NAME_CHARACTERS = 200
"""Longest name of a table or column; longer ones are cut."""


@dataclass(frozen=True)
class SourceFile:
    """An uploaded file: where it lies, and what its owner called it."""

    path: Path
    name: str
    content_type: str = ""

    @property
    def stem(self) -> str:
        """The name without folders and ending: the table is called like it."""
        base = self.name.replace("\\", "/").rsplit("/", 1)[-1]
        return base.rsplit(".", 1)[0] or base

    @property
    def ending(self) -> str:
        """The ending in small letters, without the dot."""
        return self.name.rsplit(".", 1)[-1].lower() if "." in self.name else ""


@dataclass(frozen=True)
class Note:
    """Something the reader of a file saw that its owner must know."""

    code: int
    description: str
    columns: tuple[str, ...] = ()
    rows: int = 0
    severity: int = insights_pb2.SEVERITY_INFO


@dataclass
class RawTable:
    """A table as found: its columns in order, and a relation with one column `c0`, `c1`... for each.

    `texts` are the columns that arrive as text and whose type is still to be found; of those, `words` hold
    values the source itself called text, so that digits in them stay text.
    """

    name: str
    columns: list[str]
    relation: str
    texts: frozenset[int]
    words: frozenset[int] = frozenset()
    day_first: bool = False
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True)
class Desk:
    """What a connector works with: the connection it may ask, and a folder for its own temporary files."""

    connection: "duckdb.DuckDBPyConnection"
    folder: Path

    def file(self, ending: str) -> Path:
        """A path in the folder that is not taken yet."""
        return self.folder / f"stage-{len(list(self.folder.iterdir())):04d}.{ending}"


class Connector(Protocol):
    """One kind of source."""

    @property
    def engine(self) -> str:
        """Its word in `DataSource.engine`."""

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """Whether the file, judged by its first bytes and its ending, is of this kind."""

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """Its tables, one after the other; each is stored before the next is asked for. Raises JobFailed."""


def bad_file(*problems: str) -> JobFailed:
    """The failure that tells an owner what is wrong with a file, line and column where they are known."""
    return JobFailed("validation_error", problems[0], {"file": list(problems)})


def unique_names(names: Sequence[str], *, prefix: str = "column") -> list[str]:
    """The names trimmed, cut, and made different from each other without regard to case.

    An empty name becomes `column_3`, a repeated one `price_2`.
    """
    taken: set[str] = set()
    result = []
    for position, raw in enumerate(names, start=1):
        name = raw.replace("\0", "").strip()[:MAX_NAME_CHARACTERS] or f"{prefix}_{position}"
        candidate, number = name, 1
        while candidate.casefold() in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate.casefold())
        result.append(candidate)
    return result


def check_width(count: int, where: str) -> None:
    """Refuses tables wider than MAX_COLUMNS."""
    if count > MAX_COLUMNS:
        raise bad_file(
            f"{where} has {count:,} columns; {MAX_COLUMNS} are allowed. Leave out what is not needed."
        )
