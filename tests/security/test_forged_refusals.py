"""A bridge's refusals travel through the chain; anybody can claim to be a bridge, so only our own codes are carried."""

from __future__ import annotations

import grpc
import pytest
from claribi.v1 import monitoring_pb2
from google.rpc import status_pb2

from rest_bridge.errors import Refusal
from tests.support.transports import ERRORS
from tests.support.world import World

REFUSE = "/claribi.v1.EdgeService/Refuse"
HEALTH = "/claribi.v1.MonitoringService/GetHealth"
REFUSAL_KEY = "claribi-refusal-bin"
# Codes that would pass for our failure or our silence, and numbers that are no code at all.
FORGED = (1, 2, 8, 13, 14, 15, 17, 100, -1)


async def _code(world: World, path: str, request: bytes, metadata: tuple[tuple[str, bytes], ...] = ()) -> str:
    async with grpc.aio.insecure_channel(world.grpc_address) as channel:
        try:
            await channel.unary_unary(path, None, None)(request, metadata=metadata, timeout=10)
        except grpc.aio.AioRpcError as error:
            return str(error.code().name)
    return "OK"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("code", FORGED)
async def test_a_forged_refusal_is_an_invalid_argument(code: int, world: World) -> None:
    status = status_pb2.Status(code=code, message="forged")
    request = monitoring_pb2.RefuseRequest(status=status).SerializeToString()
    assert await _code(world, REFUSE, request) == "INVALID_ARGUMENT"
    carried = ((REFUSAL_KEY, status.SerializeToString()),)
    assert await _code(world, HEALTH, b"", carried) == "INVALID_ARGUMENT"


@pytest.mark.asyncio(loop_scope="session")
async def test_a_refusal_by_one_of_our_codes_is_carried_on(world: World) -> None:
    status = ERRORS.status(Refusal("not_found", "There is no such route."))
    request = monitoring_pb2.RefuseRequest(status=status).SerializeToString()
    assert await _code(world, REFUSE, request) == "NOT_FOUND"
