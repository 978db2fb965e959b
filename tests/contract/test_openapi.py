"""The OpenAPI document: valid, complete, and the same as the protos say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.descriptor import MethodDescriptor
from openapi_spec_validator import OpenAPIV30SpecValidator

from rest_bridge import openapi
from rest_bridge.binding import Binding, bindings_of
from rest_bridge.channel import MethodInfo
from rest_bridge.openapi_operations import policy_of
from rest_bridge.openapi_paths import documented, openapi_path
from rest_bridge.product import product_methods
from rest_bridge.template import parse_template

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
CASES = SHARED / "transcoding" / "cases.json"
SPECIFICATION = SHARED / "spec" / "api-v1.txt"
VERBS = ("get", "put", "post", "patch", "delete")


@cache
def document() -> dict[str, Any]:
    return openapi.product_document(ROOT / "protos")


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for verb in VERBS:
            if verb in item:
                yield path, verb, item[verb]


def bindings() -> list[Binding]:
    return [binding for info in product_methods() for binding in bindings_of(info)]


def operation_of(binding: Binding) -> dict[str, Any]:
    path = documented(openapi_path(binding.template).text)
    found: dict[str, Any] = document()["paths"][path][binding.method.lower()]
    return found


def operation(path: str, verb: str) -> dict[str, Any]:
    found: dict[str, Any] = document()["paths"][path][verb]
    return found


def parameters(path: str, verb: str) -> dict[str, Any]:
    return {each["name"]: each for each in operation(path, verb)["parameters"] if "name" in each}


def route(binding: Binding) -> str:
    return f"{binding.method} {binding.template.text}"


BINDINGS = {route(binding): binding for binding in bindings()}


def test_the_document_is_valid_openapi_3_0() -> None:
    errors = [error.message for error in OpenAPIV30SpecValidator(document()).iter_errors()]
    assert errors == []
    assert document()["openapi"] == "3.0.3"


def test_every_binding_of_every_service_is_an_operation() -> None:
    methods = [info for info in product_methods() if bindings_of(info)]
    wanted = {(documented(openapi_path(each.template).text), each.method.lower()) for each in bindings()}
    static = {(each.path, "get") for each in openapi.STATIC_ROUTES}
    found = {(path, verb) for path, verb, _ in operations()}
    print(f"{len(methods)} methods, {len(bindings())} bindings, {len(found)} operations")
    assert len(bindings()) >= len(methods) > 0
    assert found == wanted | static


def test_a_method_without_a_route_does_not_appear() -> None:
    routeless = [info.descriptor for info in every_method() if not bindings_of(info)]
    assert routeless, "EdgeService has no routes"
    built = openapi.build_openapi(routeless, title="t", version="1", static_routes=())
    assert built["paths"] == {}


def every_method() -> list[MethodInfo]:
    files = {info.descriptor.containing_service.file for info in product_methods()}
    return [
        MethodInfo.of(method)
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
    ]


def documented_endpoints() -> list[tuple[str, str]]:
    text = SPECIFICATION.read_text(encoding="utf-8")
    rows = re.findall(r"^(?:\| )?`?(GET|POST|PATCH|DELETE) (/[^\s|?`]*)", text, re.M)
    return sorted({(method.lower(), path) for method, path in rows})


@pytest.mark.skipif(
    not SPECIFICATION.exists(), reason="the specification's text is not beside the repository"
)
def test_every_endpoint_of_the_specification_is_there_in_its_own_spelling() -> None:
    endpoints = documented_endpoints()
    assert len(endpoints) >= 24, "the table could not be read"
    found = {(verb, path) for path, verb, _ in operations()}
    assert [endpoint for endpoint in endpoints if endpoint not in found] == []


@pytest.mark.skipif(not CASES.exists(), reason="the transcoding cases are not beside the repository")
def test_template_paths_print_as_in_the_case_file() -> None:
    cases = [each for each in json.loads(CASES.read_text())["cases"] if each["category"] == "openapi_path"]
    assert cases, "the case file has no such category"
    for case in cases:
        path = openapi_path(parse_template(case["input"]["template"]))
        found = {"openapi_path": path.text, "parameters": list(path.parameters)}
        assert found == case["expected"], case["id"]


@pytest.mark.parametrize(
    ("template", "path", "owners"),
    [
        ("/v1/*/files/**", "/v1/{segment}/files/{segment_1}", {"segment": "", "segment_1": ""}),
        ("/v1/{a=**}/end", "/v1/{a}/end", {"a": "a"}),
        ("/v1/{a=x/**}:run", "/v1/x/{a}:run", {"a": "a"}),
    ],
)
def test_wildcards_become_parameters(template: str, path: str, owners: dict[str, str]) -> None:
    found = openapi_path(parse_template(template))
    assert (found.text, found.parameters) == (path, owners)


def test_the_committed_file_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    committed = ROOT / "generated" / "python" / "claribi" / "openapi.yaml"
    result = openapi.main([str(committed), "--protos", str(ROOT / "protos"), "--check"])
    assert result == 0, capsys.readouterr().err


def test_a_stale_file_is_told_with_the_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stale = tmp_path / "openapi.yaml"
    stale.write_text("openapi: 2.0\n", encoding="utf-8")
    assert openapi.main([str(stale), "--protos", str(ROOT / "protos"), "--check"]) == 1
    told = capsys.readouterr().err
    assert "make generate" in told
    assert "-openapi: 2.0" in told
    assert stale.read_text(encoding="utf-8") == "openapi: 2.0\n"


def test_the_yaml_is_the_document_and_always_the_same_bytes() -> None:
    first = openapi.openapi_yaml(document())
    assert first == openapi.openapi_yaml(openapi.product_document(ROOT / "protos"))
    assert yaml.safe_load(first) == json.loads(json.dumps(document()))
    assert b"&id" not in first


def test_operation_ids_are_unique_and_in_snake_case() -> None:
    ids = [each["operationId"] for _, _, each in operations()]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", each) for each in ids)
    assert {"list_reports", "generate_report", "open_public_report", "open_public_report_post"} <= set(ids)


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_an_operation_says_what_the_policy_says(binding: Binding) -> None:
    found = operation_of(binding)
    policy = policy_of(binding.info.descriptor)
    assert ("x-scope" in found) == bool(policy.scope)
    assert found["security"] == [] if policy.credentials == 1 else len(found["security"]) in (1, 3)
    assert str(policy.success_status) in found["responses"]
    for rule in policy.status_rules:
        assert ("Location" in found["responses"][str(rule.status)]["headers"]) == bool(rule.location)
    assert {"400", "429", "500", "503", "504"} <= found["responses"].keys()
    names = [each.get("$ref", "") for each in found["parameters"]]
    assert any("Idempotency-Key" in name for name in names) == policy.idempotency_key


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_an_operation_has_a_description_from_the_protos(binding: Binding) -> None:
    found = operation_of(binding)
    assert found["summary"] != binding.info.descriptor.name, "the rpc has no comment"
    assert found["description"].partition("\n")[0]


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_every_path_variable_is_a_parameter(binding: Binding) -> None:
    path = openapi_path(binding.template)
    found = [each for each in operation_of(binding)["parameters"] if each.get("in") == "path"]
    assert [each["name"] for each in found] == re.findall(r"\{([^}]+)\}", path.text)
    assert all(each["required"] and each.get("description") for each in found)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = document()
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def test_every_response_carries_rate_limit_and_request_id_headers() -> None:
    wanted = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id"}
    for path, verb, each in operations():
        for status, response in each["responses"].items():
            assert wanted <= resolved(response)["headers"].keys(), (path, verb, status)


def test_every_error_response_has_the_envelope_and_an_example_with_its_code() -> None:
    for name, response in document()["components"]["responses"].items():
        content = response["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Error"}
        for word, example in content["examples"].items():
            assert example["value"]["error"]["code"] == word, name


def test_nothing_is_collected_that_nobody_refers_to() -> None:
    text = json.dumps(document())
    kinds = ("schemas", "responses", "parameters", "headers")
    names = [f"#/components/{kind}/{name}" for kind in kinds for name in document()["components"][kind]]
    unused = [name for name in names if f'"{name}"' not in text]
    assert unused == []


def test_the_parameters_of_a_list_are_pinned() -> None:
    found = parameters("/api/v1/goals/", "get")
    assert list(found) == [
        "page",
        "page_size",
        "ordering",
        "status",
        "name",
        "created_after",
        "created_before",
        "hierarchy_type",
    ]
    assert found["page"]["schema"]["minimum"] == 1
    assert found["hierarchy_type"]["schema"] == {"$ref": "#/components/schemas/HierarchyType"}
    assert found["created_after"]["example"] == "2026-01-01"
    assert document()["components"]["schemas"]["HierarchyType"]["enum"] == ["epic", "topic", "task"]
    assert not any(each.get("required") for each in found.values())


def test_the_parameters_of_a_download_are_pinned() -> None:
    found = parameters("/api/v1/reports/{id}/download/", "get")
    assert list(found) == ["id", "format"]
    assert found["id"] == {
        "name": "id",
        "in": "path",
        "required": True,
        "description": "Id of the report.",
        "schema": {"type": "string", "minLength": 1},
    }
    medias = operation("/api/v1/reports/{id}/download/", "get")["responses"]["200"]["content"]
    assert list(medias)[:2] == ["application/pdf", "text/html"]
    assert all(media["schema"] == {"type": "string", "format": "binary"} for media in medias.values())


def test_a_default_named_in_a_comment_is_the_default() -> None:
    level = parameters("/api/monitoring/health/", "get")["level"]
    assert level["schema"]["default"] == "quick"


def test_generation_has_three_successes_and_one_of_them_says_where() -> None:
    found = operation("/api/v1/reports/generate/", "post")
    assert {"200", "201", "202"} <= found["responses"].keys()
    assert "Location" in found["responses"]["202"]["headers"]
    assert {"#/components/parameters/Prefer"} <= {each.get("$ref") for each in found["parameters"]}


def test_an_upload_is_a_form_with_the_metadata_and_files() -> None:
    content = operation("/api/data-sources/", "post")["requestBody"]["content"]
    schema = content["multipart/form-data"]["schema"]
    assert list(schema["properties"]) == ["name", "description", "data_source_id", "file"]
    assert schema["properties"]["file"]["items"] == {"type": "string", "format": "binary"}


def test_a_stream_offers_lines_and_events() -> None:
    content = operation("/api/v1/reports/generate/stream/", "post")["responses"]["200"]["content"]
    assert {"application/x-ndjson", "text/event-stream"} <= content.keys()


def test_a_critical_health_check_answers_503_with_its_body_or_the_envelope() -> None:
    content = operation("/api/monitoring/health/", "get")["responses"]["503"]["content"]
    references = [each["$ref"].rpartition("/")[2] for each in content["application/json"]["schema"]["anyOf"]]
    assert references == ["Health", "Error"]


def test_an_empty_answer_has_no_content_and_a_delete_no_body() -> None:
    found = operation("/api/v1/reports/{id}/", "delete")
    assert "content" not in found["responses"]["204"]
    assert "requestBody" not in found


def test_what_a_patch_takes_leaves_out_the_path_and_the_mask() -> None:
    body = operation("/api/v1/dashboards/{id}/", "patch")["requestBody"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/DashboardChanges"}
    assert "update_mask" not in json.dumps(document())


def test_a_resource_answers_with_every_field_and_its_input_requires_what_the_rules_say() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["Widget"]["required"] == list(schemas["Widget"]["properties"])
    assert schemas["WidgetInput"]["required"] == ["type", "data_source_id", "query"]
    assert schemas["WidgetInput"]["additionalProperties"] is False
    assert "progress" not in schemas["Report"]["required"]
    assert schemas["Report"]["properties"]["file"]["nullable"] is True


def test_a_method_may_be_documented_without_comments() -> None:
    method: MethodDescriptor = product_methods()[0].descriptor
    built = openapi.build_openapi([method], title="t", version="1", server_url="https://bi.example.com")
    assert built["servers"] == [{"url": "https://bi.example.com"}]
    assert [error.message for error in OpenAPIV30SpecValidator(built).iter_errors()] == []
