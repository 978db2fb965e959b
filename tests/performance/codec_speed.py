"""Times the codec against `json_format` on the same messages in one interleaved run and prints a table.

Run: `python -m tests.performance.codec_speed [rounds]`. Times are CPU microseconds a call, the least of the
rounds, since every disturbance only adds; the two sides take turns, so a busy machine hurts both alike.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from google.protobuf import json_format
from google.protobuf.message import Message

from rest_bridge.codec import STOCK, Codec, JsonStyle, RequestReader
from tests.bridge.support_schemas import Schema

SHAPE = {
    "messages": {
        "Report": {
            "id": "string",
            "name": "string",
            "status": "enum Status",
            "report_type": "string",
            "credits_used": "int32",
            "size": "int64",
            "score": "double",
            "shared": "bool",
            "sections": "repeated string",
            "labels": "map<string,string>",
            "created_by": "Person",
            "created_at": "google.protobuf.Timestamp",
            "completed_at": "google.protobuf.Timestamp",
            "note": "optional string",
        },
        "Person": {"id": "string", "email": "string"},
        "ReportList": {"count": "int32", "next": "string", "results": "repeated Report"},
        "Dashboard": {"name": "string", "config": "google.protobuf.Struct", "widgets": "repeated Widget"},
        "Widget": {"type": "string", "title": "string", "position": "Position", "limit": "optional int32"},
        "Position": {"x": "int32", "y": "int32", "w": "int32", "h": "int32"},
        "GetReport": {"id": "string", "level": "string", "page": "int32"},
    },
    "enums": {"Status": {"STATUS_UNSPECIFIED": 0, "STATUS_PENDING": 1, "STATUS_COMPLETED": 2}},
}
SCHEMA = Schema("speedpb", SHAPE)
TARGETS = {"write 20": 4.0, "write 1": 1.0, "read 20": 5.0, "read 1": 1.0}


def report(number: int) -> dict[str, Any]:
    return {
        "id": f"0192f0c1-7a52-7c4e-9d61-{number:012d}",
        "name": f"Quarterly revenue by region, part {number}",
        "status": "STATUS_COMPLETED",
        "report_type": "standard",
        "credits_used": 3,
        "size": str(48_213 + number),
        "score": 0.8125 + number / 7,
        "shared": number % 2 == 0,
        "sections": ["summary", "revenue", "outlook"],
        "labels": {"team": "sales", "quarter": "Q3"},
        "created_by": {"id": f"0192f0c1-0000-7c4e-9d61-{number:012d}", "email": "analyst@example.com"},
        "created_at": f"2026-04-11T09:30:{number:02d}.123Z",
        "completed_at": f"2026-04-11T09:31:{number:02d}Z",
        "note": "checked",
    }


def dashboard() -> dict[str, Any]:
    widget = {"type": "bar", "title": "Revenue", "position": {"x": 0, "y": 1, "w": 6, "h": 4}, "limit": 10}
    config = {
        "layout": "grid",
        "filters": [{"field": "region", "op": "eq", "value": "EMEA"}],
        "refresh": 3600,
    }
    return {"name": "Sales", "config": config, "widgets": [widget] * 4}


class Pair(NamedTuple):
    label: str
    size: int  # bytes of JSON
    stock: Callable[[], object]
    ours: Callable[[], object]


def pairs() -> Iterator[Pair]:
    samples = {
        "1": ("Report", report(1)),
        "20": ("ReportList", {"count": 137, "next": "", "results": [report(n) for n in range(20)]}),
        "dashboard": ("Dashboard", dashboard()),
    }
    codec = Codec(STOCK)
    for label, (name, value) in samples.items():
        cls = SCHEMA.message_class(name)
        message = json_format.ParseDict(value, cls())
        text = codec.write(message)
        if codec.read(text, cls) != message or stock_write(message) != codec.to_plain(message):
            raise SystemExit(f"the two sides disagree on {label}")
        yield Pair(f"write {label}", len(text), _bind(stock_text, message), _bind(codec.write, message))
        yield Pair(f"read {label}", len(text), _bind(stock_read, text, cls), _bind(codec.read, text, cls))
    product = Codec(JsonStyle())
    message = json_format.ParseDict(samples["20"][1], SCHEMA.message_class("ReportList")())
    size = len(product.write(message))
    yield Pair("write 20, product style", size, _bind(stock_text, message), _bind(product.write, message))


def stock_write(message: Message) -> Any:
    return json_format.MessageToDict(
        message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True
    )


def stock_text(message: Message) -> bytes:
    return json_format.MessageToJson(
        message, always_print_fields_with_no_presence=True, preserving_proto_field_name=True, indent=None
    ).encode()


def stock_read(text: bytes, cls: type[Message]) -> Message:
    return json_format.Parse(text, cls())


def _bind(function: Callable[..., object], *arguments: Any) -> Callable[[], object]:
    return lambda: function(*arguments)


def least(run: Callable[[], object], calls: int) -> float:
    """CPU microseconds a call."""
    start = time.process_time_ns()
    for _ in range(calls):
        run()
    return (time.process_time_ns() - start) / calls / 1000


def measure(pair: Pair, rounds: int) -> tuple[float, float]:
    calls = max(3, int(20_000 / max(1.0, least(pair.stock, 3))))
    times = [(least(pair.stock, calls), least(pair.ours, calls)) for _ in range(rounds)]
    return min(stock for stock, _ in times), min(ours for _, ours in times)


def request_time(rounds: int) -> float:
    """Microseconds to build the request of `GET /reports/{id}?page=2`."""
    reader = RequestReader(Codec(), SCHEMA.message_class("GetReport"), path_fields=["id"], body=None)
    path = [("id", "0192f0c1-7a52-7c4e-9d61-000000000001")]
    return min(
        least(lambda: reader.build(path=path, query=b"page=2", body=None), 2000) for _ in range(rounds)
    )


def main(rounds: int) -> None:
    print(f"CPU us a call, least of {rounds} interleaved rounds")
    print(f"{'work':<26}{'bytes':>8}{'json_format':>13}{'codec':>9}{'ratio':>8}{'target':>8}")
    for pair in pairs():
        stock, ours = measure(pair, rounds)
        target = TARGETS.get(pair.label)
        wanted = f"{target:.0f}" if target else ""
        print(f"{pair.label:<26}{pair.size:>8}{stock:>13.1f}{ours:>9.1f}{stock / ours:>8.1f}{wanted:>8}")
    print(f"build GET request (path, one parameter): {request_time(rounds):.1f} us")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
