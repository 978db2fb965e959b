"""How long a comprehensive report takes on 15 columns, and where the time goes.

Each size runs in a process of its own: wall and CPU seconds and the peak of resident memory are of the analysis alone
(the snapshot is there, nothing is rendered, no language model speaks).

    python -m tests.performance.report_speed [rows ...] [--seed N] [--eventful] [--columns N]
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
from claribi.v1 import data_sources_pb2, reports_pb2

from tests.unit.analysis.snapshots import payload_of, store

ROWS = (100_000, 10_000_000)
WIDTH = 15
SORTED = 20_000_000  # rows above which they are written as they are made: sorting takes more memory than the report
LATE = {
    "differing",
    "ahead",
    "following",
    "rising",
}  # columns of which something is true, the last of wide tables
COLUMNS = """
    'O' || i as order_id, timestamp '2023-01-01' + to_seconds(cast(random() * 94608000 as bigint)) as ordered_at,
    ['North', 'South', 'East', 'West', 'Centre'][1 + cast(floor(random() * 5) as int)] as region,
    'Product ' || cast(floor(random() * 40) as int) as product,
    ['web', 'store', 'partner'][1 + cast(floor(random() * 3) as int)] as channel,
    ['new', 'open', 'closed', 'cancelled'][1 + cast(floor(random() * 4) as int)] as status,
    'C' || cast(floor(random() * 20000) as int) as customer_id,
    chr(97 + cast(floor(random() * 8) as int)) as segment,
    cast(1 + floor(random() * 20) as bigint) as quantity, round(exp(random() * 2 + 1), 2) as unit_price,
    round(exp(random() * 2 + 3) * (1 + 0.3 * i / {rows}), 2) as revenue_usd,
    round(exp(random() * 2 + 2), 2) as cost_usd,
    round(random() * 10, 2) as discount_pct, round(random() * 5) as rating, random() < 0.04 as returned
"""
EVENTS = """
    cast(ceil(quantity * case when region = 'East' then 1.3 else 1 end) as bigint) as quantity,
    round(revenue_usd * case dayofweek(ordered_at) when 0 then 0.7 when 6 then 0.8 else 1 end
        * case when ordered_at >= timestamp '2025-09-01' and channel = 'web' then 1.3 else 1 end, 2) as revenue_usd,
    round(0.6 * revenue_usd + cost_usd, 2) as cost_usd,
    case when status = 'cancelled' then discount_pct * 1.4 else discount_pct end as discount_pct,
    greatest(rating - case when segment = 'c' then 0.4 else 0 end, 0) as rating,
    returned or (segment = 'b' and quantity % 12 = 0) as returned
"""


def _widen(connection: duckdb.DuckDBPyConnection, count: int) -> None:
    """Numbers and categories that say nothing, and four columns that do: a number that differs by the last category,
    two that go together, one that rises."""
    names = count // 2
    noise = [f"round(random() * 100, 2) as number_{i}" for i in range(count - names - len(LATE))]
    noise += [f"'V' || cast(floor(random() * {2 + i % 20}) as int) as kind_{i}" for i in range(names)]
    noise += [f"round(random() * 100, 2) as {name}" for name in LATE]
    connection.execute(f"create table wider as select *, {', '.join(noise)} from made")
    events = f"""
        differing + case when kind_{names - 1} = 'V1' then 12 else 0 end as differing,
        following + 0.3 * ahead as following,
        rising + 12 * row_number() over (order by ordered_at) / count(*) over () as rising
    """
    connection.execute(f"create or replace table made as select * replace ({events}) from wider")
    connection.execute("drop table wider")


def write_source(
    directory: Path, rows: int, seed: int, *, eventful: bool = False, columns: int = 15
) -> dict[str, Any]:
    """The snapshot of a shop's orders, profiled as an ingested source is, and checked.

    Eventful orders differ by region, weekday, channel and more, so that there is much to tell.
    """
    from server.analysis.profile import profile_table
    from server.analysis.quality import find_all_quality
    from server.query.engine import open_snapshot
    from server.query.snapshot import snapshot_hash, write_manifest
    from tests.unit.analysis.snapshots import NOW

    connection = duckdb.connect(config={"threads": 1})
    connection.execute(f"select setseed({(seed % 100) / 100})")
    kept, order = ("table", "order by 2") if rows <= SORTED else ("view", "")
    made = f"select {COLUMNS.format(rows=rows)} from range({rows}) t(i) {order}"
    connection.execute(f"create {kept} made as {made}")
    if eventful:
        connection.execute(f"create or replace table made as select * replace ({EVENTS}) from made")
    if columns > WIDTH:
        _widen(connection, columns - WIDTH)
    tables = [store(connection, directory, "orders")]
    write_manifest(directory, tables)
    with open_snapshot(directory, memory_mb=512, threads=1) as query:
        schema = data_sources_pb2.DataSchema(tables=[profile_table(query, "orders")])
        began = time.perf_counter()
        findings = find_all_quality(query, schema.tables, now=NOW)
        print(
            f"  checking the data {time.perf_counter() - began:6.2f} s (part of reading a source, not of the report)"
        )
    quality = data_sources_pb2.DataQuality(findings=findings)
    return {
        "id": "orders",
        "name": "Orders",
        "columns": columns,
        "hash": snapshot_hash(tables),
        "directory": str(directory),
        "schema": base64.b64encode(schema.SerializeToString()).decode(),
        "quality": base64.b64encode(quality.SerializeToString()).decode(),
    }


class Spent:
    """Seconds by part of the work; a part that runs within another is taken out of it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._open: list[float] = []

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time noted under the name."""

        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.perf_counter()
            self._open.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                spent, inner = time.perf_counter() - began, self._open.pop()
                self.seconds[name] += spent - inner
                if self._open:
                    self._open[-1] += spent

        return run


def watch(spent: Spent) -> None:
    """Note the time of the engine's parts."""
    from server.analysis import engine, ranking

    for name in ("widened", "derive", "read_facts", "key_metrics", "write_sections"):
        setattr(engine, name, spent.watched(name, getattr(engine, name)))
    ranking.rank = spent.watched("rank", ranking.rank)
    for detector in engine.DETECTORS:
        kind = type(detector)
        for method in ("propose", "tell"):
            setattr(kind, method, spent.watched(f"{kind.__name__}.{method}", getattr(kind, method)))


def _peak_mib() -> int:
    """The peak of resident memory of this program alone; what the kernel counts for a process outlives its exec."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) // 1024  # type: ignore[index]


def measure(source: dict[str, Any]) -> None:
    """One report; prints its figures."""
    import scipy.special
    import scipy.stats  # noqa: F401  # the product's children have these imported before they begin

    from server.analysis.engine import analyse
    from server.analysis.job import read_request

    spent = Spent()
    watch(spent)
    wall, cpu = time.perf_counter(), time.process_time()
    with ExitStack() as stack:
        fields = {"report_type": reports_pb2.REPORT_TYPE_COMPREHENSIVE}
        report = analyse(read_request(payload_of([source], **fields), stack), lambda phase, fraction: None)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = _peak_mib()
    tested = report.statistics.hypotheses_tested
    print(
        f"  report {wall:.2f} s, {cpu:.2f} CPU s, peak {peak:,} MiB, {tested:,} tests, {len(report.evidence)} numbers"
    )
    told = {insight.subject.measure.column for insight in report.insights}
    if source["columns"] > WIDTH:
        print(
            f"  of {source['columns']} columns the last {len(LATE)} say something; told of {sorted({*LATE} & told)}"
        )
    for name, seconds in sorted(spent.seconds.items(), key=lambda item: -item[1])[:12]:
        print(f"    {seconds:7.2f} s  {name}")


def main() -> None:
    """Each size in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, default=list(ROWS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--eventful", action="store_true", help="orders of which there is much to tell")
    parser.add_argument(
        "--columns", type=int, default=WIDTH, help="further ones say nothing but for the last four"
    )
    parser.add_argument("--child", type=Path)
    chosen = parser.parse_args()
    if chosen.child is not None:
        measure(json.loads(chosen.child.read_text()))
        return
    for rows in chosen.rows:
        print(f"{rows:,} rows x {chosen.columns} columns, seed {chosen.seed}", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            source = write_source(
                Path(folder), rows, chosen.seed, eventful=chosen.eventful, columns=chosen.columns
            )
            note = Path(folder) / "source.json"
            note.write_text(json.dumps(source))
            one = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # as where the product analyses
            subprocess.run([sys.executable, "-m", __spec__.name, "--child", str(note)], check=True, env=one)


if __name__ == "__main__":
    main()
