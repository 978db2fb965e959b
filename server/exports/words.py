"""What enum values, dates and certainties are called in print."""

from __future__ import annotations

from claribi.v1 import insights_pb2 as ipb
from claribi.v1 import reports_pb2 as pb
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from google.protobuf.timestamp_pb2 import Timestamp

from server.exports.charts.ticks import moment

# Adjusted p values at or below the first number are said in the words beside it.
_CERTAINTIES = (
    (0.001, "Very strong evidence", "strong"),
    (0.01, "Strong evidence", "strong"),
    (0.10, "Moderate evidence", "good"),
    (1.00, "Weak evidence", "weak"),
)
NOT_TESTED = ("Measured, not tested", "plain")

_TONES = {
    ipb.DIRECTION_INCREASE: "up",
    ipb.DIRECTION_POSITIVE: "up",
    ipb.DIRECTION_HIGHER: "up",
    ipb.DIRECTION_DECREASE: "down",
    ipb.DIRECTION_NEGATIVE: "down",
    ipb.DIRECTION_LOWER: "down",
}


def certainty(insight: ipb.Insight) -> tuple[str, str]:
    """How sure an insight is: the words, and the tone they are set in (strong, good, weak or plain)."""
    statistics = insight.statistics
    if not insight.HasField("statistics") or not (
        statistics.HasField("q_value") or statistics.HasField("p_value")
    ):
        return NOT_TESTED
    value = statistics.q_value if statistics.HasField("q_value") else statistics.p_value
    return next(
        ((words, tone) for bound, words, tone in _CERTAINTIES if value <= bound), _CERTAINTIES[-1][1:]
    )


def spoken(enum: EnumTypeWrapper, value: int, prefix: str) -> str:
    """An enum value as words: CHANGE_POINT as "Change point"; the unspecified value as nothing."""
    return "" if value == 0 else enum.Name(value).removeprefix(prefix).replace("_", " ").capitalize()


def insight_type(value: ipb.InsightType) -> str:
    return spoken(ipb.InsightType, value, "INSIGHT_TYPE_")


def direction(value: ipb.Direction) -> str:
    return spoken(ipb.Direction, value, "DIRECTION_")


def tone(value: ipb.Direction) -> str:
    """Which way a number moved: up, down or level. Whether that is good is for the reader to say."""
    return _TONES.get(value, "level")


def severity(value: ipb.Severity) -> str:
    return spoken(ipb.Severity, value, "SEVERITY_")


def quality_code(value: ipb.QualityCode) -> str:
    return spoken(ipb.QualityCode, value, "QUALITY_CODE_")


def day(text: str) -> str:
    """A date or time as "1 July 2026"; what is neither stays as it is."""
    found = moment(text)
    return text if found is None else f"{found.day} {found:%B %Y}"


def stamp(when: Timestamp) -> str:
    """A moment as "14 July 2026, 09:30 UTC"."""
    found = when.ToDatetime()
    return f"{found.day} {found:%B %Y, %H:%M} UTC"


def period(span: pb.Period) -> str:
    """A period as "1 July 2024 to 30 June 2026", open ends said in words."""
    start, end = getattr(span, "from"), span.to
    if start and end:
        return f"{day(start)} to {day(end)}"
    return f"from {day(start)}" if start else f"until {day(end)}" if end else ""
