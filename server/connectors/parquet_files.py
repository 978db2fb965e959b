"""Parquet: types are those of the file; what a snapshot has no type for becomes text."""

from collections.abc import Iterator

from server.connectors.base import Desk, RawTable, SourceFile, bad_file, check_width, unique_names
from server.query.sql import literal, quote, select

_MAGIC = b"PAR1"
_WHOLE = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"))
_WIDE = frozenset(("HUGEINT", "UHUGEINT", "UBIGINT", "FLOAT", "DOUBLE"))


class ParquetConnector:
    """Parquet files."""

    engine = "parquet"

    def detect(self, file: SourceFile, head: bytes) -> bool:
        """By its mark, or by its ending."""
        return head.startswith(_MAGIC) or file.ending == "parquet"

    def tables(self, file: SourceFile, desk: Desk) -> Iterator[RawTable]:
        """The one table of the file."""
        import duckdb

        source = f"read_parquet({literal(str(file.path))})"
        try:
            described = desk.connection.execute("describe " + select(["*"], source)).fetchall()
        except duckdb.OutOfMemoryException:
            raise
        except duckdb.Error:
            raise bad_file(
                f"{file.name} is not a whole Parquet file: its end or its schema cannot be read."
            ) from None
        check_width(len(described), file.name)
        columns = [f"{_value(quote(name), type_)} as c{n}" for n, (name, type_, *_) in enumerate(described)]
        yield RawTable(
            name=file.stem,
            columns=unique_names([row[0] for row in described]),
            relation=f"({select(columns, source)})",
            texts=frozenset(),
        )


def _value(name: str, type_: str) -> str:
    if type_ in _WHOLE:
        return f"cast({name} as bigint)"
    if type_ in _WIDE or type_.startswith("DECIMAL"):
        return f"case when isfinite(cast({name} as double)) then cast({name} as double) end"
    if type_ == "TIMESTAMP WITH TIME ZONE":
        return f"{name} at time zone 'UTC'"
    if type_.startswith("TIMESTAMP"):
        return f"cast({name} as timestamp)"
    if type_ in {"BOOLEAN", "DATE"}:
        return name
    if type_ == "BLOB":
        return f"octet_length({name}) || ' bytes'"
    if type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION")):
        return f"cast(to_json({name}) as varchar)"
    return f"nullif(cast({name} as varchar), '')"
