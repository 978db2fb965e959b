"""Every benchmark in turn: `python -m tests.performance [--quick]`. Quick runs show the shape, not the figures."""

from __future__ import annotations

import subprocess
import sys

# Each prints its own table; the second list is what --quick adds.
BENCHMARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("tests.performance.codec_speed", ("3",)),
    ("tests.performance.request_cpu", ("--requests", "80", "--rounds", "1")),
    ("tests.performance.ingest_speed", ("20000",)),
    ("tests.performance.generate_million", ("--rows", "20000")),
    ("tests.performance.report_speed", ("100000",)),
    ("tests.quality", ("--tables", "1", "--quick")),
    ("tests.quality.gate_mutations", ("1",)),
    ("tests.quality.nist", ()),
    ("tests.quality.rederive", ("--reports", "4")),
    ("tests.quality.series_sizes", ("--series", "10")),
    ("tests.quality.row_sizes", ("--tables", "4")),
    ("tests.quality.cross_sizes", ("--tables", "1")),
    ("tests.quality.online_refreshes", ("--quick",)),
    ("tests.quality.goal_forecasts", ("--quick",)),
)


def main() -> int:
    """The number of benchmarks that did not run through."""
    quick = "--quick" in sys.argv[1:]
    failed = 0
    for module, fast in BENCHMARKS:
        print(f"\n== {module} {' '.join(fast) if quick else ''}", flush=True)
        done = subprocess.run([sys.executable, "-m", module, *(fast if quick else ())], check=False)
        failed += done.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
