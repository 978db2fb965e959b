"""The chain refuses a wrong order, and costs nothing where a step does not concern a method."""

from __future__ import annotations

from typing import Any

import pytest

from server.call import Call
from server.interceptors.authorize import Authorize
from server.interceptors.chain import Handler, check_order, compose
from server.interceptors.recover import Recover
from server.interceptors.validate import Validate
from server.methods import ContractError, Method, enum_word, load_methods

METHODS = {f"{m.descriptor.containing_service.name}.{m.descriptor.name}": m for m in load_methods()}


class _Step:
    def __init__(self, name: str, after: tuple[str, ...] = ()) -> None:
        self.name = name
        self.after = after

    def wrap(self, _method: Method, proceed: Handler) -> Handler:
        async def step(call: Call, request: Any) -> Any:
            return [self.name, *await proceed(call, request)]

        return step


def test_a_wrong_order_stops_the_start() -> None:
    with pytest.raises(ContractError, match="validate must stand after authenticate, rate_limit, authorize"):
        check_order([Recover(), Validate(), Authorize()])


async def test_steps_run_outermost_first() -> None:
    method = METHODS["ReportService.GetReport"]

    async def handler(_call: Call, _request: Any) -> list[str]:
        return ["handler"]

    chain = compose([_Step("a"), _Step("b")], method, handler)
    assert await chain(Call(method, {}, "127.0.0.1", "r"), None) == ["a", "b", "handler"]


def test_a_step_that_does_not_concern_a_method_is_not_there() -> None:
    async def handler(_call: Call, _request: Any) -> None:
        return None

    assert Authorize().wrap(METHODS["AuthService.Login"], handler) is handler


def test_every_method_has_a_whole_policy_and_a_route_or_is_the_edge() -> None:
    for method in load_methods():
        assert method.policy.success_status
        assert method.policy.transaction


def test_public_words_are_the_documented_ones() -> None:
    from claribi.v1 import policy_pb2, reports_pb2

    scopes = {enum_word(value) for value in policy_pb2.Scope.DESCRIPTOR.values if value.number}
    assert "data_sources:read" in scopes
    assert enum_word(reports_pb2.OutputFormat.DESCRIPTOR.values_by_name["OUTPUT_FORMAT_PDF"]) == "pdf"
