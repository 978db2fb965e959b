"""Requests nobody should send: every answer is the envelope, with its headers, and never a server error."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter

import pytest
from claribi.v1 import reports_pb2
from sqlalchemy import select

from server.stores.tables import reports
from tests.bridge.support_asgi import Answer, Exchange
from tests.robustness.answers import problems
from tests.robustness.mutators import mutate
from tests.robustness.well_formed import Author, HttpRequest
from tests.support.world import World

SEED = int(os.environ.get("CLARIBI_TEST_SEED", "20261123"))
SECONDS_AN_ANSWER = 60
CREATED = 201
REACHED_SHARE = 0.6
HEALTH = "/api/monitoring/health"
UNKNOWN_ID = "018f3c1e-0000-7000-8000-000000000000"


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "n", [2_500, pytest.param(10_000, marks=[pytest.mark.night, pytest.mark.timeout(3600)])]
)
async def test_every_mutated_request_is_answered_in_the_envelope(n: int, battered: World) -> None:
    rng = random.Random(SEED + n)
    author = Author(rng, {kind: [identifier, UNKNOWN_ID] for kind, identifier in battered.home.ids.items()})
    found: list[str] = []
    reached: Counter[str] = Counter()
    for number in range(n):
        request = author.request()
        mutate(rng, request)
        _sign(rng, request, battered)
        answer = await _ask(battered, request)
        found += [f"#{number} {text}: {_shown(request, answer)}" for text in _wrong(request, answer)]
        if answer.status < 300:
            reached[request.origin] += 1
            _remember(author, answer)
    assert not found, f"seed {SEED + n}, {len(found)} of n={n}:\n" + "\n".join(found[:20])
    # A storm of refusals proves little: most methods must have been reached behind the refusals too.
    assert len(reached) > len(author.methods) * REACHED_SHARE, f"only {sorted(reached)}"
    assert await _broken_reports(battered) == []


def _remember(author: Author, answer: Answer) -> None:
    """Ids of what was made, for the requests after it."""
    if answer.status == CREATED and answer.headers["content-type"] == "application/json":
        made = answer.json
        if "token" in made:
            author.remember("token", made["token"])
        elif "id" in made:
            author.remember(author.kind, made["id"])


async def _broken_reports(world: World) -> list[str]:
    """Reports that failed by our own fault: a request that was taken must not break the work."""
    async with world.app.rooms.database.read() as tx:
        rows = await tx.all(
            select(reports.c.summary).where(reports.c.status == reports_pb2.REPORT_STATUS_FAILED)
        )
    failed = [reports_pb2.ReportSummary.FromString(row.summary) for row in rows]
    return [str(report) for report in failed if report.error.code == "internal_error"]


def _sign(rng: random.Random, request: HttpRequest, world: World) -> None:
    """Mostly the owner, since others are refused before anything interesting happens."""
    role = rng.choice(("owner", "owner", "owner", "owner", "administrator", "analyst", "viewer"))
    member = world.home.members[role]
    kind = rng.randrange(20)
    if kind == 0 or request.origin.endswith("Logout"):
        return
    if kind < 14:
        request.headers.append((b"authorization", b"Bearer " + member.token.encode()))
    else:
        request.headers.append((b"x-api-key", member.key.encode()))


async def _ask(world: World, request: HttpRequest) -> Answer:
    path, _, query = request.target.partition("?")
    content = request.content
    headers = [(b"host", b"testserver"), *request.headers]
    if content is not None and not any(
        name in (b"content-length", b"transfer-encoding") for name, _ in headers
    ):
        headers.append((b"content-length", b"%d" % len(content)))
    scope = {
        "type": "http", "http_version": "1.1", "method": request.verb, "path": path, "scheme": "http",
        "raw_path": path.encode("latin-1", "replace"), "query_string": query.encode("latin-1", "replace"),
        "headers": headers, "client": ("192.0.2.7", 50_000),
    }  # fmt: skip
    exchange = Exchange(scope, [content or b""])
    async with asyncio.timeout(SECONDS_AN_ANSWER):
        await exchange.run(world.in_process)
    return exchange.answer


def _wrong(request: HttpRequest, answer: Answer) -> list[str]:
    if answer.status == 503 and request.path.startswith(HEALTH):
        return []
    asked_for_less = any(name in (b"grpc-timeout", b"x-request-timeout") for name, _ in request.headers)
    if answer.status == 504 and asked_for_less:
        return []
    found = list(problems(answer.status, answer.raw_headers, answer.body))
    return found if answer.complete else [*found, "the answer has no end"]


def _shown(request: HttpRequest, answer: Answer) -> str:
    tried = ", ".join(request.tried)
    sent = f"{request.verb} {request.target:.300} {request.headers!r:.300} {request.content!r:.700}"
    return f"{tried} on {request.origin}: {sent} -> {answer.status} {answer.body!r:.300}"
