"""The encoding of a text file, found from its bytes, and the same text as UTF-8 with plain line ends."""

import codecs
from dataclasses import dataclass
from pathlib import Path

from server.connectors.base import bad_file

_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = bytes(byte for byte in range(32) if byte not in b"\t\n\r\f\x0b\x1b")
_NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"
_ODD_LINE_ENDS = "utf-8 with odd line ends"
_MOST_CONTROL = 0.01
"""Share of control characters above which bytes are no text."""
_NUL_SHARE = 0.2
"""Share of NUL bytes at even or odd places that says UTF-16 without a mark."""


@dataclass(frozen=True)
class TextFile:
    """A text file as UTF-8, and the encoding it had."""

    path: Path
    encoding: str

    @property
    def guessed(self) -> bool:
        """Whether the encoding could not be told for certain."""
        return self.encoding in {"cp1252", "latin-1"}


def as_utf8(path: Path, target: Path, name: str) -> TextFile:
    """The file itself when it is plain UTF-8, else a copy at `target` that is.

    Raises JobFailed when the file is empty or is not text.
    """
    with path.open("rb") as file:
        head = file.read(_CHUNK)
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise bad_file(f"{name} is empty.")
    encoding = _marked(head) or _scan(path)
    if encoding == "utf-8":
        return TextFile(path, encoding)
    _refuse_binary(head, encoding, name)
    _copy(path, target, "utf-8" if encoding == _ODD_LINE_ENDS else encoding, name)
    return TextFile(target, encoding)


def _marked(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    sample = head[: 1 << 16]
    for start, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        places = sample[start::2]
        if places.count(0) > _NUL_SHARE * len(places) and not sample[1 - start :: 2].count(0):
            return encoding
    return ""


def _scan(path: Path) -> str:
    """utf-8 when every byte is, else the Western encoding that has all of them."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    western, ends = "", _LineEnds()
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            if not western:
                try:
                    decoder.decode(piece)
                except UnicodeDecodeError:
                    western = "cp1252"
            if western == "cp1252" and any(byte in piece for byte in _NOT_IN_CP1252):
                western = "latin-1"
            ends.add(piece)
    if not western and decoder.getstate()[0]:
        western = "cp1252"
    return western or (_ODD_LINE_ENDS if ends.odd else "utf-8")


class _LineEnds:
    """Counts line ends over pieces; a \\r\\n may lie across two of them."""

    def __init__(self) -> None:
        self._returns = self._feeds = self._both = 0
        self._last = b""

    def add(self, piece: bytes) -> None:
        self._returns += piece.count(b"\r")
        self._feeds += piece.count(b"\n")
        self._both += piece.count(b"\r\n") + (self._last == b"\r" and piece.startswith(b"\n"))
        self._last = piece[-1:]

    @property
    def odd(self) -> bool:
        """Whether there are lone carriage returns, or two kinds of line end in one file."""
        return self._returns > self._both or 0 < self._both < self._feeds


def _refuse_binary(head: bytes, encoding: str, name: str) -> None:
    if encoding.startswith(("utf-16", "utf-32")):
        return
    strange = sum(head.count(byte) for byte in _CONTROL)
    if b"\0" in head or strange > _MOST_CONTROL * len(head):
        raise bad_file(
            f"{name} is not a text file: it holds bytes no text has. Export the table as CSV again."
        )


def _copy(path: Path, target: Path, encoding: str, name: str) -> None:
    try:
        # Universal newlines: \r\n and the lone \r of old systems become \n.
        with (
            path.open("r", encoding=encoding, newline=None) as source,
            target.open("w", encoding="utf-8", newline="\n") as copy,
        ):
            while piece := source.read(_CHUNK):
                copy.write(piece)
    except UnicodeError:
        raise bad_file(f"{name} says it is {encoding} but holds bytes that are not.") from None
