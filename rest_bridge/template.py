"""The path grammar of `google.api.http`, parsed once at start."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

ANY = "*"
REST = "**"

_FIELD_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
# RFC 3986 pchar without "*": a star inside a longer literal is nearly always a misspelt wildcard.
_LITERAL = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()+,;=:@]|%[0-9A-Fa-f]{2})+")


class TemplateError(ValueError):
    """A path template is outside the grammar; the text says where."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A captured run of segments: `start` inclusive, `end` exclusive.

    A negative end counts from the end of the path; -1 is up to and including the last segment.
    """

    field_path: str
    start: int
    end: int
    deep: bool

    @property
    def single(self) -> bool:
        """Whether the variable captures exactly one segment, and is therefore fully percent-decoded."""
        return not self.deep and self.end - self.start == 1


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: flat segments (`*`, `**` or decoded literals), the verb and the variables in order."""

    text: str
    segments: tuple[str, ...]
    verb: str
    variables: tuple[Variable, ...]

    @property
    def literal(self) -> bool:
        """Whether the template matches one path only."""
        return ANY not in self.segments and REST not in self.segments


def parse_template(text: str) -> Template:
    """Parse a template such as `/v1/{name=shelves/*}/books:publish`.

    Raises:
        TemplateError: naming the template and what is wrong with it.
    """
    if not text.startswith("/"):
        raise TemplateError(f"{text!r}: a path template starts with '/'.")
    if text == "/":
        return Template(text, (), "", ())
    pieces = list(_pieces(text))
    pieces[-1], verb = _split_verb(text, pieces[-1])
    segments: list[str] = []
    spans: list[tuple[str, int, int]] = []
    for piece in pieces:
        start = len(segments)
        if piece.startswith("{"):
            field_path, inner = _variable(text, piece)
            segments += inner
            spans.append((field_path, start, len(segments)))
        else:
            segments.append(_segment(text, piece))
    _check_rest(text, segments, spans=spans)
    _check_names(text, [field_path for field_path, _, _ in spans])
    variables = tuple(
        _placed(field_path, start, end=end, segments=segments) for field_path, start, end in spans
    )
    return Template(text, tuple(segments), verb, variables)


def _pieces(text: str) -> Iterator[str]:
    """Split at the slashes that are not inside braces."""
    depth = 0
    begin = 1
    for position, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == "/" and depth == 0 and position > 0:
            yield text[begin:position]
            begin = position + 1
        if depth not in (0, 1):
            raise TemplateError(f"{text!r}: braces do not pair, or one variable stands inside another.")
    if depth:
        raise TemplateError(f"{text!r}: a variable is not closed by '}}'.")
    yield text[begin:]


def _split_verb(text: str, piece: str) -> tuple[str, str]:
    colon = piece.find(":", piece.rfind("}") + 1)
    if colon < 0:
        return piece, ""
    verb = piece[colon + 1 :]
    if not verb or not _LITERAL.fullmatch(verb) or "" in verb.split(":"):
        raise TemplateError(f"{text!r}: a verb is a literal after ':', and not empty.")
    return piece[:colon], verb


def _variable(text: str, piece: str) -> tuple[str, list[str]]:
    if not piece.endswith("}"):
        raise TemplateError(f"{text!r}: a variable fills whole segments; nothing may follow its '}}'.")
    field_path, equals, inner = piece[1:-1].partition("=")
    if not _FIELD_PATH.fullmatch(field_path):
        raise TemplateError(f"{text!r}: {field_path!r} is not a field path such as 'shelf.id'.")
    if not equals:
        return field_path, [ANY]
    if ":" in inner:
        raise TemplateError(f"{text!r}: ':' has no place inside a variable.")
    return field_path, [_segment(text, part) for part in inner.split("/")]


def _segment(text: str, piece: str) -> str:
    if piece in (ANY, REST):
        return piece
    if not piece:
        raise TemplateError(f"{text!r}: empty segment (write templates without a closing slash).")
    if not _LITERAL.fullmatch(piece):
        raise TemplateError(f"{text!r}: {piece!r} is not '*', '**', a variable or a plain literal.")
    try:
        return unquote(piece, errors="strict")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{text!r}: the escapes in {piece!r} are not UTF-8.") from error


def _check_rest(text: str, segments: list[str], *, spans: list[tuple[str, int, int]]) -> None:
    if REST not in segments:
        return
    position = segments.index(REST)
    if any(segment in (ANY, REST) for segment in segments[position + 1 :]):
        raise TemplateError(f"{text!r}: only literals may follow '**'.")
    if any(start > position for _, start, _ in spans):
        raise TemplateError(f"{text!r}: no variable may follow '**'.")


def _check_names(text: str, names: list[str]) -> None:
    for index, name in enumerate(names):
        for other in names[:index]:
            if name == other or name.startswith(other + ".") or other.startswith(name + "."):
                raise TemplateError(f"{text!r}: {name!r} is bound twice.")


def _placed(field_path: str, start: int, *, end: int, segments: list[str]) -> Variable:
    deep = REST in segments[start:end]
    return Variable(field_path, start, end - len(segments) - 1 if deep else end, deep)
