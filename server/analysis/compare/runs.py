"""The two runs of a comparison, with the snapshots they stand on while those are still there."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claribi.v1 import data_sources_pb2 as data_sources
from claribi.v1 import insights_pb2 as insights
from claribi.v1 import reports_pb2 as reports

from server.analysis.scope import Queries
from server.analysis.verify import ask
from server.query.engine import QueryError, open_snapshot
from server.query.snapshot import SnapshotError

MEMORY_MB = 512  # DuckDB's limit for each open snapshot
THREADS = 1  # sums of doubles depend on the order of addition


@dataclass(frozen=True)
class Snapshot:
    """A source as a run saw it; `query` is None when the snapshot is gone, the schema empty when nobody knows it."""

    source_id: str
    name: str
    hash: str
    query: Queries | None
    schema: data_sources.DataSchema

    @property
    def reader(self) -> Queries:
        """The open snapshot. Raises ValueError when it is gone."""
        if self.query is None:
            raise ValueError(f"The snapshot of {self.name!r} is gone.")
        return self.query


@dataclass(frozen=True)
class Run:
    """A completed report and its snapshots by source id."""

    report: reports.Report
    snapshots: Mapping[str, Snapshot]


@dataclass
class Runs:
    """Both runs; `counterpart` maps source ids of the run before to those of the run after."""

    before: Run
    after: Run
    counterpart: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.counterpart = _counterparts(list(self.before.snapshots), list(self.after.snapshots))

    @property
    def same_sources(self) -> bool:
        """Whether both stand on the same data sources, whatever their snapshots."""
        return sorted(self.before.snapshots) == sorted(self.after.snapshots)

    @property
    def same_period(self) -> bool:
        """Whether both cover the same time."""
        return self.before.report.period == self.after.report.period

    def same_data(self, source_id: str) -> bool:
        """Whether a source of the run before has the very same content in the run after."""
        other = self.counterpart.get(source_id)
        return other is not None and self.before.snapshots[source_id].hash == self.after.snapshots[other].hash

    def before_on_after(self, entry: insights.Evidence) -> float | None:
        """What a question of the run before gives on the data of the run after; None when it gives nothing."""
        other = self.counterpart.get(entry.source.data_source_id)
        return None if other is None else _answer(entry, self.after.snapshots[other])

    def after_on_before(self, entry: insights.Evidence) -> float | None:
        """What a question of the run after gives on the data of the run before; None when it gives nothing."""
        backwards = {after: before for before, after in self.counterpart.items()}
        other = backwards.get(entry.source.data_source_id)
        return None if other is None else _answer(entry, self.before.snapshots[other])


def open_run(payload: Mapping[str, Any], report: reports.Report, stack: ExitStack) -> Run:
    """A run with its snapshots open as long as the stack; `payload` has `directory` and `schema` by source id."""
    snapshots = {}
    for source in report.data_sources:
        known = payload.get(source.id)
        query = None if known is None else _opened(Path(known["directory"]), stack)
        schema = data_sources.DataSchema() if known is None else known["schema"]
        snapshots[source.id] = Snapshot(source.id, source.name, source.snapshot_hash, query, schema)
    return Run(report, snapshots)


def _opened(directory: Path, stack: ExitStack) -> Queries | None:
    if not directory.is_dir():
        return None
    try:
        return stack.enter_context(open_snapshot(directory, memory_mb=MEMORY_MB, threads=THREADS))
    except SnapshotError:
        return None


def _counterparts(before: Sequence[str], after: Sequence[str]) -> dict[str, str]:
    """Each source is itself; those of one run only stand for one another in their order."""
    found = {source_id: source_id for source_id in before if source_id in after}
    lone = [source_id for source_id in before if source_id not in found]
    strangers = [source_id for source_id in after if source_id not in found]
    return found | dict(zip(lone, strangers, strict=False))


def _answer(entry: insights.Evidence, snapshot: Snapshot) -> float | None:
    if snapshot.query is None:
        return None
    try:
        return ask(snapshot.query, entry)
    except QueryError:
        return None
