"""Rules and policies that do not fit are refused at start, with a text that says why."""

from __future__ import annotations

import pytest
from google.api import http_pb2

from rest_bridge.app import Bridge, MethodPolicy, Product, StatusRule
from rest_bridge.binding import bindings_of
from rest_bridge.channel import GrpcChannel
from rest_bridge.codec import Codec, RuleError
from rest_bridge.operation import Operation
from rest_bridge.policy import field_text, status_chooser
from rest_bridge.product import error_table, method_policy, product_methods
from rest_bridge.router import DuplicateRoute
from tests.bridge.support_service import message, shop

Rule = http_pb2.HttpRule


@pytest.mark.parametrize(
    ("method", "rule", "text"),
    [
        ("GetItem", Rule(get="/x/"), "closing slash"),
        ("GetItem", Rule(get="x"), "starts with '/'"),
        ("GetItem", Rule(get="/x/{id}/{id}"), "bound twice"),
        ("GetItem", Rule(get="/x/{id=**}/{shelf}"), "may follow"),
        ("GetItem", Rule(get="/x", response_body="nope"), "response_body"),
        ("GetItem", Rule(custom={"kind": "purge", "path": "/x"}), "custom kind"),
        ("GetItem", Rule(custom={"kind": "HEAD", "path": "/x"}, body="*"), "has a body"),
        (
            "GetItem",
            Rule(get="/x", additional_bindings=[Rule(get="/y", additional_bindings=[Rule(get="/z")])]),
            "inside additional_bindings",
        ),
        ("Upload", Rule(post="/x"), "body: '*'"),
        ("Upload", Rule(post="/x", body="chunk"), "body: '*'"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(method: str, rule: http_pb2.HttpRule, text: str) -> None:
    with pytest.raises(RuleError, match=text) as caught:
        bindings_of(shop()[method], rule)
    assert shop()[method].full_name in str(caught.value)


@pytest.mark.parametrize(
    "rule", [StatusRule("nope", ("a",), 202), StatusRule("state", ("a",), 202, "/{nope}")]
)
def test_a_status_rule_names_fields_of_the_response(rule: StatusRule) -> None:
    policy = MethodPolicy(status_rules=(rule,))
    with pytest.raises(RuleError, match="nope"):
        status_chooser(policy, shop()["GetItem"].descriptor.output_type, codec=Codec())


def test_the_text_of_a_field_is_its_public_one() -> None:
    output = shop()["GetItem"].descriptor.output_type
    item = message("Item", id="a", size=7, state=2, done=False)
    texts = {
        name: field_text(output, name, codec=Codec())(item)
        for name in ("id", "size", "state", "done", "name")
    }
    assert texts == {"id": "a", "size": "7", "state": "STATE_READY", "done": "false", "name": ""}
    assert field_text(output, "done", codec=Codec())(message("Item")) == ""
    assert field_text(output, "state", codec=Codec())(message("Item", state=99)) == "99"


def test_a_multipart_policy_needs_the_upload_parts() -> None:
    (binding,) = bindings_of(shop()["Import"])
    product = Product(policy=lambda _: MethodPolicy(consumes="multipart/form-data"))
    with pytest.raises(RuleError, match="oneof part"):
        Operation(binding, GrpcChannel("127.0.0.1:1"), product=product)


def test_two_methods_on_one_route_stop_the_start() -> None:
    methods = [shop()["GetItem"], shop()["GetItem"]]
    with pytest.raises(DuplicateRoute, match=r"GET /v1/items/\{id\}"):
        Bridge(methods, GrpcChannel("127.0.0.1:1"))


def test_an_edge_method_without_a_status_stops_the_start() -> None:
    with pytest.raises(ValueError, match="status"):
        Bridge([], GrpcChannel("127.0.0.1:1"), Product(edge_refuse=shop()["Admit"]))


def test_the_contract_of_this_product_compiles() -> None:
    product = Product(policy=method_policy, errors=error_table())
    methods = product_methods()
    Bridge(methods, GrpcChannel("127.0.0.1:1"), product)
    assert sum(len(bindings_of(method)) for method in methods) > len(methods) // 2
