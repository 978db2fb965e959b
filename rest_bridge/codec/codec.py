"""The codec: messages to JSON and back, compiled per message type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from rest_bridge.codec import guard, shapes
from rest_bridge.codec.errors import FieldErrors, travelling
from rest_bridge.codec.reader import Readers
from rest_bridge.codec.style import DEFAULT_LIMITS, PRODUCT, JsonStyle, Limits
from rest_bridge.codec.writer import Writers

M = TypeVar("M", bound=Message)

# A level of a Struct is three levels on the wire, where a hundred are read; up to this depth any fits.
ALWAYS_TRAVELS = 32


class Codec:
    """JSON to and from protobuf in one style, within limits."""

    def __init__(self, style: JsonStyle = PRODUCT, limits: Limits = DEFAULT_LIMITS) -> None:
        self.style = style
        self.limits = limits
        self.writers = Writers(style)
        self.readers = Readers(style)

    def writer_for(self, descriptor: Descriptor) -> Callable[[Any], Any]:
        """The compiled function from a message of this type to its JSON-ready value."""
        return self.writers.of(descriptor)

    def reader_for(self, descriptor: Descriptor) -> Callable[[Any], Any]:
        """The compiled function from a plain JSON value to the constructor arguments of this type."""
        return self.readers.of(descriptor)

    def to_plain(self, message: Message) -> Any:
        """The JSON-ready value of a message.

        Raises ValueError for a message that has no JSON form: an Any of unknown type, a Timestamp out of
        range, a field mask path that is not snake_case, and in full range a NaN in a Value.
        """
        try:
            return self.writers.of(shapes.descriptor_of(message))(message)
        except RecursionError:
            raise ValueError("The message is nested too deeply to print.") from None

    def write(self, message: Message) -> bytes:
        """The message as compact JSON in UTF-8; raises ValueError as `to_plain` does."""
        try:
            return orjson.dumps(self.to_plain(message))
        except orjson.JSONEncodeError as error:
            raise ValueError(f"The message cannot be printed: {error}.") from None

    def load(self, data: bytes) -> guard.Loaded:
        """The plain JSON value in `data`, judged against the limits; raises FieldErrors or TooLarge."""
        return guard.load(data, self.limits, nul_allowed=self.style.full_range)

    def read(self, data: bytes, message_class: type[M]) -> M:
        """The message that a JSON text stands for; raises FieldErrors or TooLarge."""
        try:
            value, depth = self.load(data)
            message = self._build(value, message_class)
        except FieldErrors as errors:
            raise errors.at_top() from None
        return travelling(message) if depth > ALWAYS_TRAVELS else message

    def read_plain(self, value: Any, message_class: type[M]) -> M:
        """The message that a parsed JSON value stands for; raises FieldErrors or TooLarge."""
        try:
            guard.check_plain(value, self.limits, nul_allowed=self.style.full_range)
            message = self._build(value, message_class)
        except FieldErrors as errors:
            raise errors.at_top() from None
        return travelling(message)

    def _build(self, value: Any, message_class: type[M]) -> M:
        built = self.readers.build(message_class, value)
        assert isinstance(built, message_class)  # noqa: S101 - tells the type checker, costs nothing
        return built
