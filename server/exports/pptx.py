"""The report as slides: one insight on each, charts people can edit, the queries in the speaker's notes."""

from __future__ import annotations

from claribi.v1 import reports_pb2 as pb

from server.exports.outline import outline


def render(report: pb.Report) -> bytes:
    """The report as the bytes of a pptx deck, 16:9."""
    from server.exports.slides.packing import pack
    from server.exports.slides.story import tell

    deck = tell(report, outline(report, drawn=False))
    made = report.completed_at.ToDatetime() if report.HasField("completed_at") else None
    return pack(deck, report.name, made)
