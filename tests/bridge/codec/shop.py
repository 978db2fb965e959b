"""A small message in the manner of a product's resource, and the product's style for it."""

from __future__ import annotations

from google.protobuf.descriptor import EnumValueDescriptor

from rest_bridge.codec import Codec, JsonStyle
from tests.bridge.support_schemas import Schema

SCHEMA = Schema(
    "shoppb",
    {
        "messages": {
            "Order": {
                "id": "string",
                "name": "string",
                "status": "enum Status",
                "tags": "repeated string",
                "total": "double",
                "count": "int32",
                "size": "int64",
                "ratio": "optional double",
                "small": "float",
                "paid": "bool",
                "raw": "bytes",
                "lines": "repeated Line",
                "labels": "map<string,string>",
                "counts": "map<int32,int32>",
                "statuses": "repeated enum Status",
                "settings": "google.protobuf.Struct",
                "extra": "google.protobuf.Value",
                "extras": "repeated google.protobuf.Value",
                "created_at": "google.protobuf.Timestamp",
                "lasts": "google.protobuf.Duration",
                "mask": "google.protobuf.FieldMask",
                "limit": "google.protobuf.Int32Value",
                "anything": "google.protobuf.Any",
                "parent": "Order",
                "oneof owner": {"person": "string", "team_id": "string"},
            },
            "Line": {"product": "string", "position": "Position", "status": "optional enum Status"},
            "Position": {"x": "int32", "y_axis": "double"},
            "UpdateOrder": {"id": "string", "order": "Order", "update_mask": "google.protobuf.FieldMask"},
            "GetOrder": {
                "id": "string",
                "level": "enum Status",
                "page": "int32",
                "tags": "repeated string",
                "created_after": "google.protobuf.Timestamp",
                "where": "Position",
                "limit": "google.protobuf.Int32Value",
                "fields": "google.protobuf.FieldMask",
                "wide": "optional bool",
                "lines": "repeated Line",
                "settings": "google.protobuf.Struct",
                "oneof owner": {"person": "string", "team_id": "string"},
            },
            "MoveOrder": {"id": "string", "order": "Order", "line": "Line"},
        },
        "enums": {"Status": {"STATUS_UNSPECIFIED": 0, "STATUS_OPEN": 1, "STATUS_ON_HOLD": 2}},
    },
)
Order, Line = SCHEMA.message_class("Order"), SCHEMA.message_class("Line")
GetOrder, UpdateOrder = SCHEMA.message_class("GetOrder"), SCHEMA.message_class("UpdateOrder")
MoveOrder = SCHEMA.message_class("MoveOrder")


def word(value: EnumValueDescriptor) -> str | None:
    """`STATUS_ON_HOLD` is `on_hold`; the unspecified value has no word."""
    return value.name.removeprefix("STATUS_").lower() if value.number else None


PRODUCT = Codec(JsonStyle(enum_word=word))
