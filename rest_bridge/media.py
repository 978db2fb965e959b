"""Media types: what a Content-Type says and what an Accept allows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from python_multipart.multipart import parse_options_header

EVENT_STREAM = "text/event-stream"
# Few differ among honest clients; hostile ones may each be as long as headers can be.
CACHED_HEADERS = 256


@dataclass(frozen=True, slots=True)
class MediaType:
    """A Content-Type taken apart; names in lower case."""

    name: str
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def is_json(self) -> bool:
        """application/json, or a type built on it such as application/merge-patch+json."""
        return self.name == "application/json" or (
            self.name.startswith("application/") and self.name.endswith("+json")
        )

    @property
    def is_utf8(self) -> bool:
        """Whether no other charset is claimed."""
        return self.parameters.get("charset", "utf-8").lower() in ("utf-8", "utf8")


@lru_cache(maxsize=CACHED_HEADERS)
def media_type(content_type: bytes) -> MediaType:
    """Read a Content-Type header; an absent one has the name ""."""
    name, parameters = parse_options_header(content_type.decode("latin-1"))
    texts = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in parameters.items()}
    return MediaType(name.decode("latin-1"), texts)


@lru_cache(maxsize=CACHED_HEADERS)
def accepts(accept: bytes, name: str) -> bool:
    """Whether an Accept header allows a media type: the most special range that fits decides; no header allows all."""
    best = -1
    allowed = not accept.strip()
    for media_range, quality in _ranges(accept):
        rank = _rank(media_range, name)
        if rank > best:
            best, allowed = rank, quality > 0
    return allowed


@lru_cache(maxsize=CACHED_HEADERS)
def asks_for(accept: bytes, name: str) -> bool:
    """Whether an Accept header names this very type, and does not refuse it."""
    return any(media_range == name and quality > 0 for media_range, quality in _ranges(accept))


def _ranges(accept: bytes) -> list[tuple[str, float]]:
    ranges = []
    for part in accept.decode("latin-1").lower().split(","):
        media_range, *parameters = (text.strip() for text in part.split(";"))
        if media_range:
            ranges.append((media_range, _quality(parameters)))
    return ranges


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _rank(media_range: str, name: str) -> int:
    if media_range == name:
        return 2
    if media_range == name.partition("/")[0] + "/*":
        return 1
    return 0 if media_range == "*/*" else -1
