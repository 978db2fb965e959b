"""The bridge's codec made of google.protobuf.json_format: what a bridge without a compiled codec would pay."""

from __future__ import annotations

from typing import Any

import orjson
from google.protobuf import json_format
from google.protobuf.message import Message

from rest_bridge.codec import Codec
from rest_bridge.style import STYLE


class StockCodec(Codec):
    """Same interface; printing goes through json_format (enum words stay upper case: it knows no others)."""

    def __init__(self) -> None:
        super().__init__(STYLE)

    def write(self, message: Message) -> bytes:
        return orjson.dumps(self.to_plain(message))

    def to_plain(self, message: Message) -> Any:
        return json_format.MessageToDict(
            message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
        )

    def writer_for(self, _descriptor: Any) -> Any:
        return self.to_plain

    def read_plain(self, value: Any, message_class: Any) -> Any:
        return json_format.ParseDict(value, message_class())
