"""Every kind of source that can be read, in the order in which they are asked."""

from server.connectors.base import Connector, SourceFile
from server.connectors.csv_files import CsvConnector
from server.connectors.json_files import JsonConnector, NdjsonConnector
from server.connectors.parquet_files import ParquetConnector
from server.connectors.sqlite_files import SqliteConnector
from server.connectors.xlsx_files import XlsxConnector
from server.job import JobFailed

CONNECTORS: tuple[Connector, ...] = (
    ParquetConnector(),
    SqliteConnector(),
    XlsxConnector(),
    JsonConnector(),
    NdjsonConnector(),
    CsvConnector("tsv", frozenset({"tsv", "tab"}), frozenset({"text/tab-separated-values"})),
    CsvConnector("csv", frozenset({"csv", "txt"}), frozenset({"text/csv"})),
)
_HEAD_BYTES = 4096


def connector_for(file: SourceFile) -> Connector:
    """The connector of a file. Raises JobFailed `unsupported_media_type` when there is none."""
    with file.path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    for connector in CONNECTORS:
        if connector.detect(file, head):
            return connector
    known = ", ".join(connector.engine for connector in CONNECTORS)
    message = f"{file.name} is of no kind that can be read. Upload one of: {known}."
    raise JobFailed("unsupported_media_type", message, {"file": [message]})
