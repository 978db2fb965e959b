"""The jobs a child process may run: an explicit table from the name of a job to its function."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Job:
    """Where a job's function is ("module:function", imported in the child only) and what it needs.

    A job that does not write may not make a file of one byte. `reserved_bytes` is data space a library sets
    aside without using it; it is granted on top of the memory limit.
    """

    function: str
    writes: bool = False
    reserved_bytes: int = 0


V8_RESERVED_BYTES = 640 << 20
"""Measured: vl_convert's V8 starts with 640 MiB of data space and dies with 512, using a tenth of it."""

JOBS: dict[str, Job] = {
    "ingest": Job("server.work.ingest:run", writes=True),
    "analyse": Job("server.analysis.job:run"),
    "insights": Job("server.analysis.board_insights:run"),
    "tell": Job("server.analysis.telling:run"),
    "verify": Job("server.analysis.verify:run"),
    "compare": Job("server.analysis.compare.job:run"),
    "widgets": Job("server.analysis.widgets:run"),
    "measure": Job("server.analysis.goal_series:run"),
    "render": Job("server.exports.job:run", writes=True, reserved_bytes=V8_RESERVED_BYTES),
    "page": Job("server.exports.job:shared_page", reserved_bytes=V8_RESERVED_BYTES),
}

PRELOAD = (
    "numpy",
    "scipy.special",
    "scipy.stats",
    "duckdb",
    "orjson",
    "python_calamine",
    "xlsxwriter",
    "vl_convert",
    "typst",
    "claribi.v1.dashboards_pb2",
    "claribi.v1.goals_pb2",
    "claribi.v1.reports_pb2",
)
"""Modules the warm process imports once, so that no child pays their seconds; none may start a thread."""
