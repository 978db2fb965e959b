"""The product's JSON: null for unset, words for enums, whole doubles without a point."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from google.protobuf.descriptor import EnumValueDescriptor

from rest_bridge.codec import Codec, JsonStyle
from tests.bridge.codec.shop import PRODUCT, Line, Order


def test_every_field_of_an_empty_message_is_there() -> None:
    plain = orjson.loads(PRODUCT.write(Order()))
    assert list(plain) == [field.name for field in Order.DESCRIPTOR.fields]
    assert plain == {
        "id": "",
        "name": "",
        "status": None,
        "tags": [],
        "total": 0,
        "count": 0,
        "size": "0",
        "ratio": None,
        "small": 0,
        "paid": False,
        "raw": "",
        "lines": [],
        "labels": {},
        "counts": {},
        "statuses": [],
        "settings": None,
        "extra": None,
        "extras": [],
        "created_at": None,
        "lasts": None,
        "mask": None,
        "limit": None,
        "anything": None,
        "parent": None,
        "person": None,
        "team_id": None,
    }


@pytest.mark.parametrize(
    ("number", "printed"),
    [
        (5.0, b"5"),
        (-0.0, b"0"),
        (5.5, b"5.5"),
        (-3.0, b"-3"),
        (2.0**53 - 1, b"9007199254740991"),
        (2.0**53, b"9007199254740992.0"),
        (1e300, b"1e+300"),
        (math.nan, b"null"),
        (math.inf, b"null"),
    ],
)
def test_a_double_prints_as_javascript_would_print_it(number: float, printed: bytes) -> None:
    codec = Codec(JsonStyle(unset_as_null=False))
    assert b'"total":' + printed + b"," in codec.write(Order(total=number))
    free = Order(settings={"a": 1})
    free.settings.fields["a"].number_value = number
    assert b'"settings":{"a":' + printed + b"}" in codec.write(free)


def test_a_32_bit_float_prints_its_shortest_digits() -> None:
    assert b'"small":0.1,' in PRODUCT.write(Order(small=0.1))
    assert b'"small":1.4013e-45,' in PRODUCT.write(Order(small=1e-45))
    assert b'"small":3.4028235e+38,' in PRODUCT.write(Order(small=3.4028234663852886e38))


def test_enums_are_words_both_ways() -> None:
    order = Order(status=2, statuses=[1, 2, 0, 9], lines=[Line(status=0), Line()])
    plain = PRODUCT.to_plain(order)
    assert plain["status"] == "on_hold"
    assert plain["statuses"] == ["open", "on_hold", None, 9]  # a number without a word prints as itself
    assert [line["status"] for line in plain["lines"]] == [None, None]
    assert PRODUCT.read(b'{"status":"on_hold","statuses":["open"]}', Order) == Order(status=2, statuses=[1])


def test_null_means_unset_wherever_a_field_may_be_unset() -> None:
    names = [field.name for field in Order.DESCRIPTOR.fields if field.name != "extra"]
    assert PRODUCT.read(orjson.dumps(dict.fromkeys(names)), Order) == Order()


def test_null_is_a_value_for_free_form_fields_only() -> None:
    order = PRODUCT.read(b'{"extra":null,"extras":[null,1],"settings":{"a":null}}', Order)
    assert order.HasField("extra")
    assert [value.WhichOneof("kind") for value in order.extras] == ["null_value", "number_value"]
    assert order.settings.fields["a"].WhichOneof("kind") == "null_value"


def test_both_spellings_are_read_and_one_is_written() -> None:
    for body in (b'{"created_at":"2026-01-31T09:30:00Z"}', b'{"createdAt":"2026-01-31T09:30:00Z"}'):
        assert PRODUCT.to_plain(PRODUCT.read(body, Order))["created_at"] == "2026-01-31T09:30:00Z"
    camel = Codec(JsonStyle(proto_names=False))
    assert camel.to_plain(Order())["createdAt"] is None


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("0001-01-01T00:00:00Z", -62_135_596_800, 0),
        ("9999-12-31T23:59:59.999999999Z", 253_402_300_799, 999_999_999),
        ("1969-12-31T23:59:59.500Z", -1, 500_000_000),
        ("2026-01-31T09:30:00.000001Z", 1_769_851_800, 1_000),
        ("2024-02-29T12:00:00Z", 1_709_208_000, 0),
    ],
)
def test_times_print_and_read_to_the_nanosecond(text: str, seconds: int, nanos: int) -> None:
    order = PRODUCT.read(orjson.dumps({"created_at": text}), Order)
    assert (order.created_at.seconds, order.created_at.nanos) == (seconds, nanos)
    assert PRODUCT.to_plain(order)["created_at"] == text


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("2026-01-31T09:30:00+05:30", "2026-01-31T04:00:00Z"),
        ("2026-01-31T23:30:00-01:00", "2026-02-01T00:30:00Z"),
        ("2026-01-31T09:30:00.12Z", "2026-01-31T09:30:00.120Z"),
    ],
)
def test_times_of_other_zones_are_turned_to_utc(written: str, same: str) -> None:
    order = PRODUCT.read(orjson.dumps({"created_at": written}), Order)
    assert PRODUCT.to_plain(order)["created_at"] == same


@pytest.mark.parametrize(
    "order",
    [
        Order(created_at={"seconds": 253_402_300_800}),
        Order(created_at={"seconds": -62_135_596_801}),
        Order(created_at={"nanos": -1}),
        Order(created_at={"nanos": 1_000_000_000}),
        Order(lasts={"seconds": 1, "nanos": -1}),
        Order(lasts={"seconds": 315_576_000_001}),
        Order(mask={"paths": ["notSnake"]}),
        Order(anything={"type_url": "x/nowhere.Nothing", "value": b"1"}),
        Order(anything={"type_url": "x/shoppb.Line", "value": b"\xff"}),
    ],
)
def test_a_message_without_a_json_form_is_a_value_error(order: Order) -> None:
    with pytest.raises(ValueError, match=r"text form|no lowerCamelCase form|Any"):
        PRODUCT.write(order)


def test_the_order_of_members_is_that_of_the_fields_in_every_style() -> None:
    declared = [field.name for field in Order.DESCRIPTOR.fields]
    sparse = list(Codec(JsonStyle(unset_as_null=False)).to_plain(Order(parent={}, created_at={}, person="a")))
    assert sparse == [name for name in declared if name in sparse]
    assert {"parent", "created_at", "person"} <= set(sparse)


def test_an_any_is_read_and_printed_with_its_type() -> None:
    body = {"@type": "type.example/shoppb.Line", "product": "tea", "position": {"x": 3}}
    order = PRODUCT.read(orjson.dumps({"anything": body}), Order)
    assert order.anything.type_url == "type.example/shoppb.Line"
    assert Line.FromString(order.anything.value) == Line(product="tea", position={"x": 3})
    assert PRODUCT.to_plain(order)["anything"] == {**body, "position": {"x": 3, "y_axis": 0}, "status": None}


@pytest.mark.parametrize("value", ["3.500s", {"@type": "x/google.protobuf.Duration", "value": "1s"}])
def test_an_any_of_a_message_with_its_own_form_has_a_value_member(value: object) -> None:
    name = "Any" if isinstance(value, dict) else "Duration"
    body = {"@type": f"x/google.protobuf.{name}", "value": value}
    order = PRODUCT.read(orjson.dumps({"anything": body}), Order)
    assert PRODUCT.to_plain(order)["anything"] == body


def test_an_empty_any_prints_as_an_empty_object() -> None:
    assert PRODUCT.to_plain(PRODUCT.read(b'{"anything":{}}', Order))["anything"] == {}


def test_64_bit_integers_print_as_numbers_when_asked() -> None:
    codec = Codec(JsonStyle(int64_as_text=False))
    assert b'"size":9223372036854775807,' in codec.write(Order(size=2**63 - 1))


def test_a_message_type_is_compiled_once() -> None:
    codec = Codec()
    assert codec.writer_for(Order.DESCRIPTOR) is codec.writer_for(Order.DESCRIPTOR)
    assert codec.reader_for(Order.DESCRIPTOR) is codec.reader_for(Order.DESCRIPTOR)


def test_a_type_that_contains_itself_compiles_from_many_threads_at_once() -> None:
    codec = Codec()
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda _: codec.write(Order(parent={"parent": {"name": "a"}})), range(64)))
    assert len(set(texts)) == 1
    assert codec.read(texts[0], Order).parent.parent.name == "a"


def test_a_style_that_fails_on_an_enum_fails_again_and_not_otherwise() -> None:
    def no_word(value: EnumValueDescriptor) -> str:
        raise LookupError(value.name)

    codec = Codec(JsonStyle(enum_word=no_word))
    for _ in range(2):
        with pytest.raises(LookupError, match="STATUS_UNSPECIFIED"):
            codec.writer_for(Order.DESCRIPTOR)


def test_named_fields_are_left_out_when_unset_or_empty_though_others_print_null() -> None:
    named = {"ratio", "parent", "tags", "labels", "count"}
    codec = Codec(JsonStyle(omit_unset=lambda field: field.name in named))
    absent = set(PRODUCT.to_plain(Order())) - set(codec.to_plain(Order()))
    assert absent == named - {"count"}  # a plain scalar has no unset state to leave out
    full = Order(ratio=0, parent={}, tags=["a"], labels={"a": "b"})
    assert set(codec.to_plain(full)) == set(PRODUCT.to_plain(full))
