"""The main job on a large file: upload a csv of 1,000,000 rows x 12 columns (about 100 MB), then a report from it.

Prints seconds of each step and the peak of resident memory: of the server, and of the largest child process.

    python -m tests.performance.generate_million [--rows N] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil
from claribi.v1 import reports_pb2
from claribi.v1.data_sources_pb2 import FileStart, UploadDataSourceRequest, UploadMetadata

CHUNK_BYTES = 256 * 1024
SAMPLE_SECONDS = 0.02
MIB = 1 << 20
REGIONS = ("North", "South", "East", "West", "Centre")
PRODUCTS = tuple(f"Product {number:02d} in oak and linen" for number in range(40))


def write_csv(path: Path, rows: int, seed: int) -> None:
    """A shop's orders over three years: growth, a difference between regions, a few large customers."""
    rng = np.random.default_rng(seed)
    days = np.sort(rng.integers(0, 1096, rows))
    dates = (np.datetime64("2023-01-01") + days).astype(str)
    region = rng.choice(5, rows, p=[0.3, 0.25, 0.2, 0.15, 0.1])
    product = rng.integers(0, 40, rows)
    quantity = rng.integers(1, 20, rows)
    price = np.round(rng.gamma(4, 12, rows) * (1 + 0.1 * (region == 1)), 2)
    revenue = np.round(price * quantity * (1 + 0.3 * days / 1096), 2)
    cost = np.round(revenue * rng.uniform(0.4, 0.7, rows), 2)
    customer = (rng.pareto(1.2, rows) * 50).astype(int) % 20_000
    with path.open("w", encoding="utf-8") as file:
        file.write(
            "order_id,order_date,region,product,channel,customer_id,quantity,unit_price,revenue_usd,cost_usd,"
            "days_to_deliver,returned\n"
        )
        channel = rng.choice(np.array(["web", "store", "partner"]), rows)
        deliver = rng.poisson(4, rows)
        returned = rng.random(rows) < 0.04
        for i in range(rows):
            file.write(
                f"O{i:08d},{dates[i]},{REGIONS[region[i]]},{PRODUCTS[product[i]]},{channel[i]},C{customer[i]:05d},"
                f"{quantity[i]},{price[i]},{revenue[i]},{cost[i]},{deliver[i]},{'true' if returned[i] else 'false'}\n"
            )


class Memory:
    """Peaks of resident memory, sampled in a thread; bytes."""

    def __init__(self) -> None:
        self.server = 0
        self.child = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        own = psutil.Process()
        while not self._done.wait(SAMPLE_SECONDS):
            self.server = max(self.server, own.memory_info().rss)
            for child in own.children(recursive=True):
                try:
                    self.child = max(self.child, child.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


@contextmanager
def step(name: str, figures: dict[str, float]) -> Iterator[None]:
    """Time a step by the wall."""
    began = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - began


async def parts(path: Path) -> AsyncIterator[UploadDataSourceRequest]:
    """The file as an upload."""
    yield UploadDataSourceRequest(metadata=UploadMetadata(name="Orders"))
    yield UploadDataSourceRequest(file=FileStart(name=path.name, content_type="text/csv"))
    with path.open("rb") as file:
        while data := file.read(CHUNK_BYTES):
            yield UploadDataSourceRequest(chunk=data)


async def run(rows: int, seed: int, folder: Path) -> None:
    """Do the job and print."""
    from tests.support.world import World

    path = folder / "orders.csv"
    figures: dict[str, float] = {}
    with step("write csv (not counted)", figures):
        await asyncio.to_thread(write_csv, path, rows, seed)
    world = World(folder / "data")
    await world.start()
    await world.app.rooms.sandbox.ready()
    rooms, home = world.app.rooms, world.home
    with Memory() as memory:
        with step("upload, read, profile, check", figures):
            source = await rooms.syncer.upload(home.id, parts(path))
            await rooms.syncer.settled()
        request = reports_pb2.GenerateReportRequest(
            name="Benchmark", data_source_ids=[source], report_type=reports_pb2.REPORT_TYPE_STANDARD
        )
        with step("generate (analyse and render)", figures):
            running = await rooms.generator.submit(world.caller(home, "owner"), request)
            await rooms.generator.wait(running, None)
    if running.failure is not None:
        raise running.failure
    print_figures(figures, memory, rows=rows, seed=seed, size=path.stat().st_size)
    await world.stop()


def print_figures(figures: dict[str, float], memory: Memory, *, rows: int, seed: int, size: int) -> None:
    """The table."""
    print(f"{rows:,} rows x 12 columns, csv of {size / 1e6:.0f} MB, seed {seed}, 2 threads")
    for name, seconds in figures.items():
        print(f"  {name:<34}{seconds:>8.1f} s")
    print(f"  {'server, peak resident':<34}{memory.server / MIB:>8.0f} MiB")
    print(f"  {'largest child, peak resident':<34}{memory.child / MIB:>8.0f} MiB")


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(options.rows, options.seed, Path(folder)))


if __name__ == "__main__":
    main()
