"""One request message from the path variables, the query and the body of a REST call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from rest_bridge.codec import guard, shapes
from rest_bridge.codec.codec import ALWAYS_TRAVELS, Codec
from rest_bridge.codec.errors import Faults, FieldErrors, RuleError, refused, travelling, wrong_type
from rest_bridge.codec.mask import mask_paths
from rest_bridge.codec.paths import NoSuchField, Place, field_path, place, put, text_reader
from rest_bridge.codec.query import QueryReader
from rest_bridge.codec.reader import construct

IN_PATH = "Given in the path; remove it from the body."
NO_BODY = "This request takes no body."


class RequestReader:
    """Builds the request messages of one binding; compiled once, at start.

    An empty body stands for `{}` where the body is the whole request, and leaves a named body field
    unset. A value given in the path may not be given again elsewhere, even if it is the same.
    """

    def __init__(
        self,
        codec: Codec,
        message_class: type[Message],
        *,
        path_fields: Sequence[str],
        body: str | None,
        mask_field: str | None = None,
        ignored_query: frozenset[str] = frozenset(),
    ) -> None:
        """Raises RuleError when a path variable, the body or the mask does not fit the message."""
        self._codec = codec
        self._class = message_class
        self._message = shapes.descriptor_of(message_class)
        self._body = body or None
        self._path = self._compile_path(path_fields)
        self._body_field = self._named_body()
        self._mask = self._checked_mask(mask_field)
        self._read = self._body_reader()
        in_path = frozenset(where.names for where in self._path.values())
        self._query = QueryReader(
            codec,
            self._message,
            in_path=in_path,
            in_body=self._body,
            hidden=frozenset([mask_field] if mask_field else []),
            ignored=ignored_query,
        )

    def build(self, *, path: Sequence[tuple[str, str]], query: bytes | str, body: bytes | None) -> Message:
        """The request message; raises FieldErrors or TooLarge.

        `path` holds the variables of the binding with their decoded text, `query` is the raw query string.
        """
        faults = Faults()
        arguments, depth = self._body_arguments(body, faults)
        is_message = isinstance(arguments, Message)
        self._bind({} if is_message else arguments, path, query=query, faults=faults)
        self._finish(faults)
        if is_message:
            return _travelling(arguments, depth)
        return _travelling(construct(self._class, arguments), depth)

    def build_each(
        self, *, path: Sequence[tuple[str, str]], query: bytes | str, body: bytes | None
    ) -> list[Message]:
        """The messages of a client stream from a JSON list; path and query go into the first."""
        values, depth = self._load_list(body)
        faults = Faults()
        found: list[Any] = []
        for index, value in enumerate(values):
            try:
                found.append(self._read(value))
            except FieldErrors as below:
                faults.nest(index, below)
        first = found[0] if found and isinstance(found[0], dict) else {}
        self._bind(first, path, query=query, faults=faults)
        self._finish(faults)
        return [_travelling(construct(self._class, item), depth) for item in found]

    def _bind(
        self,
        arguments: dict[str, Any],
        path: Sequence[tuple[str, str]],
        *,
        query: bytes | str,
        faults: Faults,
    ) -> None:
        for name, text in path:
            where = self._path[name]
            if self._given_in_body(arguments, where):
                faults.add(self._path_in_body(where), IN_PATH)
                continue
            try:
                put(arguments, where, value=where.convert(text))
            except FieldErrors as below:
                faults.nest(".".join(where.names), below)
        if query:
            self._query.apply(query, arguments, faults=faults)

    @staticmethod
    def _given_in_body(arguments: dict[str, Any], where: Place) -> bool:
        """Only the body has been read so far, so whatever stands at the place came from there."""
        parent: Any = arguments
        for name in where.names[:-1]:
            parent = parent.get(name)
            if parent is None:
                return False
        return where.names[-1] in parent

    def _path_in_body(self, where: Place) -> str:
        names = where.names[1:] if self._body_field else where.names
        return ".".join(names)

    @staticmethod
    def _finish(faults: Faults) -> None:
        if faults.errors:
            raise FieldErrors(faults.errors).at_top()

    # -- the body ---------------------------------------------------------------------------------

    def _body_arguments(self, body: bytes | None, faults: Faults) -> tuple[Any, int]:
        """The constructor arguments the body gives, or the message itself for a Struct, and its depth."""
        if not body:
            return self._empty_body(), 0
        try:
            if self._body is None:
                raise refused(NO_BODY)
            value, depth = self._codec.load(body)
            return self._read(value), depth
        except FieldErrors as below:
            faults.take(below)
            return {}, 0

    def _empty_body(self) -> dict[str, Any]:
        return {self._mask: {}} if self._mask else {}

    def _load_list(self, body: bytes | None) -> guard.Loaded:
        try:
            loaded = self._codec.load(body or b"")
            if type(loaded.value) is not list:
                raise wrong_type("a list of messages", loaded.value)
        except FieldErrors as errors:
            raise errors.at_top() from None
        return loaded

    def _body_reader(self) -> Any:
        field = self._body_field
        if field is None:
            return self._codec.readers.of(self._message)
        read, mask, name, message = (
            self._codec.readers.field(field),
            self._mask,
            field.name,
            field.message_type,
        )

        def read_named(value: Any) -> dict[str, Any]:
            arguments = {name: None if value is None else read(value)}
            if mask and message is not None:
                arguments[mask] = {"paths": mask_paths(message, value) if value else []}
            return arguments

        return read_named

    # -- the rule ---------------------------------------------------------------------------------

    def _compile_path(self, path_fields: Sequence[str]) -> dict[str, Place]:
        places: dict[str, Place] = {}
        for dotted in path_fields:
            where = self._path_place(dotted)
            if any(where.names == other.names for other in places.values()):
                raise self._rule_error(f"path variable '{dotted}' is bound twice")
            places[dotted] = where
        return places

    def _path_place(self, dotted: str) -> Place:
        try:
            fields = field_path(self._message, dotted)
        except NoSuchField as error:
            raise self._rule_error(f"path variable '{dotted}': {error}") from None
        if not fields or fields[-1].is_repeated:
            raise self._rule_error(f"path variable '{dotted}' must name one field that is not repeated")
        convert = text_reader(fields[-1], self._codec.style)
        if convert is None:
            raise self._rule_error(f"path variable '{dotted}' names a message that has no text form")
        return place(fields, convert)

    def _named_body(self) -> FieldDescriptor | None:
        if self._body is None or self._body == "*":
            return None
        field = shapes.field_named(self._message, self._body)
        if field is None:
            raise self._rule_error(f"body '{self._body}' is not a top-level field")
        if any(where.names == (field.name,) for where in self._path.values()):
            raise self._rule_error(f"'{field.name}' is both the body and a path variable")
        self._body = field.name
        return field

    def _checked_mask(self, mask_field: str | None) -> str | None:
        if mask_field is None:
            return None
        field = self._message.fields_by_name.get(mask_field)
        kind = field.message_type if field is not None else None
        if field is None or field.is_repeated or kind is None or kind.full_name != shapes.FIELD_MASK:
            raise self._rule_error(f"'{mask_field}' is not a field of type google.protobuf.FieldMask")
        body = self._body_field
        if body is None or shapes.steps_into(body) is None:
            raise self._rule_error("a field mask needs a named body field that is a message")
        return mask_field

    def _rule_error(self, text: str) -> RuleError:
        return RuleError(f"{self._message.full_name}: {text}.")


def _travelling(message: Message, depth: int) -> Message:
    return travelling(message) if depth > ALWAYS_TRAVELS else message
