"""The cases of the anchors on templates, routes, rules, headers and framing, or what we decided instead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from google.api import http_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from google.rpc import code_pb2, status_pb2
from grpc_health.v1 import health_pb2

from rest_bridge.app import Bridge, MethodPolicy, Product, StatusRule
from rest_bridge.binding import bindings_of
from rest_bridge.channel import GrpcChannel, MethodInfo, Reply
from rest_bridge.codec import STOCK, Codec, RequestReader, RuleError
from rest_bridge.errors import ErrorTable
from rest_bridge.headers import HeaderReader, grpc_timeout_seconds
from rest_bridge.limits import HttpLimits
from rest_bridge.operation import Operation
from rest_bridge.response import EventStream, Exchange, Framing, JsonArray, PublicRate, Responder
from rest_bridge.router import DuplicateRoute, Route, Router, Unescape
from rest_bridge.template import TemplateError, parse_template
from tests.bridge.conftest import product
from tests.bridge.decided import DECIDED
from tests.bridge.support_asgi import Answer, Client
from tests.bridge.support_frames import frames_server
from tests.bridge.support_schemas import Schema, case_file, cases, schema
from tests.bridge.support_service import DirectChannel, shop

Case = Mapping[str, Any]
MODES = {mode.name.lower(): mode for mode in Unescape}
OURS = {
    *("template_parse_valid", "template_parse_invalid", "template_parse_divergent", "path_match"),
    *("path_match_query", "path_match_body", "path_match_limits", "path_match_percent"),
    *("path_match_percent_ascii", "path_match_single", "http_routing", "route_duplicate", "rule_binding"),
    *("rule_validation", "grpc_code_to_http", "health_to_http", "header_to_metadata"),
    *("grpc_timeout_header", "response_stream_framing", "grpc_frame", "spec_example"),
}


def of(*categories: str) -> Callable[[Any], Any]:
    return pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in cases(*categories)])


def wanted(case: Case) -> Mapping[str, Any]:
    decided = DECIDED.get(case["id"])
    return decided.expected if decided else case["expected"]


def test_every_decision_is_about_a_case_and_differs_from_it() -> None:
    expected = {case["id"]: case for case in case_file()["cases"]}
    for id_, decided in DECIDED.items():
        assert expected[id_]["category"] in OURS
        assert expected[id_]["expected"] != decided.expected or expected[id_].get("divergence")
        assert decided.why


@of("template_parse_valid", "template_parse_invalid", "template_parse_divergent")
def test_templates_parse_or_are_refused(case: Case) -> None:
    expected = wanted(case)
    if not expected.get("valid", expected.get("valid_in_gateway", False)):
        with pytest.raises(TemplateError, match=r"[a-z]"):
            parse_template(case["input"]["template"])
        return
    template = parse_template(case["input"]["template"])
    assert list(template.segments) == expected.get("segments", list(template.segments))
    assert template.verb == expected.get("verb", template.verb)
    assert [variable.field_path for variable in template.variables] == expected.get(
        "fields", [variable.field_path for variable in template.variables]
    )
    for variable, fields in zip(template.variables, expected.get("variables", ()), strict=False):
        assert (variable.field_path, variable.start, variable.end, variable.deep) == tuple(fields.values())


def router_of(case: Case) -> Router[str]:
    options = case["input"].get("options", {})
    router: Router[str] = Router(
        MODES.get(options.get("multi_segment_unescape"), Unescape.ALL_EXCEPT_RESERVED)
    )
    for route in case["input"]["routes"]:
        router.add(Route(route["method"], parse_template(route["template"]), "", route["template"]))
    return router


@of("path_match", "path_match_percent", "path_match_percent_ascii", "path_match_limits", "path_match_query")
def test_paths_find_their_route_and_bind(case: Case) -> None:
    given = case["input"]
    parts = given.get("path_parts")
    path = parts["prefix"] + parts["repeat"] * parts["count"] + parts["suffix"] if parts else given["path"]
    match = router_of(case).find(given["method"], path.partition("?")[0])
    expected = wanted(case)
    assert (match.routes[0].value if match else None) == expected["match"]
    if match is None or "bindings" not in expected:
        return
    bindings = match.bind(match.routes[0].template.variables)
    if "query" in given:
        bindings += queried(given, expected, [name for name, _ in bindings])
    assert [{"field_path": name, "value": value} for name, value in bindings] == expected["bindings"]


def queried(given: Case, expected: Case, bound: list[str]) -> list[tuple[str, str]]:
    """The query's part of the bindings, read into a message whose fields are all strings."""
    names = [entry["field_path"] for entry in expected["bindings"] if entry["field_path"] not in bound]
    if not names:
        return []
    shape = {"messages": {"Query": dict.fromkeys(names, "string")}}
    system = frozenset(given.get("options", {}).get("system_params", ()))
    reader = RequestReader(
        Codec(STOCK),
        Schema("querypb", shape).message_class("Query"),
        path_fields=(),
        body=None,
        ignored_query=system,
    )
    message = reader.build(path=(), query=given["query"], body=None)
    return [(name, getattr(message, name)) for name in names]


@of("path_match_single")
def test_one_template_matches_or_not(case: Case) -> None:
    given = case["input"]
    mode = MODES.get(given.get("options", {}).get("multi_segment_unescape"), Unescape.ALL_EXCEPT_RESERVED)
    router: Router[None] = Router(mode)
    template = parse_template(given["template"])
    router.add(Route("GET", template, "", None))
    match = router.find("GET", given["path"])
    expected = wanted(case)
    assert (match is not None) == expected["match"]
    if match is not None and "bindings" in expected:
        bindings = match.bind(template.variables)
        assert [{"field_path": name, "value": value} for name, value in bindings] == expected["bindings"]


@of("http_routing")
def test_requests_are_routed_or_refused_by_status(case: Case) -> None:
    router = router_of(case)
    match = router.find(case["input"]["method"], case["input"]["path"])
    found: dict[str, Any] = {"status": 405 if router.allowed(case["input"]["path"]) else 404}
    if match is not None:
        found = {"status": 200, "match": match.routes[0].value}
    assert found == wanted(case)


@of("route_duplicate")
def test_duplicate_routes_are_refused_at_start(case: Case) -> None:
    assert wanted(case) == {"registered": [True, False]}
    with pytest.raises(DuplicateRoute, match="answer the same requests"):
        router_of(case)


def method_of(source: Schema, request: str, *, client_streaming: bool = False) -> MethodInfo:
    """A method taking one message of a schema."""
    dependencies = [source.file.name, "google/protobuf/empty.proto"]
    file = descriptor_pb2.FileDescriptorProto(
        name="cases_service.proto", package="cases", syntax="proto3", dependency=dependencies
    )
    file.service.add(name="Cases").method.add(
        name="Call",
        input_type=f".{source.package}.{request}",
        output_type=".google.protobuf.Empty",
        client_streaming=client_streaming,
    )
    source.pool.Add(file)
    return MethodInfo.of(source.pool.FindMethodByName("cases.Cases.Call"))


def rule_of(fields: Mapping[str, Any]) -> http_pb2.HttpRule:
    rule = {name: value for name, value in fields.items() if name != "client_streaming"}
    return json_format.ParseDict(rule, http_pb2.HttpRule())


RULED = {
    "messages": {
        "Request": {
            "body": "string",
            "body1": "string",
            "id": "string",
            "string_field": "string",
            "message_field": "Inner",
            "repeated_message": "repeated Inner",
        },
        "Inner": {"x": "string"},
    }
}


@of("rule_binding", "path_match_body")
def test_rules_become_routes(case: Case) -> None:
    info = method_of(Schema("rulepb", RULED), "Request")
    expected = wanted(case)
    rules = [case["input"]["rule"]] if "rule" in case["input"] else []
    rules += [{"get": route["template"], "body": route["body"]} for route in case["input"].get("routes", ())]
    for rule in rules:
        if expected == {"refused": True}:
            with pytest.raises(RuleError, match=r"/cases\.Cases/Call"):
                bindings_of(info, rule_of(rule))
            continue
        routes = [
            {"method": each.method, "template": each.template.text, "body": each.body}
            for each in bindings_of(info, rule_of(rule))
        ]
        assert routes == expected["routes"]


@of("rule_validation")
def test_rules_that_do_not_fit_are_refused(case: Case) -> None:
    if wanted(case) == {"error": "descriptor"}:
        missing = Schema("missingpb", {"messages": {"Other": {"x": "string"}}})
        with pytest.raises((TypeError, KeyError)):
            method_of(missing, "Absent")
        return
    rule = case["input"]["rule"]
    info = method_of(Schema("rulepb", RULED), "Request", client_streaming=rule.get("client_streaming", False))
    assert wanted(case) == {"refused": True}
    with pytest.raises(RuleError, match=r"."):
        [
            Operation(binding, GrpcChannel("x:1"), product=Product())
            for binding in bindings_of(info, rule_of(rule))
        ]


@of("grpc_code_to_http")
def test_codes_have_their_http_status(case: Case) -> None:
    code = case["input"]["grpc_code"]
    status = MethodPolicy().success_status
    if code != code_pb2.OK:
        status = ErrorTable().answer(status_pb2.Status(code=code)).http
    assert {"http_status": status} == wanted(case)


async def respond(responder: Responder, reply: Reply) -> Answer:
    answer = Answer()

    async def send(event: Any) -> None:
        answer.status = event.get("status", answer.status)

    exchange = Exchange(send, head=False, rate=PublicRate(None, 1), extra=[])
    await responder.send(exchange, reply)
    return answer


@of("health_to_http")
async def test_health_has_its_http_status(case: Case) -> None:
    given = case["input"]
    if given["health"] is None:
        code = code_pb2.Code.Value(given["grpc_error"])
        assert {"http_status": ErrorTable().answer(status_pb2.Status(code=code)).http} == wanted(case)
        return
    info = MethodInfo.of(health_pb2.DESCRIPTOR.services_by_name["Health"].methods_by_name["Check"])
    rules = (
        StatusRule("status", ("NOT_SERVING", "UNKNOWN"), 503),
        StatusRule("status", ("SERVICE_UNKNOWN",), 404),
    )
    binding = bindings_of(info, http_pb2.HttpRule(get="/healthz"))[0]
    responder = Responder(binding, MethodPolicy(status_rules=rules), codec=Codec())
    answer = await respond(responder, Reply(health_pb2.HealthCheckResponse(status=given["health"])))
    assert {"http_status": answer.status} == wanted(case)


@of("header_to_metadata")
def test_headers_become_metadata(case: Case) -> None:
    given = case["input"]
    headers = given.get("headers", [[given.get("header"), "value"]])
    peer = given.get("peer", "192.0.2.1:1").split(":")[0]
    raw = [(b"host", given.get("host", "h").encode())]
    raw += [(name.lower().encode(), value.encode()) for name, value in headers]
    metadata: dict[str, list[str]] = {}
    for name, value in HeaderReader(HttpLimits()).read(raw, peer).metadata:
        metadata.setdefault(name, []).append(str(value))
    del metadata["x-request-id"], metadata["x-base-url"]
    expected = wanted(case)
    if "metadata_key" in expected:
        assert set(metadata) == {"x-client-address"}
        return
    wanted_metadata = {"x-client-address": [peer], **expected["metadata"]}
    assert metadata == wanted_metadata


@of("grpc_timeout_header")
def test_timeouts_are_read(case: Case) -> None:
    assert grpc_timeout_seconds(case["input"]["header"].encode()) == pytest.approx(
        wanted(case)["seconds"], rel=1e-12
    )


FRAMINGS: dict[str, type[Framing]] = {
    "json_array": JsonArray,
    "ndjson": Framing,
    "sse": EventStream,
    "gateway_ndjson": Framing,
}


@of("response_stream_framing")
def test_streams_are_framed(case: Case) -> None:
    given = case["input"]
    framing = FRAMINGS[given["framing"]]()
    chunks = [framing.message(json.dumps(value, separators=(",", ":")).encode()) for value in given["values"]]
    status = 200
    if "then_error" in given:
        error = ErrorTable().answer(status_pb2.Status(**given["then_error"]))
        status = 200 if chunks else error.http
        chunks = [*chunks, framing.error(error.body)] if chunks else []
    found = {"status": status, "chunks": [chunk.decode() for chunk in [*chunks, framing.end()] if chunk]}
    expected = wanted(case)
    assert {name: found[name] for name in expected} == expected


@of("grpc_frame")
async def test_a_broken_frame_is_a_server_error_in_the_envelope(case: Case) -> None:
    async with frames_server(bytes.fromhex(case["input"]["bytes_hex"])) as port:
        channel = GrpcChannel(f"127.0.0.1:{port}")
        client = Client(Bridge(shop().values(), channel, product()))
        answer = await asyncio.wait_for(client.ask("GET", "/v1/items/7"), 10)
        await channel.close()
    assert {"http_status": answer.status} == wanted(case)
    assert answer.error["code"] == "internal_error"


@of("spec_example")
async def test_the_specifications_examples_give_their_messages(case: Case) -> None:
    given = case["input"]
    source = schema(given["schema"])
    pool = descriptor_pool.DescriptorPool()
    for name in source.file.dependency:
        pool.Add(
            descriptor_pb2.FileDescriptorProto.FromString(source.pool.FindFileByName(name).serialized_pb)
        )
    pool.Add(source.file)
    copy = Schema.__new__(Schema)
    copy.package, copy.pool, copy.file = source.package, pool, source.file
    info = method_of(copy, "Request")
    core = Recorder(info)
    bridge = Bridge([], DirectChannel(core))
    for binding in bindings_of(info, rule_of(given["rule"])):
        operation = Operation(binding, DirectChannel(core), product=Product(codec=Codec(STOCK)))
        bridge._router.add(Route(binding.method, binding.template, "", operation))
    body = given["body"].encode() if "body" in given else None
    answer = await Client(bridge).ask(given["method"], given["target"], body=body)
    assert answer.status == 200
    printed = json_format.MessageToDict(core.request, preserving_proto_field_name=True)
    assert {"message": printed} == wanted(case)


class Recorder:
    """A core of one method that keeps its request."""

    def __init__(self, info: MethodInfo) -> None:
        self.info = info
        self.request: Any = None

    def enter(self, call: Any) -> None:
        self.request = call.request

    async def Call(self, request: Any, call: Any) -> Any:
        return message_factory.GetMessageClass(self.info.descriptor.output_type)()
