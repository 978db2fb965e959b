"""The bridge's codec made of google.protobuf.json_format: what a bridge without a compiled codec would pay."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message

from rest_bridge.codec import Codec, JsonStyle
from rest_bridge.codec.guard import Loaded
from rest_bridge.codec.reader import Readers
from rest_bridge.style import STYLE


class StockReaders(Readers):
    """Request bodies through `json_format.ParseDict`. It gives whole messages, so routes with a path *and* a
    body of `*` do not work here; the benchmark calls none. Paths and queries are not JSON: they are read as ever."""

    def __init__(self, style: JsonStyle) -> None:
        super().__init__(style)
        self.calls = 0

    def compile(self, descriptor: Descriptor) -> Callable[[Any], Message]:
        """The stock reader of a message type."""
        message_class = message_factory.GetMessageClass(descriptor)

        def read(value: Any) -> Message:
            self.calls += 1
            return json_format.ParseDict(value, message_class())

        return read


class StockCodec(Codec):
    """Both directions go through json_format and the standard json module (enum words stay upper case)."""

    def __init__(self) -> None:
        super().__init__(STYLE)
        self.stock_readers = StockReaders(STYLE)
        self.readers = self.stock_readers
        self.writes = 0

    def load(self, data: bytes) -> Loaded:
        """What `json_format.Parse` does with a text before ParseDict; no limits are judged."""
        return Loaded(json.loads(data), 0)

    def write(self, message: Message) -> bytes:
        """The message by `json_format.MessageToJson`."""
        self.writes += 1
        return json_format.MessageToJson(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True, indent=None
        ).encode()

    def to_plain(self, message: Message) -> Any:
        """The JSON-ready value by `json_format.MessageToDict`."""
        self.writes += 1
        return json_format.MessageToDict(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )

    def check_used(self) -> None:
        """Raise RuntimeError unless bodies were both read and written here."""
        if not (self.stock_readers.calls and self.writes):
            raise RuntimeError(f"json_format read {self.stock_readers.calls} and wrote {self.writes} bodies")
