"""What travels between the server and its children: frames of a kind, a length and a body."""

import struct
from enum import IntEnum
from typing import BinaryIO

HEADER = struct.Struct("!BQ")
MAX_RESULT_BYTES = 256 << 20
"""A child that sends a longer frame is ended."""


class Kind(IntEnum):
    """Kinds of frame."""

    REQUEST = 1
    PROGRESS = 2
    RESULT = 3
    FAILED = 4
    CRASHED = 5


class FrameError(Exception):
    """A frame that is cut off or longer than allowed."""


def pack(kind: Kind, body: bytes) -> bytes:
    """A frame as bytes."""
    return HEADER.pack(kind, len(body)) + body


def checked_length(header: bytes) -> tuple[Kind, int]:
    """Kind and length of the body to come. Raises FrameError."""
    kind, length = HEADER.unpack(header)
    if length > MAX_RESULT_BYTES:
        raise FrameError(f"A frame of {length:,} bytes is longer than the {MAX_RESULT_BYTES:,} allowed.")
    try:
        return Kind(kind), length
    except ValueError:
        raise FrameError(f"A frame of unknown kind {kind}.") from None


def read(stream: BinaryIO) -> tuple[Kind, bytes]:
    """One frame from a blocking stream. Raises FrameError at its end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise FrameError("The stream ended before a frame.")
    kind, length = checked_length(header)
    body = stream.read(length)
    if len(body) < length:
        raise FrameError("The stream ended inside a frame.")
    return kind, body
