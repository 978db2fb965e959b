"""Bytes and messages nobody should send over gRPC: only documented codes come back, and the server lives on."""

from __future__ import annotations

import math
import os
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from grpc_status import rpc_status

from server.methods import Method, load_methods
from tests.robustness.answers import ALWAYS, leaks
from tests.robustness.well_formed import Author, fill, kind_of
from tests.support.transports import CODEC, ERRORS
from tests.support.world import World

SEED = int(os.environ.get("CLARIBI_TEST_SEED", "20261123"))
SECONDS_AN_ANSWER = 60
UNKNOWN_ID = "018f3c1e-0000-7000-8000-000000000000"
HEALTH = "/grpc.health.v1.Health/Check"
ALLOWED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "n", [2_000, pytest.param(20_000, marks=[pytest.mark.night, pytest.mark.timeout(3600)])]
)
async def test_every_message_gets_a_documented_code(n: int, battered: World) -> None:
    rng = random.Random(SEED + n)
    author = Author(rng, {kind: [identifier, UNKNOWN_ID] for kind, identifier in battered.home.ids.items()})
    methods = [method for method in load_methods() if not method.descriptor.name.startswith("Logout")]
    found: list[str] = []
    codes: Counter[str] = Counter()
    async with grpc.aio.insecure_channel(battered.grpc_address) as channel:
        for number in range(n):
            method = rng.choice(methods)
            data = _bytes(rng, author, method)
            answer = await _call(channel, method, data, metadata=_credentials(rng, battered))
            codes[answer.code.name] += 1
            wrong = list(answer.problems())
            found += [f"#{number} {text} from {method.path} for {data!r:.500}" for text in wrong]
        assert await _is_alive(channel)
    assert not found, f"seed {SEED + n}, {len(found)} of n={n}, {codes}:\n" + "\n".join(found[:20])
    assert codes["OK"] > n / 50, codes


class GrpcAnswer:
    """The code of a call, its metadata, and the status that explains a failure."""

    def __init__(self, code: grpc.StatusCode, metadata: Any, error: grpc.aio.AioRpcError | None) -> None:
        self.code = code
        self.names = {name for name, _ in metadata or ()}
        self.error = error

    def problems(self) -> Any:
        """What is wrong with it."""
        if self.code not in ALLOWED:
            yield f"{self.code} {self.error.details() if self.error else ''}"
            return
        for name in ALWAYS:
            if name not in self.names:
                yield f"no {name}"
        if self.error is not None:
            status = rpc_status.from_call(self.error)  # type: ignore[arg-type]
            if status is None or not ERRORS.reason(status):
                yield f"{self.code} without a reason"
            yield from leaks(self.error.details() or "", {})


async def _call(channel: Any, method: Method, data: list[bytes], *, metadata: Any) -> GrpcAnswer:
    kind = ("stream" if method.client_streaming else "unary") + (
        "_stream" if method.server_streaming else "_unary"
    )
    argument: Any = _each(data) if method.client_streaming else data[0]
    call = getattr(channel, kind)(method.path, None, None)(
        argument, metadata=metadata, timeout=SECONDS_AN_ANSWER
    )
    try:
        if method.server_streaming:
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as error:
        both = [*(error.initial_metadata() or ()), *(error.trailing_metadata() or ())]
        return GrpcAnswer(error.code(), both, error)
    return GrpcAnswer(await call.code(), await call.initial_metadata(), None)


async def _each(data: list[bytes]) -> AsyncIterator[bytes]:
    for item in data:
        yield item


def _bytes(rng: random.Random, author: Author, method: Method) -> list[bytes]:
    """The messages of a call: sensible, filled at random, or with bytes changed."""
    author.kind = kind_of(method)
    return [_one(rng, author, method) for _ in range(rng.randrange(4) if method.client_streaming else 1)]


def _one(rng: random.Random, author: Author, method: Method) -> bytes:
    message: Message = method.request_class()
    if rng.random() < 0.5:
        _read_plain(message, author)
    else:
        fill(message, author)
    data = bytearray(message.SerializeToString())
    kind = rng.randrange(6)
    if kind == 0 and data:
        for _ in range(rng.randrange(1, 4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
    elif kind == 1:
        del data[rng.randrange(len(data) + 1) :]
    elif kind == 2:
        data += rng.randbytes(rng.randrange(1, 30))
    return bytes(data)


def _read_plain(message: Message, author: Author) -> None:
    """A message as a sensible client fills it; values its type cannot hold leave it empty."""
    plain = author.plain(message.DESCRIPTOR, 0)
    plain.pop("update_mask", None)
    try:
        message.CopyFrom(CODEC.read_plain(plain, type(message)))
    except ValueError:
        message.Clear()


def _credentials(rng: random.Random, world: World) -> tuple[tuple[str, str], ...]:
    member = world.home.members[rng.choice(("owner", "owner", "owner", "analyst", "viewer"))]
    kind = rng.randrange(10)
    if kind == 0:
        return ()
    if kind < 6:
        return (("authorization", f"Bearer {member.token}"),)
    return (("x-api-key", member.key),)


async def _is_alive(channel: Any) -> bool:
    return bool(await channel.unary_unary(HEALTH, None, None)(b"", timeout=5))


def test_the_numbers_tried_include_those_json_cannot_say() -> None:
    author = Author(random.Random(1), {"report": ["x"]})
    method = next(m for m in load_methods() if m.descriptor.name == "CreateGoal")
    values: list[float] = []
    for _ in range(200):
        message: Any = method.request_class()
        fill(message, author)
        values.append(message.target_value)
    assert any(math.isnan(value) for value in values)
    assert any(math.isinf(value) for value in values)
