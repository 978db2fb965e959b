"""Who may call what, made from the descriptors: a new method is covered before anyone remembers it.

A cell asks with a request the bridge or the core must refuse *after* authorisation. `validation_error` therefore means
"allowed", and nothing is ever changed by asking.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest
from claribi.v1 import policy_pb2
from google.rpc import status_pb2

from server.errors import invalid
from server.methods import ROLES, SCOPES, Method
from server.transport import REFUSAL_KEY
from tests.support.transports import METHODS, Answer, Grpc, Rest, rest_request, rule_of
from tests.support.world import Member, World

GUARDED = {
    name: method
    for name, method in METHODS.items()
    if method.policy.credentials != policy_pb2.CREDENTIALS_NONE
}
REFUSAL: status_pb2.Status = invalid({"probe": ["Allowed."]}).status()


@dataclass(frozen=True)
class Cell:
    """Credentials and the code they must get."""

    who: str
    headers: dict[str, str]
    want: str


def cells(world: World, method: Method) -> Iterator[Cell]:
    """Every kind of credentials for a method."""
    yield Cell("nobody", {}, "authentication_required")
    yield Cell("a made-up key", {"x-api-key": "claribi_key_made_up"}, "authentication_required")
    for role, member in world.home.members.items():
        yield Cell(f"{role} session", {"authorization": f"Bearer {member.token}"}, _session(method, member))
        yield Cell(
            f"{role} key, all scopes", {"x-api-key": member.key}, _key(method, member, set(SCOPES.values()))
        )
    owner = world.home.members["owner"]
    yield Cell("key without scopes", {"x-api-key": owner.empty_key}, _key(method, owner, set()))
    for scope, key in owner.single_scope_keys.items():
        yield Cell(f"key with {scope}", {"authorization": f"Bearer {key}"}, _key(method, owner, {scope}))


def _session(method: Method, member: Member) -> str:
    return "validation_error" if member.role >= method.policy.least_role else "insufficient_permissions"


def _key(method: Method, member: Member, scopes: set[str]) -> str:
    if method.policy.credentials == policy_pb2.CREDENTIALS_SESSION:
        return "insufficient_permissions"
    if method.scope and method.scope not in scopes:
        return "invalid_scope"
    return _session(method, member)


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", sorted(GUARDED))
async def test_over_grpc_scopes_and_roles_open_exactly_what_the_policy_says(name: str, world: World) -> None:
    method = GUARDED[name]
    client = Grpc(world)
    for cell in cells(world, method):
        metadata = [*cell.headers.items(), (REFUSAL_KEY, REFUSAL.SerializeToString())]
        code = await _probe_grpc(client, method, metadata)
        assert code == cell.want, f"{name} as {cell.who}: {code}, wanted {cell.want}"
    await client.close()


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", sorted(name for name, m in GUARDED.items() if rule_of(m)))
async def test_over_rest_scopes_and_roles_open_exactly_what_the_policy_says(name: str, world: World) -> None:
    method = GUARDED[name]
    client = Rest("rest", world.in_process)
    for cell in cells(world, method):
        answer = await _probe_rest(client, method, cell.headers)
        code = answer.body["error"]["code"]
        assert code == cell.want, f"{name} as {cell.who}: {answer}, wanted {cell.want}"
        if code == "invalid_scope":
            assert answer.body["error"]["details"] == {"required_scope": method.scope}
    await client.close()


def test_the_matrix_knows_every_scope_and_role() -> None:
    assert len(SCOPES) == 13
    assert list(ROLES.values()) == ["viewer", "member", "analyst", "administrator", "owner"]
    used = {method.scope for method in GUARDED.values() if method.scope}
    assert used == set(SCOPES.values()), "a scope opens nothing, or a method names an unknown one"


async def _probe_grpc(client: Grpc, method: Method, metadata: list[tuple[str, str | bytes]]) -> str:
    try:
        await client._send(method, method.request_class(), dict(metadata))  # type: ignore[arg-type]
    except grpc.aio.AioRpcError as error:
        from tests.support.transports import _failure

        return str(_failure(error).body["error"]["code"])
    return "ok"


async def _probe_rest(client: Rest, method: Method, headers: dict[str, str]) -> Answer:
    from tests.support.transports import answer_of

    rule = rule_of(method)
    assert rule is not None
    url, content = rest_request(rule, {})
    separator = "&" if "?" in url else "?"
    sent = dict(headers)
    if method.policy.consumes:
        sent["content-type"] = f"{method.policy.consumes}; boundary=x"
        content = b""
    elif content is not None:
        sent["content-type"] = "application/json"
    response = await client.http.request(
        rule.verb, f"{url}{separator}no_such_parameter=1", content=content, headers=sent
    )
    return answer_of(response)
