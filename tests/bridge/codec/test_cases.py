"""The transcoding cases that concern messages: every case holds, or our decision about it does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from google.protobuf import json_format
from google.protobuf.message import Message

from rest_bridge.codec import STOCK, Codec, FieldErrors, JsonStyle, RequestReader, RuleError
from rest_bridge.codec.paths import NoSuchField, field_path
from tests.bridge.codec.decided import DECIDED
from tests.bridge.support_schemas import Schema, cases, inferred, schema

CODEC = Codec(STOCK)
Case = Mapping[str, Any]

RULE_FIELDS = Schema(
    "rulepb",
    {
        "messages": {
            "Request": {
                "id": "string",
                "string_field": "string",
                "message_field": "Part",
                "repeated_message": "repeated Part",
            },
            "Part": {"x": "string"},
        }
    },
).message_class("Request")


def of(*categories: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases(*categories)])


def expected(case: Case) -> Mapping[str, Any]:
    decided = DECIDED.get(case["id"])
    return decided.expected if decided else case["expected"]


def message_class(case: Case) -> type[Message]:
    return schema(case["input"]["schema"]).message_class(case["input"]["message"])


def parsed(cls: type[Message], value: Any) -> Message:
    """The message by the reference parser, so that our reader is not judged by itself."""
    return json_format.ParseDict(value, cls())


def outcome(run: Any) -> Any:
    """What `run` gives, or the expectation that stands for its refusal."""
    try:
        return run()
    except FieldErrors as refused:
        return "error" if refused.errors and all(refused.errors.values()) else "an error without a text"
    except RuleError:
        return "refused"


def bound_in_path(given: Case) -> list[str]:
    prefixes = given.get("exclude_prefixes", [])
    return [name for name in given["query"] if any(f"{name}.".startswith(f"{p}.") for p in prefixes)]


@of("query_to_message")
def test_a_query_becomes_the_message(case: Case) -> None:
    given, cls = case["input"], message_class(case)
    bound = bound_in_path(given)
    body = next((name for name in bound if name == "repeated_value"), None)  # a list has no place in a path
    path = [(name, given["query"][name][0]) for name in bound if name != body]
    reader = RequestReader(CODEC, cls, path_fields=[name for name, _ in path], body=body)
    result = outcome(lambda: reader.build(path=path, query=urlencode(given["query"], doseq=True), body=None))
    want = expected(case)
    assert result == ("error" if "error" in want else parsed(cls, want["message"]))


@of("string_to_scalar")
def test_a_text_becomes_the_scalar(case: Case) -> None:
    given = case["input"]
    kind = "repeated enum Kind" if given["type"] == "enum" else given["type"]
    shape = {"messages": {"M": {"v": kind}}, "enums": {"Kind": given.get("enum", {"NONE": 0})}}
    cls = Schema("scalarpb", shape).message_class("M")
    reader = RequestReader(CODEC, cls, path_fields=[], body=None)
    result = outcome(lambda: reader.build(path=[], query=urlencode({"v": given["text"]}), body=None))
    want = expected(case)
    if "error" in want:
        assert result == "error"
    elif "seconds" in want:
        assert (result.v.seconds, result.v.nanos) == (want["seconds"], want["nanos"])
    else:
        assert result == parsed(cls, {"v": want["value"]})


@of("field_path")
def test_a_dotted_name_leads_to_the_fields(case: Case) -> None:
    descriptor = message_class(case).DESCRIPTOR
    want = expected(case)
    if "error" in want:
        with pytest.raises(NoSuchField):
            field_path(descriptor, case["input"]["path"])
    else:
        assert [field.name for field in field_path(descriptor, case["input"]["path"])] == want["fields"]


@of("request_json_to_message")
def test_a_json_body_becomes_the_messages(case: Case) -> None:
    given, cls = case["input"], message_class(case)
    path = [tuple(pair) for pair in given.get("bindings", [])]
    streams = given.get("client_streaming", False)

    def run() -> list[Message]:
        reader = RequestReader(
            CODEC, cls, path_fields=[name for name, _ in path], body=given.get("body_field", "*")
        )
        body = given["json"].encode()
        if streams:
            return reader.build_each(path=path, query="", body=body)
        return [reader.build(path=path, query="", body=body)]

    want, result = expected(case), outcome(run)
    if "messages" in want:
        assert result == [parsed(cls, value) for value in want["messages"]]
    else:
        assert result == ("error" if "error" in want else "refused")


@of("binding_merge")
def test_path_and_body_merge(case: Case) -> None:
    cls, path = inferred(case), [tuple(pair) for pair in case["input"]["bindings"]]

    def run() -> Message:
        reader = RequestReader(CODEC, cls, path_fields=[name for name, _ in path], body="*")
        return reader.build(path=path, query="", body=orjson.dumps(case["input"]["body"]))

    want, result = expected(case), outcome(run)
    if "merged" in want:
        assert result == parsed(cls, want["merged"])
    else:
        assert result == ("error" if "error" in want else "refused")


@of("patch_field_mask")
def test_a_partial_update_names_the_members_given(case: Case) -> None:
    given = case["input"]
    owner = schema(given["schema"])
    shape = {"messages": {"Patch": {"body": "google.protobuf.Empty", "mask": "google.protobuf.FieldMask"}}}
    cls = patch_request(owner, given["message"], shape)
    reader = RequestReader(CODEC, cls, path_fields=[], body="body", mask_field="mask")
    result = outcome(lambda: reader.build(path=[], query="", body=given["json"].encode()))
    want = expected(case)
    if "error" in want:
        assert result == "error"
    else:
        assert sorted(result.mask.paths) == want["paths_sorted"]


def patch_request(owner: Schema, name: str, shape: Mapping[str, Any]) -> type[Message]:
    """A request whose body field is the message `name` of another schema's pool."""
    made = Schema("patchpb", shape)
    file = made.file
    file.name = f"patch/{name}.proto"
    file.package = f"patchpb.{name.lower()}"
    file.dependency.append(owner.file.name)
    file.message_type[0].field[0].type_name = f".{owner.package}.{name}"
    full_name = f"{file.package}.Patch"
    try:
        owner.pool.FindMessageTypeByName(full_name)
    except KeyError:
        owner.pool.Add(file)
    return json_format.message_factory.GetMessageClass(owner.pool.FindMessageTypeByName(full_name))


@of("response_message_to_json")
def test_a_message_becomes_the_json(case: Case) -> None:
    style = JsonStyle(proto_names=False, unset_as_null=False, integral_doubles=False)
    message = parsed(message_class(case), case["input"]["value"])
    assert orjson.loads(Codec(style).write(message)) == expected(case)["json"]


@of("rule_validation")
def test_a_rule_that_does_not_fit_is_refused_at_start(case: Case) -> None:
    rule = case["input"].get("rule", {})
    pattern = next((value for key, value in rule.items() if key in ("get", "post", "delete")), "")
    path_fields = re.findall(r"{([\w.]+)}", pattern)
    result = outcome(
        lambda: RequestReader(CODEC, RULE_FIELDS, path_fields=path_fields, body=rule.get("body"))
    )
    assert (result == "refused") == expected(case)["refused"]


def test_every_decision_is_about_a_case_and_changes_it() -> None:
    by_id = {case["id"]: case for case in cases(*CATEGORIES)}
    assert set(DECIDED) <= set(by_id)
    assert all(DECIDED[name].expected != by_id[name]["expected"] for name in DECIDED)
    assert all(DECIDED[name].why for name in DECIDED)


CATEGORIES = (
    "query_to_message",
    "string_to_scalar",
    "field_path",
    "request_json_to_message",
    "binding_merge",
    "patch_field_mask",
    "response_message_to_json",
    "rule_validation",
)
