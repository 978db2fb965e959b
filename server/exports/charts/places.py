"""The places of a chart along its horizontal axis, and the values of a series at each of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from claribi.v1 import insights_pb2 as pb

from server.exports.charts.ticks import moment


def places_of(chart: pb.Chart) -> list[str]:
    """Every x once: moments in time, words as they come."""
    written = list(dict.fromkeys(point.x for series in chart.series for point in series.points))
    moments = {x: moment(x) for x in written} if chart.x.kind == pb.AXIS_KIND_TIME else {}
    known = {x: at for x, at in moments.items() if at is not None}
    return sorted(known, key=lambda x: known[x]) if known and len(known) == len(written) else written


def aligned(series: pb.Series, places: Sequence[str]) -> list[float | None]:
    """A value at each place, None for a gap; a fitted line is drawn through the places between its points."""
    known = {p.x: p.y for p in series.points if p.HasField("y") and math.isfinite(p.y)}
    values = [known.get(x) for x in places]
    if series.role != pb.SERIES_ROLE_FITTED:
        return values
    given = [(index, value) for index, value in enumerate(values) if value is not None]
    for (start, low), (end, high) in pairwise(given):
        for index in range(start + 1, end):
            values[index] = low + (high - low) * (index - start) / (end - start)
    return values
