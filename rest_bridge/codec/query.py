"""Query strings to the fields of a request message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from rest_bridge.codec import shapes
from rest_bridge.codec.errors import Faults, FieldErrors, allowed, refused
from rest_bridge.codec.paths import (
    FromText,
    NoSuchField,
    Place,
    field_path,
    place,
    put,
    text_reader,
    without_wrapper_value,
)

if TYPE_CHECKING:
    from rest_bridge.codec.codec import Codec

QUERY = "query"  # the key of an error about the query as a whole
IN_PATH = "Given in the path; remove it from the query."
IN_BODY = "Belongs in the body; remove it from the query."
NOT_IN_ADDRESS = "Not taken in the address, which ends up in logs; send it in the body of a POST."
NO_PARAMETERS = "This request takes no query parameters."
ENCODING = "Not valid percent-encoded UTF-8."

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class QueryReader:
    """The query parameters of one binding: every field that is neither in the path nor in the body."""

    def __init__(
        self,
        codec: Codec,
        message: Descriptor,
        *,
        in_path: frozenset[tuple[str, ...]],
        in_body: str | None,
        hidden: frozenset[str],
        ignored: frozenset[str],
    ) -> None:
        self._codec = codec
        self._message = message
        self._in_path = in_path
        self._in_body = in_body
        self._hidden = hidden
        self._ignored = ignored
        self._places: dict[str, Place] = {}
        self._allowed: list[str] = []
        if in_body != "*":
            self._compile()

    def _compile(self) -> None:
        """Places of the fields and of those one message below; deeper names are looked up when they come."""
        for field in self._message.fields:
            self._add([field])
            below = shapes.steps_into(field)
            for part in below.fields if below is not None else ():
                self._add([field, part])

    def _add(self, fields: list[FieldDescriptor]) -> None:
        target = without_wrapper_value(fields)
        convert = self._text_reader(target[-1])
        names = tuple(field.name for field in target)
        if convert is None or names[0] in (*self._hidden, self._in_body) or names in self._in_path:
            return
        if self._is_kept_out(target[-1]):
            return
        proto_name = ".".join(field.name for field in fields)
        json_name = ".".join(field.json_name for field in fields)
        self._places[json_name] = self._places[proto_name] = place(target, convert)
        if target is fields:
            self._allowed.append(proto_name if self._codec.style.proto_names else json_name)

    def _text_reader(self, field: FieldDescriptor) -> FromText | None:
        message = field.message_type
        if message is not None and message.full_name in shapes.FREE_FORM:
            read = self._codec.readers.of(message)
            return lambda text: read(self._codec.load(text.encode()).value)
        return text_reader(field, self._codec.style)

    def _is_kept_out(self, field: FieldDescriptor) -> bool:
        kept_out = self._codec.style.not_in_query
        return kept_out is not None and kept_out(field)

    def apply(self, query: bytes | str, arguments: dict[str, Any], *, faults: Faults) -> None:
        """Adds every parameter to the constructor arguments, its error to the faults."""
        given: set[tuple[str, ...]] = set()
        for raw_name, raw_text in split(query):
            name, text = _decode(raw_name), _decode(raw_text)
            if name is None or text is None:
                faults.add(QUERY if name is None else name, ENCODING)
                continue
            if name in self._ignored:
                continue
            try:
                where = self._place(raw_name, name)
                if where.names in given and not where.repeated:
                    raise refused("Given more than once.")
                given.add(where.names)
                put(arguments, where, value=where.convert(text))
            except FieldErrors as below:
                faults.nest(name, below)

    def _place(self, raw_name: str, name: str) -> Place:
        where = self._places.get(name) or self._places.get(raw_name)
        return where or self._look_up(raw_name)

    def _look_up(self, raw_name: str) -> Place:
        unknown = refused(
            NO_PARAMETERS if self._in_body == "*" else f"Unknown parameter. {allowed(self._allowed)}"
        )
        try:
            fields = field_path(self._message, raw_name)
        except NoSuchField:
            raise unknown from None
        if not fields or fields[0].name in self._hidden:
            raise unknown
        names = tuple(field.name for field in fields)
        if names in self._in_path:
            raise refused(IN_PATH)
        if self._in_body == "*":
            raise unknown
        if self._in_body == names[0]:
            raise refused(IN_BODY)
        if self._is_kept_out(fields[-1]):
            raise refused(NOT_IN_ADDRESS)
        convert = self._text_reader(fields[-1])
        if convert is None:
            raise refused("Cannot be given as one parameter.")
        return place(fields, convert)


def split(query: bytes | str) -> Iterator[tuple[str, str]]:
    """The still encoded names and values between `&`; a name without `=` has the empty value."""
    # Bytes that are no UTF-8 become lone surrogates here and an error of their parameter below.
    text = query.decode("utf-8", "surrogateescape") if isinstance(query, bytes) else query
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            yield name, value


def _decode(text: str) -> str | None:
    """The text with `+` and escapes resolved, None when they are malformed or not UTF-8."""
    if text.isascii() and "%" not in text:
        return text.replace("+", " ")
    if _BAD_ESCAPE.search(text):
        return None
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except ValueError:
        return None
