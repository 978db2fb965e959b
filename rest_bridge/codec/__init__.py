"""JSON to and from protobuf, compiled once per message descriptor."""

from rest_bridge.codec.codec import Codec
from rest_bridge.codec.errors import FieldErrors, RuleError, TooLarge
from rest_bridge.codec.request import RequestReader
from rest_bridge.codec.style import STOCK, JsonStyle, Limits

__all__ = [
    "STOCK",
    "Codec",
    "FieldErrors",
    "JsonStyle",
    "Limits",
    "RequestReader",
    "RuleError",
    "TooLarge",
]
