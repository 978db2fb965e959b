"""The OpenAPI document, and answers held against it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import httpx2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from rest_bridge.openapi import product_document

DOCUMENT = product_document()


def strict(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema; objects of an answer hold nothing that is not documented."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {key: strict(value) for key, value in node.items() if (key, value) != ("nullable", True)}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        plain.setdefault("additionalProperties", False)
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    target: Any = DOCUMENT
    for part in node["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    found: dict[str, Any] = target
    return found


@cache
def validator(schema: str) -> Draft202012Validator:
    """The compiled schema, given as JSON."""
    whole = {
        **strict(json.loads(schema)),
        "components": strict({"schemas": DOCUMENT["components"]["schemas"]}),
    }
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """Where a value does not fit a schema."""
    compiled = validator(json.dumps(schema, sort_keys=True))
    found = (best_match([error]) for error in compiled.iter_errors(value))
    return [f"{error.json_path}: {error.message[:200]}" for error in found if error is not None]


def check(path: str, verb: str, answer: httpx2.Response) -> None:
    """Hold an answer against the document."""
    documented = resolved(DOCUMENT["paths"][path][verb]["responses"][str(answer.status_code)])
    always = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"}
    assert [name for name in always & documented["headers"].keys() if name not in answer.headers] == []
    media = answer.headers.get("content-type", "").partition(";")[0]
    assert media in documented.get("content", {"": {}}), media
    if media == "application/json" and "example" in json.dumps(documented["content"][media]):
        assert faults(documented["content"][media]["schema"], answer.json()) == []
