"""Every example of the OpenAPI document fits its schema, and the product's codec reads and prints it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from google.protobuf.message import Message
from jsonschema import Draft202012Validator

from rest_bridge import openapi
from rest_bridge.binding import WHOLE, Binding, bindings_of
from rest_bridge.codec import Codec, RequestReader
from rest_bridge.openapi_paths import documented, openapi_path
from rest_bridge.policy import JSON
from rest_bridge.product import product_methods
from rest_bridge.style import STYLE

ROOT = Path(__file__).parents[2]
CODEC = Codec(STYLE)
BINDINGS = {
    f"{binding.method} {binding.template.text}": binding
    for info in product_methods()
    for binding in bindings_of(info)
}


@cache
def document() -> dict[str, Any]:
    return openapi.product_document(ROOT / "protos")


def operation_of(binding: Binding) -> dict[str, Any]:
    path = documented(openapi_path(binding.template).text)
    found: dict[str, Any] = document()["paths"][path][binding.method.lower()]
    return found


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: only `nullable` differs in what this document uses."""
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {key: as_json_schema(value) for key, value in node.items() if (key, value) != ("nullable", True)}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


@cache
def components() -> Any:
    return as_json_schema({"schemas": document()["components"]["schemas"]})


def faults(schema: dict[str, Any], example: Any) -> list[str]:
    whole = {**as_json_schema(schema), "components": components()}
    validator = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(example)]


def answers(binding: Binding) -> dict[str, Any]:
    contents = {
        status: response["content"][JSON]
        for status, response in operation_of(binding)["responses"].items()
        if JSON in response.get("content", {})
    }
    return {status: content for status, content in contents.items() if "example" in content}


def body_of(binding: Binding) -> dict[str, Any] | None:
    content = operation_of(binding).get("requestBody", {}).get("content", {}).get(JSON)
    return content if content is not None and "example" in content else None


WITH_BODY = {name: binding for name, binding in BINDINGS.items() if body_of(binding)}
WITH_ANSWER = {name: binding for name, binding in BINDINGS.items() if answers(binding)}


@pytest.mark.parametrize("binding", WITH_BODY.values(), ids=WITH_BODY.keys())
def test_a_request_example_fits_its_schema(binding: Binding) -> None:
    content = body_of(binding)
    assert content is not None
    assert faults(content["schema"], content["example"]) == []


@pytest.mark.parametrize("binding", WITH_ANSWER.values(), ids=WITH_ANSWER.keys())
def test_an_answer_example_fits_its_schema(binding: Binding) -> None:
    for status, content in answers(binding).items():
        assert faults(content["schema"], content["example"]) == [], status


@pytest.mark.parametrize("binding", WITH_BODY.values(), ids=WITH_BODY.keys())
def test_the_codec_reads_a_request_example(binding: Binding) -> None:
    content = body_of(binding)
    assert content is not None
    masked = binding.method == "PATCH" and "update_mask" in binding.info.descriptor.input_type.fields_by_name
    reader = RequestReader(
        CODEC,
        binding.info.request_class,
        path_fields=binding.path_fields,
        body=binding.body,
        mask_field="update_mask" if masked else None,
    )
    path = [(name, "0197a5c2-7d3e-7c41-9b52-3f6a8e1d0c94") for name in binding.path_fields]
    message = reader.build(path=path, query=b"", body=orjson.dumps(content["example"]))
    shown = message if binding.body == WHOLE else getattr(message, binding.body)
    printed = CODEC.to_plain(shown)
    assert {key: printed[key] for key in content["example"]} == content["example"]


@pytest.mark.parametrize("binding", WITH_ANSWER.values(), ids=WITH_ANSWER.keys())
def test_the_codec_prints_exactly_the_fields_of_an_answer_example(binding: Binding) -> None:
    response_class: type[Message] = binding.info.response_class
    for status, content in answers(binding).items():
        example = content["example"]
        if binding.response_body:
            example = {binding.response_body: example}
        message = CODEC.read_plain(example, response_class)
        printed = CODEC.to_plain(message)
        if binding.response_body:
            printed = {binding.response_body: printed[binding.response_body]}
        assert printed == example, status


def test_schemas_refuse_what_the_rules_refuse() -> None:
    schema = {"$ref": "#/components/schemas/GenerateReportRequest"}
    fine = {"name": "Review", "data_source_ids": ["a"]}
    assert faults(schema, fine) == []
    assert faults(schema, {**fine, "question": None}) == []
    assert faults(schema, {**fine, "output_format": "docx"})
    assert faults(schema, {**fine, "name": " "})
    assert faults(schema, {**fine, "data_source_ids": []})
    assert faults(schema, {**fine, "data_source_ids": ["a", "a"]})
    assert faults(schema, {**fine, "nmae": "typo"})
    assert faults(schema, {"data_source_ids": ["a"]})
