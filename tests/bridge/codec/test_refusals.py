"""Every refusal of a JSON body: which field it names, and in which words."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from rest_bridge.codec import STOCK, Codec, FieldErrors, Limits, RequestReader, TooLarge
from tests.bridge.codec.shop import PRODUCT, Order

WHOLE = "body"
UNKNOWN = "Unknown field. Allowed: product, position, status."
BAD_TIME = "Not a valid date and time. Expected RFC 3339, such as 2026-01-31T09:30:00Z."
BAD_MASK = "Not a valid list of fields. Expected names separated by commas, such as name,ownerId."

REFUSALS: list[tuple[str, str, str]] = [
    # text that is no JSON object
    ("", WHOLE, "Expected JSON, got nothing."),
    (" \n", WHOLE, "Expected JSON, got nothing."),
    ("[]", WHOLE, "Expected an object, got a list."),
    ('"x"', WHOLE, "Expected an object, got a string."),
    ("3", WHOLE, "Expected an object, got a number."),
    ("null", WHOLE, "Expected an object, got null."),
    ("true", WHOLE, "Expected an object, got a boolean."),
    ('{"name":}', WHOLE, "Not valid JSON (line 1, column 9)."),
    ('{"name":"a",}', WHOLE, "Not valid JSON (line 1, column 12)."),
    ("{'name':'a'}", WHOLE, "Not valid JSON (line 1, column 2)."),
    ('{"name":"a"} x', WHOLE, "Not valid JSON (line 1, column 14)."),
    ('{"name":"a"}{}', WHOLE, "Not valid JSON (line 1, column 13)."),
    ('{"total":NaN}', WHOLE, "Not valid JSON (line 1, column 10)."),
    ('{"total":-Infinity}', WHOLE, "Not valid JSON (line 1, column 11)."),
    ('{"total":1e400}', WHOLE, "Not valid JSON (line 1, column 10)."),
    ('{"settings":{"a":1e400}}', WHOLE, "Not valid JSON (line 1, column 18)."),
    ('{"name":"\\ud800"}', WHOLE, "Not valid JSON (line 1, column 10)."),
    ("\ufeff{}", WHOLE, "Not valid JSON (line 1, column 1)."),
    ('{"name":"a\nb"}', WHOLE, "Not valid JSON (line 1, column 11)."),
    ('{/* c */"name":"a"}', WHOLE, "Not valid JSON (line 1, column 2)."),
    # names
    ('{"nmae":"a"}', "nmae", "*"),
    ('{"lines":[{},{"sku":1}]}', "lines.1.sku", UNKNOWN),
    ('{"name":"a","name":"b"}', "name", "Given twice."),
    ('{"created_at":null,"createdAt":null}', "created_at", "Given twice."),
    ('{"lines":[{"position":{"y_axis":1,"yAxis":1}}]}', "lines.0.position.y_axis", "Given twice."),
    ('{"settings":{"a":{"b":1,"b":1}}}', "settings.a.b", "Given twice."),
    ('{"labels":{"a":"1","a":"1"}}', "labels.a", "Given twice."),
    ('{"n\\u0061me":"a","name":"b"}', "name", "Given twice."),
    ('{"counts":{"1":1,"01":2}}', "counts.01", "Given twice."),
    ('{"person":"a","team_id":"b"}', "team_id", "Only one of person, team_id may be given."),
    # strings
    ('{"name":5}', "name", "Expected a string, got a number."),
    ('{"name":["a"]}', "name", "Expected a string, got a list."),
    ('{"name":true}', "name", "Expected a string, got a boolean."),
    ('{"name":{}}', "name", "Expected a string, got an object."),
    ('{"name":"a\\u0000b"}', "name", "Null characters are not allowed."),
    ('{"settings":{"a":["\\u0000"]}}', "settings.a.0", "Null characters are not allowed."),
    ('{"labels":{"a\\u0000":"x"}}', "labels", "Null characters are not allowed."),
    # lists and maps
    ('{"tags":"abc"}', "tags", "Expected a list of strings, got a string."),
    ('{"tags":3}', "tags", "Expected a list of strings, got a number."),
    ('{"tags":{}}', "tags", "Expected a list of strings, got an object."),
    ('{"tags":["a",null]}', "tags.1", "Expected a string, got null."),
    ('{"tags":["a",2]}', "tags.1", "Expected a string, got a number."),
    ('{"lines":{}}', "lines", "Expected a list of objects, got an object."),
    ('{"lines":[null]}', "lines.0", "Expected an object, got null."),
    ('{"lines":[[]]}', "lines.0", "Expected an object, got a list."),
    ('{"labels":[]}', "labels", "Expected an object, got a list."),
    ('{"labels":{"a":null}}', "labels.a", "Expected a string, got null."),
    ('{"counts":{"x":1}}', "counts.x", "Not a valid integer."),
    ('{"counts":{"1":"x"}}', "counts.1", "Not a valid integer."),
    # numbers
    ('{"count":"x"}', "count", "Not a valid integer."),
    ('{"count":1.5}', "count", "Not a valid integer."),
    ('{"count":true}', "count", "Expected an integer, got a boolean."),
    ('{"count":[]}', "count", "Expected an integer, got a list."),
    ('{"count":2147483648}', "count", "Must be between -2147483648 and 2147483647."),
    ('{"count":1e10}', "count", "Must be between -2147483648 and 2147483647."),
    ('{"count":" 1"}', "count", "Not a valid integer."),
    ('{"count":"1_0"}', "count", "Not a valid integer."),
    ('{"count":"\u0663"}', "count", "Not a valid integer."),
    (
        '{"size":9223372036854775808}',
        "size",
        "Must be between -9223372036854775808 and 9223372036854775807.",
    ),
    ('{"size":-9223372036854775809}', "size", "Not a valid integer."),
    ('{"size":"' + "9" * 5000 + '"}', "size", "Not a valid integer."),
    ('{"size":"1e999999"}', "size", "Not a valid integer."),
    ('{"total":"x"}', "total", "Not a valid number."),
    ('{"total":"NaN"}', "total", "Not a valid number."),
    ('{"total":"Infinity"}', "total", "Not a valid number."),
    ('{"total":"1e400"}', "total", "Too large a number."),
    ('{"total":false}', "total", "Expected a number, got a boolean."),
    ('{"small":3.5e38}', "small", "Too large a number."),
    ('{"small":"-3.5e38"}', "small", "Too large a number."),
    ('{"paid":1}', "paid", "Expected true or false, got a number."),
    ('{"paid":"true"}', "paid", "Expected true or false, got a string."),
    # bytes and enums
    ('{"raw":"!!!!"}', "raw", "Not valid base64."),
    ('{"raw":"Zm9v="}', "raw", "Not valid base64."),
    ('{"raw":"Z"}', "raw", "Not valid base64."),
    ('{"raw":"Zm 9v"}', "raw", "Not valid base64."),
    ('{"raw":[1]}', "raw", "Expected a base64 string, got a list."),
    ('{"status":"closed"}', "status", "'closed' is not a valid choice. Allowed: open, on_hold."),
    ('{"status":"STATUS_OPEN"}', "status", "'STATUS_OPEN' is not a valid choice. Allowed: open, on_hold."),
    ('{"status":"unspecified"}', "status", "'unspecified' is not a valid choice. Allowed: open, on_hold."),
    ('{"status":1}', "status", "Expected a string, got a number."),
    ('{"statuses":["open","shut"]}', "statuses.1", "'shut' is not a valid choice. Allowed: open, on_hold."),
    ('{"statuses":"open"}', "statuses", "Expected a list of strings, got a string."),
    # messages with a form of their own
    ('{"created_at":"2026-01-31"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-02-29T00:00:00Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T24:00:00Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:60:00Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:60Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:00"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:00.Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:00.1234567891Z"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:00+24:00"}', "created_at", BAD_TIME),
    ('{"created_at":"2026-01-31T09:30:00Z\\n"}', "created_at", BAD_TIME),
    ('{"created_at":"\u0662026-01-31T09:30:00Z"}', "created_at", BAD_TIME),
    ('{"created_at":"0001-01-01T00:00:00+00:01"}', "created_at", "Must be within the years 1 to 9999."),
    ('{"created_at":1}', "created_at", "Expected a date and time as a string, got a number."),
    ('{"created_at":{"seconds":1}}', "created_at", "Expected a date and time as a string, got an object."),
    ('{"lasts":"5m"}', "lasts", "Not a valid duration. Expected seconds, such as 3.5s."),
    ('{"lasts":"315576000000.1s"}', "lasts", "Must be at most 315576000000 seconds."),
    ('{"mask":"a_b"}', "mask", BAD_MASK),
    ('{"mask":"a,,b"}', "mask", BAD_MASK),
    ('{"limit":{"value":3}}', "limit", "Expected an integer, got an object."),
    ('{"limit":"x"}', "limit", "Not a valid integer."),
    ('{"settings":[]}', "settings", "Expected an object, got a list."),
    ('{"parent":{"parent":{"count":"x"}}}', "parent.parent.count", "Not a valid integer."),
    ('{"parent":[]}', "parent", "Expected an object, got a list."),
    ('{"anything":{"a":1}}', "anything.@type", "*"),
    ('{"anything":{"@type":"x/nowhere.Nothing"}}', "anything.@type", "Unknown type 'x/nowhere.Nothing'."),
    (
        '{"anything":{"@type":"x/shoppb.Line","product":1}}',
        "anything.product",
        "Expected a string, got a number.",
    ),
    ('{"anything":{"@type":"x/google.protobuf.Duration"}}', "anything", "Expected exactly @type and value."),
]


@pytest.mark.parametrize(("body", "path", "text"), REFUSALS)
def test_a_body_is_refused_with_the_field_and_the_reason(body: str, path: str, text: str) -> None:
    assert_refused(body.encode("utf-8", "surrogatepass"), path, text)


def assert_refused(body: bytes, path: str, text: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        PRODUCT.read(body, Order)
    assert list(caught.value.errors) == [path]
    if text != "*":
        assert caught.value.errors[path] == [text]


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"name":"\xff"}', b'{"name":"\xed\xa0\x80"}', '{"name":"é"}'.encode("latin-1")]
)
def test_bytes_that_are_not_utf8_are_refused(body: bytes) -> None:
    with pytest.raises(FieldErrors) as caught:
        PRODUCT.read(body, Order)
    assert list(caught.value.errors) == [WHOLE]


def test_all_faults_of_a_body_are_told_at_once() -> None:
    body = b'{"name":1,"tags":[1,"a",2],"lines":[{"product":1},{"position":{"x":"a","y_axis":"b"}}],"nmae":1}'
    with pytest.raises(FieldErrors) as caught:
        PRODUCT.read(body, Order)
    assert set(caught.value.errors) == {
        "name",
        "tags.0",
        "tags.2",
        "lines.0.product",
        "lines.1.position.x",
        "lines.1.position.y_axis",
        "nmae",
    }
    assert str(caught.value).startswith("name: Expected a string, got a number.; tags.0: ")


def test_a_very_long_name_is_cut_in_the_answer() -> None:
    with pytest.raises(FieldErrors) as caught:
        PRODUCT.read(orjson.dumps({"x" * 5000: 1}), Order)
    (path,) = caught.value.errors
    assert len(path) == 103


@pytest.mark.parametrize("depth", [32, 40, 60])
def test_a_value_too_deep_for_the_wire_is_too_large(depth: int) -> None:
    body = b'{"settings":' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    if depth > 33:
        with pytest.raises(TooLarge, match="nested too deeply"):
            PRODUCT.read(body, Order)
    else:
        message = PRODUCT.read(body, Order)
        assert Order.FromString(message.SerializeToString()) == message


def deep_in_parts() -> bytes:
    """Messages and a Struct that the wire would each carry alone, but not one inside the other."""
    settings = b'{"a":' * 22 + b"1" + b"}" * 22
    return b'{"parent":' * 40 + b'{"settings":' + settings + b"}" + b"}" * 40


def test_parts_that_are_too_deep_together_are_too_large() -> None:
    reader = RequestReader(PRODUCT, Order, path_fields=[], body="*")
    with pytest.raises(TooLarge, match="nested too deeply"):
        PRODUCT.read(deep_in_parts(), Order)
    with pytest.raises(TooLarge, match="nested too deeply"):
        reader.build(path=[], query="", body=deep_in_parts())
    inside_an_any = b'{"anything":{"@type":"x/shoppb.Order",' + deep_in_parts().removeprefix(b"{") + b"}"
    with pytest.raises(TooLarge, match="nested too deeply"):
        Codec(PRODUCT.style, Limits(max_depth=100)).read(inside_an_any, Order)


@pytest.mark.parametrize(
    ("value", "path", "text"),
    [
        ({"name": "a\0"}, "name", "Null characters are not allowed."),
        ({"name": "\ud800"}, "name", "Not valid Unicode text."),
        ({"settings": {"a": float("nan")}}, "settings.a", "Not a finite number."),
        ({"total": float("inf")}, "total", "Not a finite number."),
        ({"name": b"a"}, WHOLE, "Expected a JSON value."),
        ({1: "a"}, WHOLE, "Expected text as the name of each member."),
    ],
)
def test_a_parsed_value_is_held_to_the_same_rules(value: Any, path: str, text: str) -> None:
    with pytest.raises(FieldErrors) as caught:
        PRODUCT.read_plain(value, Order)
    assert caught.value.errors == {path: [text]}


def test_a_parsed_value_that_contains_itself_is_too_large() -> None:
    endless: dict[str, Any] = {}
    endless["parent"] = endless
    with pytest.raises(TooLarge):
        PRODUCT.read_plain(endless, Order)


def test_the_stock_style_takes_nul_and_names_of_enums() -> None:
    message = Codec(STOCK).read(b'{"name":"a\\u0000b","status":"STATUS_OPEN","statuses":[2,7]}', Order)
    assert (message.name, message.status, list(message.statuses)) == ("a\0b", 1, [2, 7])
