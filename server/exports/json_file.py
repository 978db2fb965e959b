"""The report as JSON, word for word as the API gives it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from claribi.v1 import reports_pb2 as pb

if TYPE_CHECKING:
    from rest_bridge.codec import Codec

# They say who asked and where the file lies, not what was found; a file is passed on to people who should see neither.
CIRCUMSTANCES = ("created_by", "public_link", "download_url", "file", "progress", "plan")


@cache
def _codec() -> Codec:
    from rest_bridge.codec import Codec
    from rest_bridge.style import STYLE

    return Codec(STYLE)


def render(report: pb.Report) -> bytes:
    """The report as compact JSON in UTF-8, its circumstances (`CIRCUMSTANCES`) left out or null."""
    content = pb.Report()
    content.CopyFrom(report)
    for field in CIRCUMSTANCES:
        content.ClearField(field)
    return _codec().write(content) + b"\n"
