"""The served OpenAPI document against the server: requests drawn from it, answers held against it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.support.world import World

SEED = int(os.environ.get("CLARIBI_TEST_SEED", "20261123"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SCHEMA = "/api/v1/schema/"
# Each of these ends the session or the person the rest is done with.
ENDING = ("/api/auth/logout/", "/api/auth/password/")
# The caller is ours; and who asks for the answer within a microsecond gets a 504, as documented.
LEFT_OUT = ("x-api-key", "authorization", "grpc-timeout", "x-request-timeout")
# Of a value the document asks for, ids that exist are of most use.
KNOWN_IDS = {"/reports/": "report", "/data-sources/": "data_source"}


class Served:
    """A world on a loop of its own, asked from synchronous code."""

    def __init__(self, folder: Path) -> None:
        self._runner = asyncio.Runner()
        self.world = self._runner.run(_made(folder))
        transport = httpx2.ASGITransport(app=self.world.in_process)
        self._http = httpx2.AsyncClient(transport=transport, base_url="http://testserver", timeout=60)

    def ask(self, method: str, url: str, **arguments: Any) -> httpx2.Response:
        """One request."""
        return self._runner.run(self._ask(method, url, arguments))

    async def _ask(self, method: str, url: str, arguments: dict[str, Any]) -> httpx2.Response:
        request = self._http.build_request(method, url, **arguments)
        await request.aread()  # the checks look at what was sent, uploads too
        return await self._http.send(request)

    def close(self) -> None:
        """End it."""
        self._runner.run(self._http.aclose())
        self._runner.run(self.world.stop())
        self._runner.close()


async def _made(folder: Path) -> World:
    world = World(folder)
    await world.start()
    await world.fill()
    return world


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(Path(tmp_path_factory.mktemp("openapi")) / "data")
    yield made
    made.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    "examples", [4, pytest.param(60, marks=[pytest.mark.night, pytest.mark.timeout(3600)])]
)
def test_every_answer_is_one_the_document_tells_of(
    examples: int, served: Served, subtests: pytest.Subtests
) -> None:
    document = yaml.safe_load(served.ask("GET", SCHEMA).content)
    schema = schemathesis.openapi.from_dict(document)
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path in ENDING:
            continue
        for mode in MODES:
            with subtests.test(f"{operation.label} {mode.value}"):
                _try(operation, mode, served, examples=examples, statuses=statuses)
    assert {200, 400} <= set(statuses), f"seed {SEED}: {statuses}"


def _try(operation: Any, mode: Any, served: Served, *, examples: int, statuses: Counter[int]) -> None:
    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        _settle(case, served.world)
        arguments = case.as_transport_kwargs(base_url="http://testserver")
        arguments.pop("cookies", None)
        response = served.ask(arguments.pop("method"), arguments.pop("url"), **_for_httpx(arguments))
        statuses[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    run()


def _settle(case: Any, world: World) -> None:
    """A signed-in caller, and an id that exists where the path asks for one."""
    for part, kind in KNOWN_IDS.items():
        if part in case.path and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = world.home.ids[kind]
    case.headers = {
        name: value for name, value in (case.headers or {}).items() if name.lower() not in LEFT_OUT
    }
    case.headers["Authorization"] = f"Bearer {world.home.members['owner'].token}"


def _for_httpx(arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `requests`, as httpx2 takes them."""
    data = arguments.pop("data", None)
    if isinstance(data, str | bytes):
        arguments["content"] = data
    elif data is not None:
        arguments["data"] = data
    return {name: value for name, value in arguments.items() if value is not None}
