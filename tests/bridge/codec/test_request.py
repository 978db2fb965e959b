"""One request from path, query and body: who owns which field, and what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from google.protobuf import field_mask_pb2
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from rest_bridge.codec import STOCK, Codec, FieldErrors, JsonStyle, Limits, RequestReader, RuleError, TooLarge
from tests.bridge.codec.kinds import Every
from tests.bridge.codec.shop import PRODUCT, GetOrder, MoveOrder, Order, UpdateOrder, word
from tests.bridge.support_schemas import Schema

ALLOWED = (
    "Allowed: level, page, tags, created_after, where.x, where.y_axis, limit, fields, wide, settings, "
    "person, team_id."
)
ENCODING = "Not valid percent-encoded UTF-8."

GET = RequestReader(
    PRODUCT, GetOrder, path_fields=["id"], body=None, ignored_query=frozenset({"utm_source", "lang"})
)
PATCH = RequestReader(PRODUCT, UpdateOrder, path_fields=["id"], body="order", mask_field="update_mask")
POST = RequestReader(PRODUCT, Order, path_fields=[], body="*")


def get(query: bytes | str, order: str = "7") -> Message:
    return GET.build(path=[("id", order)], query=query, body=None)


def patch(body: bytes, query: str = "") -> Any:
    return PATCH.build(path=[("id", "7")], query=query, body=body)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("", {}),
        ("&&", {}),
        ("page=2", {"page": 2}),
        ("page=-2&level=on_hold", {"page": -2, "level": 2}),
        ("page=1e2", {"page": 100}),
        ("tags=a&tags=b,c&tags=", {"tags": ["a", "b,c", ""]}),
        ("tags=a+b&tags=a%20b&tags=a%2Bb", {"tags": ["a b", "a b", "a+b"]}),
        ("tags=%C3%A9&tags=é", {"tags": ["é", "é"]}),
        ("tags=a=b&tags=;&tags", {"tags": ["a=b", ";", ""]}),
        ("wide=true", {"wide": True}),
        ("wide=0", {"wide": False}),
        ("createdAfter=2026-01-31T09:30:00Z", {"created_after": {"seconds": 1_769_851_800}}),
        ("created_after=2026-01-31T09:30:00%2B01:00", {"created_after": {"seconds": 1_769_848_200}}),
        ("where.x=3&where.yAxis=1.5", {"where": {"x": 3, "y_axis": 1.5}}),
        ("limit=5", {"limit": {"value": 5}}),
        ("limit.value=5", {"limit": {"value": 5}}),
        ("fields=a_b,c.d_e", {"fields": {"paths": ["a_b", "c.d_e"]}}),
        ("fields=aB,c", {"fields": {"paths": ["a_b", "c"]}}),
        ("settings=%7B%22a%22:1%7D", {"settings": {"a": 1}}),
        ("person=", {"person": ""}),
        ("utm_source=x&lang=de&lang=fr&page=1", {"page": 1}),
    ],
)
def test_a_query_sets_the_fields_it_names(query: str, fields: dict[str, Any]) -> None:
    assert get(query) == GetOrder(id="7", **fields)
    assert get(query.encode()) == GetOrder(id="7", **fields)


@pytest.mark.parametrize(
    ("query", "name", "text"),
    [
        ("page_sise=2", "page_sise", f"Unknown parameter. {ALLOWED}"),
        ("Page=2", "Page", f"Unknown parameter. {ALLOWED}"),
        ("tags[]=a", "tags[]", f"Unknown parameter. {ALLOWED}"),
        ("where.z=1", "where.z", f"Unknown parameter. {ALLOWED}"),
        ("where..x=1", "where..x", f"Unknown parameter. {ALLOWED}"),
        ("=1", "", f"Unknown parameter. {ALLOWED}"),
        ("a.b.c=1", "a.b.c", f"Unknown parameter. {ALLOWED}"),
        ("page.x=1", "page.x", f"Unknown parameter. {ALLOWED}"),
        ("lines.product=1", "lines.product", f"Unknown parameter. {ALLOWED}"),
        ("lines=1", "lines", "Cannot be given as one parameter."),
        ("where=1", "where", "Cannot be given as one parameter."),
        ("page=1&page=1", "page", "Given more than once."),
        (
            "created_after=2026-01-31T09:30:00Z&createdAfter=2026-01-31T09:30:00Z",
            "createdAfter",
            "Given more than once.",
        ),
        ("limit=1&limit.value=1", "limit.value", "Given more than once."),
        ("person=a&team_id=b", "team_id", "Only one of person, team_id may be given."),
        ("id=7", "id", "Given in the path; remove it from the query."),
        ("id=8", "id", "Given in the path; remove it from the query."),
        ("page=", "page", "Not a valid integer."),
        ("page=1.5", "page", "Not a valid integer."),
        ("page=%31%20", "page", "Not a valid integer."),
        ("page=+1", "page", "Not a valid integer."),
        ("page=2147483648", "page", "Must be between -2147483648 and 2147483647."),
        ("wide=yes", "wide", "Must be true or false."),
        ("wide=", "wide", "Must be true or false."),
        ("level=STATUS_OPEN", "level", "'STATUS_OPEN' is not a valid choice. Allowed: open, on_hold."),
        ("level=1", "level", "'1' is not a valid choice. Allowed: open, on_hold."),
        ("level=", "level", "'' is not a valid choice. Allowed: open, on_hold."),
        ("tags=%zz", "tags", ENCODING),
        ("tags=%4", "tags", ENCODING),
        ("tags=%ff", "tags", ENCODING),
        ("tags=%ed%a0%80", "tags", ENCODING),
        ("%ff=1", "query", ENCODING),
        ("tags=%00", "tags", "Null characters are not allowed."),
        ("settings=%7B%22a%22:1,%22a%22:1%7D", "settings.a", "Given twice."),
        ("settings=[]", "settings", "Expected an object, got a list."),
        ("settings=x", "settings", "Not valid JSON (line 1, column 1)."),
        (b"tags=\xff", "tags", ENCODING),
        ("tags=\udcff", "tags", ENCODING),
    ],
)
def test_a_query_is_refused_with_the_parameter_and_the_reason(
    query: str | bytes, name: str, text: str
) -> None:
    with pytest.raises(FieldErrors) as caught:
        get(query)
    assert caught.value.errors == {name or "body": [text]}


def test_faults_of_path_query_and_body_are_told_at_once() -> None:
    reader = RequestReader(PRODUCT, MoveOrder, path_fields=["order.count"], body="line")
    with pytest.raises(FieldErrors) as caught:
        reader.build(path=[("order.count", "x")], query="line.product=a&nope=1", body=b'{"product":1}')
    assert caught.value.errors == {
        "product": ["Expected a string, got a number."],
        "order.count": ["Not a valid integer."],
        "line.product": ["Belongs in the body; remove it from the query."],
        "nope": [caught.value.errors["nope"][0]],
    }


@pytest.mark.parametrize("given_id", ["7", "8", None])
def test_the_path_is_never_given_again_in_the_body(given_id: str | None) -> None:
    reader = RequestReader(PRODUCT, Order, path_fields=["id"], body="*")
    body = b'{"id":null}' if given_id is None else f'{{"id":"{given_id}"}}'.encode()
    with pytest.raises(FieldErrors) as caught:
        reader.build(path=[("id", "7")], query="", body=body)
    assert caught.value.errors == {"id": ["Given in the path; remove it from the body."]}


def test_a_path_may_reach_into_the_body_field_but_not_collide_there() -> None:
    reader = RequestReader(PRODUCT, MoveOrder, path_fields=["order.id"], body="order")
    built = reader.build(path=[("order.id", "7")], query="", body=b'{"name":"a"}')
    assert built == MoveOrder(order={"id": "7", "name": "a"})
    assert reader.build(path=[("order.id", "7")], query="", body=b"null") == MoveOrder(order={"id": "7"})
    with pytest.raises(FieldErrors) as caught:
        reader.build(path=[("order.id", "7")], query="", body=b'{"id":"7"}')
    assert caught.value.errors == {"id": ["Given in the path; remove it from the body."]}


def test_a_body_that_is_the_whole_request_leaves_no_query() -> None:
    with pytest.raises(FieldErrors) as caught:
        POST.build(path=[], query="name=a&nope=1", body=b"{}")
    no_parameters = ["This request takes no query parameters."]
    assert caught.value.errors == {"name": no_parameters, "nope": no_parameters}


def test_an_empty_body_is_an_empty_request_or_an_unset_field() -> None:
    assert POST.build(path=[], query="", body=b"") == Order()
    assert POST.build(path=[], query="", body=None) == Order()
    reader = RequestReader(PRODUCT, MoveOrder, path_fields=["id"], body="order")
    assert reader.build(path=[("id", "7")], query="", body=b"") == MoveOrder(id="7")
    assert reader.build(path=[("id", "7")], query="", body=b"{}") == MoveOrder(id="7", order={})


def test_a_rule_without_a_body_takes_none() -> None:
    with pytest.raises(FieldErrors) as caught:
        GET.build(path=[("id", "7")], query="", body=b"{}")
    assert caught.value.errors == {"body": ["This request takes no body."]}


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        (b"{}", []),
        (b"", []),
        (b"null", []),
        (b'{"name":"a"}', ["name"]),
        (b'{"name":null}', ["name"]),
        (b'{"createdAt":null,"tags":[]}', ["created_at", "tags"]),
        (b'{"settings":{"a.b":1}}', ["settings"]),
        (b'{"parent":{"name":"a","parent":{}}}', ["parent.name", "parent.parent"]),
        (b'{"limit":3,"labels":{"a":"b"},"lines":[{"product":"a"}]}', ["limit", "labels", "lines"]),
        (b'{"extra":{"a":1},"anything":{"@type":"x/shoppb.Line"}}', ["extra", "anything"]),
    ],
)
def test_a_partial_update_tells_which_members_were_given(body: bytes, paths: list[str]) -> None:
    message = patch(body)
    assert message.id == "7"
    assert message.HasField("update_mask")
    assert list(message.update_mask.paths) == paths


def test_every_path_of_a_partial_update_is_one_that_field_masks_can_apply() -> None:
    message = patch(
        b'{"name":"new","settings":{"a":{"b":1}},"parent":{"name":"x"},"created_at":null,"extra":[1],"limit":1}'
    )
    mask = field_mask_pb2.FieldMask(paths=message.update_mask.paths)
    assert mask.IsValidForDescriptor(Order.DESCRIPTOR)
    stored = Order(name="old", paid=True, created_at={"seconds": 1}, parent={"name": "y", "count": 2})
    mask.MergeMessage(message.order, stored)
    assert stored.name == "new"
    assert stored.paid
    assert stored.parent == Order(name="x", count=2)
    assert stored.settings["a"]["b"] == 1


def test_the_mask_is_not_a_query_parameter() -> None:
    with pytest.raises(FieldErrors) as caught:
        patch(b'{"name":"a"}', query="update_mask=name")
    assert caught.value.errors == {"update_mask": ["Unknown parameter. Allowed: none."]}


@pytest.mark.parametrize(
    ("path_fields", "body", "mask_field", "text"),
    [
        (["nope"], None, None, "path variable 'nope': 'nope' is not a field of shoppb.MoveOrder"),
        (["id.x"], None, None, "path variable 'id.x': steps into 'id', which has no fields"),
        (["order"], None, None, "names a message that has no text form"),
        (["order.settings"], None, None, "names a message that has no text form"),
        (["order.tags"], None, None, "must name one field that is not repeated"),
        (["order.labels"], None, None, "must name one field that is not repeated"),
        (["order.lines.product"], None, None, "steps into 'lines', which has no fields"),
        ([""], None, None, "must name one field that is not repeated"),
        ([".".join(["order"] + ["parent"] * 40 + ["id"])], None, None, "has too many parts"),
        (["id", "id"], None, None, "'id' is bound twice"),
        (["order.created_at", "order.createdAt"], None, None, "bound twice"),
        (["order.limit", "order.limit.value"], None, None, "bound twice"),
        ([], "nope", None, "body 'nope' is not a top-level field"),
        ([], "order.parent", None, "body 'order.parent' is not a top-level field"),
        (["id"], "id", None, "'id' is both the body and a path variable"),
        ([], "order", "id", "'id' is not a field of type google.protobuf.FieldMask"),
        ([], "order", "nope", "'nope' is not a field of type google.protobuf.FieldMask"),
    ],
)
def test_a_rule_that_does_not_fit_is_an_error_at_start(
    path_fields: list[str], body: str | None, mask_field: str | None, text: str
) -> None:
    with pytest.raises(RuleError, match=text) as caught:
        RequestReader(PRODUCT, MoveOrder, path_fields=path_fields, body=body, mask_field=mask_field)
    assert str(caught.value).startswith("shoppb.MoveOrder: ")


@pytest.mark.parametrize("body", [None, "*", "id"])
def test_a_mask_needs_a_named_body_that_is_a_message(body: str | None) -> None:
    with pytest.raises(RuleError, match="a field mask needs a named body field that is a message"):
        RequestReader(PRODUCT, UpdateOrder, path_fields=[], body=body, mask_field="update_mask")


def test_a_free_form_request_is_its_body() -> None:
    struct = Schema("freepb", {"messages": {"M": {"a": "string"}}}).message_class("google.protobuf.Struct")
    reader = RequestReader(PRODUCT, struct, path_fields=[], body="*")
    built: Any = reader.build(path=[], query="", body=b'{"a":[1]}')
    assert built["a"][0] == 1
    with pytest.raises(FieldErrors):
        reader.build(path=[], query="a=1", body=b'{"a":[1]}')


def test_a_client_stream_is_a_list_whose_first_message_takes_the_path() -> None:
    reader = RequestReader(PRODUCT, MoveOrder, path_fields=["id"], body="order")
    built = reader.build_each(path=[("id", "7")], query="", body=b'[{"name":"a"},null,{"name":"c"}]')
    assert built == [MoveOrder(id="7", order={"name": "a"}), MoveOrder(), MoveOrder(order={"name": "c"})]
    with pytest.raises(FieldErrors) as caught:
        reader.build_each(path=[("id", "7")], query="", body=b'[{},{"name":1}]')
    assert caught.value.errors == {"1.name": ["Expected a string, got a number."]}


def test_the_limits_hold_for_bodies_and_for_json_in_a_query() -> None:
    codec = Codec(JsonStyle(enum_word=word), Limits(max_bytes=64, max_depth=3, max_nodes=8))
    reader = RequestReader(codec, MoveOrder, path_fields=[], body="order")
    for body in (b'{"name":"' + b"x" * 64 + b'"}', b'{"a":[[[]]]}', b'{"tags":["","","","","","","",""]}'):
        with pytest.raises(TooLarge):
            reader.build(path=[], query="", body=body)
    with pytest.raises(TooLarge):
        RequestReader(codec, GetOrder, path_fields=[], body=None).build(
            path=[], query="settings={%22a%22:[[[]]]}", body=None
        )


NAMES = st.sampled_from([field.json_name for field in Every.DESCRIPTOR.fields]) | st.text(max_size=3)
PARTS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
VALUES = st.sampled_from(
    [
        "",
        "1",
        "-1",
        "1.5",
        "true",
        "FIRST",
        "2026-01-31T09:30:00Z",
        "3s",
        "a,b",
        "Zm9v",
        '{"a":1}',
        "[]",
        "NaN",
    ]
) | st.text(max_size=4)
PIECES = st.one_of(
    st.tuples(PARTS, VALUES).map(lambda pair: "=".join(quote(text) for text in pair).encode()),
    st.binary(max_size=8),
)
FREE = RequestReader(Codec(STOCK), Every, path_fields=[], body=None)


def quote(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=4).map(b"&".join))
def test_no_query_does_more_than_be_refused(query: bytes) -> None:
    try:
        built = FREE.build(path=[], query=query, body=None)
    except FieldErrors as refused:
        faults = refused.errors
    else:
        faults = {}
        built.SerializeToString()
    assert all(faults.values())
