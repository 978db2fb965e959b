"""How long a million rows of twelve columns take from CSV to snapshot, profile and findings; printed.

Run: python tests/performance/ingest_speed.py [rows]
"""

import asyncio
import csv
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import psutil
from claribi.v1.data_sources_pb2 import DataSource

from server.work.sandbox import Limits, Sandbox

ROWS = 1_000_000
SEED = 20260101
MIB = 1 << 20
HEADER = (
    "order_id", "order_date", "created_at", "customer", "region", "product",
    "quantity", "price", "revenue", "returned", "channel", "discount",
)  # fmt: skip


def write_orders(path: Path, rows: int) -> None:
    """Orders of a shop, the same for the same number of rows."""
    random_ = random.Random(SEED)
    first, moment = date(2023, 1, 1), datetime(2023, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            quantity, price = random_.randrange(1, 10), round(random_.uniform(1, 1000), 2)
            writer.writerow(
                (
                    number,
                    first + timedelta(days=number * 1000 // rows),
                    moment + timedelta(seconds=86 * number),
                    f"customer_{random_.randrange(50_000)}",
                    random_.choice(("North", "South", "East", "West")),
                    f"{random_.choice('ABCDEF')}-{random_.randrange(40)}",
                    quantity,
                    price,
                    round(quantity * price, 2),
                    random_.choice(("true", "false")),
                    random_.choice(("web", "shop", "phone")),
                    "" if random_.random() < 0.05 else random_.randrange(100) / 100,
                )
            )


@contextmanager
def watched_children() -> Iterator[dict[str, float]]:
    """Peak resident MiB of the children together, and CPU seconds of each, sampled every 20 ms."""
    seen: dict[str, float] = {"peak_mib": 0.0}
    done = threading.Event()

    def watch() -> None:
        me = psutil.Process()
        while not done.wait(0.02):
            total = 0
            for child in me.children(recursive=True):
                try:
                    total += child.memory_info().rss
                    spent = child.cpu_times()
                    seen[f"cpu {child.pid}"] = spent.user + spent.system
                except psutil.NoSuchProcess:
                    continue
            seen["peak_mib"] = max(seen["peak_mib"], total / MIB)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


async def measure(rows: int) -> None:
    """Writes the file, starts the sandbox, ingests, prints."""
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder) / "orders.csv", Path(folder) / "snapshot"
        write_orders(path, rows)
        target.mkdir()
        sandbox = Sandbox()
        began = time.perf_counter()
        await sandbox.ready()
        print(f"warm process ready after {time.perf_counter() - began:.2f} s")
        payload = {
            "files": [{"path": str(path), "name": "orders.csv", "content_type": "text/csv"}],
            "target": str(target),
            "now": "2026-01-01T00:00:00+00:00",
        }
        began = time.perf_counter()
        with watched_children() as seen:
            data = await sandbox.run("ingest", payload, limits=Limits())
        wall = time.perf_counter() - began
        await sandbox.close()
        report(DataSource.FromString(data), path.stat().st_size, wall, seen)


def report(source: DataSource, size: int, wall: float, seen: dict[str, float]) -> None:
    """One line a figure."""
    table = source.schema.tables[0]
    cpu = max(seconds for name, seconds in seen.items() if name.startswith("cpu"))
    print(f"{table.rows:,} rows x {len(table.columns)} columns, {size / 1e6:.0f} MB CSV")
    print(f"ingest + profile + quality: {wall:.2f} s wall, {cpu:.2f} s CPU of the child")
    print(f"peak memory of warm process and child: {seen['peak_mib']:.0f} MiB")
    print(f"snapshot {source.snapshot.bytes / 1e6:.1f} MB, {len(source.quality.findings)} findings")


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
