"""Finding the route of a path: literal before `*` before `**`, and never an empty segment."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar
from urllib.parse import unquote, unquote_to_bytes

from rest_bridge.template import ANY, REST, Template, Variable

T = TypeVar("T")

ANY_METHOD = "*"

_MALFORMED_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPED_RESERVED = re.compile(
    "%(" + "|".join(f"{ord(char):02X}" for char in "!#$&'()*+,/:;=?@[]") + ")", re.I
)
_ESCAPED_SLASH = re.compile("%(2F)", re.I)


class PathError(ValueError):
    """The request path has a malformed percent escape, or escapes that are not UTF-8."""


class DuplicateRoute(ValueError):
    """Two rules would answer the same requests."""


class Unescape(Enum):
    """Which escapes a multi-segment variable keeps; a single segment is always decoded in full."""

    ALL_EXCEPT_RESERVED = _ESCAPED_RESERVED
    ALL_EXCEPT_SLASH = _ESCAPED_SLASH
    ALL = None


@dataclass(frozen=True, slots=True)
class Route(Generic[T]):
    """One template under one HTTP method, with what answers it."""

    method: str
    template: Template
    consumes: str
    value: T


Routes = tuple[Route[T], ...]
Ends = dict[str, dict[str, Routes[T]]]  # verb -> HTTP method -> routes, told apart by what they consume


@dataclass(slots=True)
class _Node(Generic[T]):
    children: dict[str, _Node[T]] = field(default_factory=dict)
    star: _Node[T] | None = None
    ends: Ends[T] = field(default_factory=dict)
    deep: list[tuple[tuple[str, ...], Ends[T]]] = field(default_factory=list)


@dataclass(slots=True)
class Match(Generic[T]):
    """The routes of a path, and its segments as they came."""

    routes: Routes[T]
    segments: list[str]
    unescape: Unescape

    def bind(self, variables: tuple[Variable, ...]) -> list[tuple[str, str]]:
        """The text of each variable, decoded by the rule for its length."""
        return [(variable.field_path, self._text(variable)) for variable in variables]

    def _text(self, variable: Variable) -> str:
        if variable.single:
            text = self.segments[variable.start]
            return unquote(text) if "%" in text else text
        end = variable.end if variable.end >= 0 else len(self.segments) + variable.end + 1
        text = "/".join(self.segments[variable.start : end])
        return _keep_escapes(text, self.unescape) if "%" in text else text


def _keep_escapes(text: str, unescape: Unescape) -> str:
    if unescape.value is not None:
        text = unescape.value.sub(r"%25\1", text)
    return unquote(text)


class Router(Generic[T]):
    """A trie over path segments. Routes are added at start; look-ups touch each node at most once."""

    def __init__(self, unescape: Unescape = Unescape.ALL_EXCEPT_RESERVED) -> None:
        self._unescape = unescape
        self._root: _Node[T] = _Node()
        self._plain: dict[str, dict[str, Routes[T]]] = {}
        self._verbs: set[str] = set()
        self._methods: set[str] = set()

    def add(self, route: Route[T]) -> None:
        """Register a route.

        Raises:
            DuplicateRoute: the same method, shape and media type is there already.
        """
        template = route.template
        ends = self._ends_for(template.segments)
        methods = ends.setdefault(template.verb, {})
        there = methods.get(route.method, ())
        for other in there:
            if other.consumes == route.consumes:
                raise DuplicateRoute(
                    f"{route.method} {template.text} and {other.method} {other.template.text} answer the same "
                    "requests; give one of them another path."
                )
        methods[route.method] = (*there, route)
        self._methods.add(route.method)
        if template.verb:
            self._verbs.add(template.verb)
        if template.literal and "%" not in template.text:
            self._plain[template.text] = methods

    def find(self, method: str, path: str) -> Match[T] | None:
        """The best match of a raw (still escaped) path without its query, or None.

        Raises:
            PathError: the path's escapes are malformed.
        """
        if len(path) > 1 and path[-1] == "/":
            path = path[:-1]
        methods = self._plain.get(path)
        if methods is not None and method in methods:
            return Match(methods[method], [], self._unescape)
        return self._search(method, path)

    def allowed(self, path: str) -> list[str]:
        """The HTTP methods some route answers at this path, HEAD and OPTIONS included; empty when there is none."""
        methods = {method for method in self._methods if self.find(method, path) is not None}
        if not methods:
            return []
        if "GET" in methods:
            methods.add("HEAD")
        return sorted(methods - {ANY_METHOD} | {"OPTIONS"})

    def _ends_for(self, segments: tuple[str, ...]) -> Ends[T]:
        node = self._root
        for position, segment in enumerate(segments):
            if segment == REST:
                return _deep_ends(node, segments[position + 1 :])
            if segment == ANY:
                node.star = node.star or _Node()
                node = node.star
            else:
                node = node.children.setdefault(segment, _Node())
        return node.ends

    def _search(self, method: str, path: str) -> Match[T] | None:
        # An empty segment matches nothing: "/reports//" must never become a report with an empty id.
        if not path.startswith("/") or "//" in path or (len(path) > 1 and path[-1] == "/"):
            return None
        segments = path[1:].split("/") if len(path) > 1 else []
        texts = [_decoded(segment) for segment in segments] if "%" in path else segments
        if self._verbs and segments and ":" in segments[-1]:
            found = self._search_verbs(method, segments)
            if found is not None:
                return found
        routes = _Walk(texts, "", method=method).at(self._root, 0)
        return Match(routes, segments, self._unescape) if routes else None

    def _search_verbs(self, method: str, segments: list[str]) -> Match[T] | None:
        """Try the registered verbs, longest first; the colon belongs to the last segment when none fits."""
        last = segments[-1]
        colon = last.find(":")
        while colon >= 0:
            verb = last[colon + 1 :]
            if colon > 0 and verb in self._verbs:
                cut = [*segments[:-1], last[:colon]]
                texts = [_decoded(segment) for segment in cut]
                routes = _Walk(texts, verb, method=method).at(self._root, 0)
                if routes:
                    return Match(routes, cut, self._unescape)
            colon = last.find(":", colon + 1)
        return None


def _deep_ends(node: _Node[T], tail: tuple[str, ...]) -> Ends[T]:
    for there, ends in node.deep:
        if there == tail:
            return ends
    fresh: Ends[T] = {}
    node.deep.append((tail, fresh))
    node.deep.sort(key=lambda entry: -len(entry[0]))  # the longer tail is the more special route
    return fresh


def _decoded(segment: str) -> str:
    if "%" not in segment:
        return segment
    if _MALFORMED_ESCAPE.search(segment):
        raise PathError(
            "The path has a '%' that does not begin a two-digit escape; write '%25' for a percent sign."
        )
    try:
        return unquote_to_bytes(segment).decode("utf-8")
    except UnicodeDecodeError:
        raise PathError("The escapes in the path are not UTF-8.") from None


class _Walk:
    """One look-up: the same segments, verb and method all the way down."""

    __slots__ = ("count", "method", "texts", "verb")

    def __init__(self, texts: list[str], verb: str, *, method: str) -> None:
        self.texts = texts
        self.count = len(texts)
        self.verb = verb
        self.method = method

    def at(self, node: _Node[T], position: int) -> Routes[T]:
        routes = self._routes(node.ends) if position == self.count else self._deeper(node, position)
        return routes or (self._rest(node, position) if node.deep else ())

    def _deeper(self, node: _Node[T], position: int) -> Routes[T]:
        child = node.children.get(self.texts[position])
        if child is not None and (routes := self.at(child, position + 1)):
            return routes
        return self.at(node.star, position + 1) if node.star is not None else ()

    def _rest(self, node: _Node[T], position: int) -> Routes[T]:
        for tail, ends in node.deep:
            length = len(tail)
            if self.count - position >= length and tuple(self.texts[self.count - length :]) == tail:
                routes = self._routes(ends)
                if routes:
                    return routes
        return ()

    def _routes(self, ends: Ends[T]) -> Routes[T]:
        methods = ends.get(self.verb)
        if methods is None:
            return ()
        return methods.get(self.method) or methods.get(ANY_METHOD, ())
