"""The channel over a real connection: statuses, metadata, and what grpcio raises instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.rpc import code_pb2, status_pb2

from rest_bridge.channel import STATUS_DETAILS, CallFailed, GrpcChannel, _options, _status
from tests.bridge.support_service import Core, grpc_server, message, shop


@pytest.fixture
async def reached() -> AsyncIterator[tuple[Core, GrpcChannel]]:
    core = Core()
    server, port = grpc_server(core)
    await server.start()
    channel = GrpcChannel(f"127.0.0.1:{port}", metadata=[("x-always", "yes")])
    yield core, channel
    await channel.close()
    await server.stop(None)


def asked(**fields: Any) -> dict[str, Any]:
    return {"request": message("FailRequest", **fields), "metadata": [], "timeout": 5.0}


async def test_a_status_keeps_its_details_and_metadata(reached: tuple[Core, GrpcChannel]) -> None:
    _, channel = reached
    with pytest.raises(CallFailed) as caught:
        await channel.unary(shop()["Fail"], **asked(code=5, message="Gone.", reason="not_found"))
    failure = caught.value
    assert (failure.status.code, failure.status.message) == (5, "Gone.")
    assert len(failure.status.details) == 1
    assert failure.metadata["x-ratelimit-limit"] == "100"
    assert STATUS_DETAILS not in failure.metadata


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x-a", "line\nbreak"),
        ("x-a", "carriage\rreturn"),
        ("x-a", "nul\0"),
        ("x-a", "ü"),
        ("X-Upper", "a"),
        (":path", "a"),
        ("x a", "a"),
        ("", "a"),
        ("x-a-bin", "text"),
        ("x-a", b"bytes"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
async def test_metadata_grpcio_would_choke_on_is_a_status(
    reached: tuple[Core, GrpcChannel], name: str, value: str | bytes, streaming: bool
) -> None:
    core, channel = reached
    request = message("GetItemRequest", id="1")
    arguments: dict[str, Any] = {"metadata": [(name, value)], "timeout": 5}
    call = channel.stream(shop()["Watch"], request, **arguments)
    with pytest.raises(CallFailed) as caught:
        await (call.start() if streaming else channel.unary(shop()["GetItem"], request, **arguments))
    assert caught.value.status.code == code_pb2.INVALID_ARGUMENT
    assert core.calls == []


async def test_fixed_metadata_goes_with_every_call(reached: tuple[Core, GrpcChannel]) -> None:
    core, channel = reached
    request = message("GetItemRequest", id="1")
    await channel.unary(shop()["GetItem"], request, metadata=[("user-agent", "curl")], timeout=5)
    assert core.last.metadata["x-always"] == "yes"
    assert core.last.metadata["x-user-agent"] == "curl"


async def test_no_server_is_unavailable() -> None:
    channel = GrpcChannel("127.0.0.1:1")
    with pytest.raises(CallFailed) as unary:
        await channel.unary(shop()["Fail"], **asked())
    call = channel.stream(shop()["Watch"], message("WatchRequest"), metadata=[], timeout=5)
    with pytest.raises(CallFailed) as stream:
        await call.start()
    await call.aclose()
    await channel.close()
    assert {unary.value.status.code, stream.value.status.code} == {code_pb2.UNAVAILABLE}


async def test_a_closed_channel_is_unavailable(reached: tuple[Core, GrpcChannel]) -> None:
    _, channel = reached
    await channel.unary(shop()["GetItem"], message("GetItemRequest"), metadata=[], timeout=5)
    await channel.close()
    with pytest.raises(CallFailed) as caught:
        await channel.unary(shop()["GetItem"], message("GetItemRequest"), metadata=[], timeout=5)
    assert caught.value.status.code == code_pb2.UNAVAILABLE


async def test_an_oversized_message_is_resource_exhausted(reached: tuple[Core, GrpcChannel]) -> None:
    _, channel = reached
    item = message("Item", name="x" * (5 << 20))
    with pytest.raises(CallFailed) as caught:
        await channel.unary(shop()["CreateItem"], item, metadata=[], timeout=5)
    assert caught.value.status.code == code_pb2.RESOURCE_EXHAUSTED


async def test_an_unknown_method_is_unimplemented(reached: tuple[Core, GrpcChannel]) -> None:
    _, channel = reached
    info = shop()["GetItem"]
    object.__setattr__(other := type(info)(**vars(info)), "full_name", "/bridgetest.v1.Shop/Nope")
    with pytest.raises(CallFailed) as caught:
        await channel.unary(other, message("GetItemRequest"), metadata=[], timeout=5)
    assert caught.value.status.code == code_pb2.UNIMPLEMENTED


def test_details_of_another_code_or_of_no_status_are_not_believed() -> None:
    import grpc

    good = status_pb2.Status(code=5, message="inner").SerializeToString()
    assert _status(grpc.StatusCode.NOT_FOUND, "outer", trailing=[(STATUS_DETAILS, good)]).message == "inner"
    assert _status(grpc.StatusCode.ABORTED, "outer", trailing=[(STATUS_DETAILS, good)]).message == "outer"
    assert (
        _status(grpc.StatusCode.NOT_FOUND, "outer", trailing=[(STATUS_DETAILS, b"\xff")]).message == "outer"
    )
    assert _status(grpc.StatusCode.NOT_FOUND, None, trailing=None).message == ""


def test_only_idempotent_methods_are_retried() -> None:
    options = dict(_options([shop()["GetItem"]]))
    assert '"method": "GetItem"' in options["grpc.service_config"]
    assert "UNAVAILABLE" in options["grpc.service_config"]
    assert "grpc.service_config" not in dict(_options([]))
