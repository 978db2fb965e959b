"""The client of a language model: one URL, a budget, and answers taken only as far as they can be read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from server.settings import Settings
from server.work.language_model import AWAY, LATE, SPENT, UNREADABLE, Budget, LanguageModel, ModelFailed, Task
from tests.support import fake_model as fake
from tests.support.fake_model import FakeModel

TASK = Task("numbers", "Give a number.", {"for": "a test"}, {"type": "object"}, seed=3)


@pytest_asyncio.fixture(name="endpoint")
async def endpoint_fixture() -> AsyncIterator[FakeModel]:
    async with fake.fake_model(fake.says({"n": 1})) as model:
        yield model


def _client(url: str, **more: Any) -> LanguageModel:
    return LanguageModel(
        Settings(language_model_url=url, language_model_name="m", language_model_retries=0, **more)
    )


def _number(answer: Any) -> int:
    if not isinstance(answer, dict) or not isinstance(answer.get("n"), int):
        raise ValueError("n is missing.")
    return int(answer["n"])


@pytest.mark.parametrize(
    "content",
    [
        '{"n": 1}',
        'Sure, here it is:\n```json\n{"n": 1}\n```',
        '<think>{"n": 7} perhaps?</think>\n{"n": 1}',
    ],
    ids=["bare", "fenced", "after thoughts"],
)
async def test_json_is_found_in_what_models_write_around_it(endpoint: FakeModel, content: str) -> None:
    endpoint.become(fake.says(content))
    model = _client(endpoint.url)
    assert await model.ask(TASK, model.budget(), _number) == 1
    assert len(endpoint.calls) == 1


async def test_what_cannot_be_taken_is_sent_back_once_with_the_reason(endpoint: FakeModel) -> None:
    endpoint.become(fake.says({"m": 1}))
    model = _client(endpoint.url)
    with pytest.raises(ModelFailed, match=UNREADABLE):
        await model.ask(TASK, model.budget(), _number)
    assert len(endpoint.calls) == 2
    assert "n is missing" in endpoint.calls[1].body["messages"][-1]["content"]


@pytest.mark.parametrize("path", ["", "/", "?api-version=1"])
async def test_the_path_is_that_of_the_base_url(endpoint: FakeModel, path: str) -> None:
    model = _client(endpoint.url + path)
    await model.ask(TASK, model.budget(), _number)
    assert endpoint.calls[0].path == "/v1/chat/completions" + (path if path.startswith("?") else "")


async def test_no_key_is_no_header(endpoint: FakeModel) -> None:
    model = _client(endpoint.url)
    await model.ask(TASK, model.budget(), _number)
    assert "authorization" not in endpoint.calls[0].headers


async def test_proxies_of_the_environment_are_not_used(
    endpoint: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    model = _client(endpoint.url)
    assert await model.ask(TASK, model.budget(), _number) == 1


async def test_a_proxy_of_the_settings_is_used(endpoint: FakeModel) -> None:
    model = _client("http://elsewhere.invalid/v1", language_model_proxy=endpoint.url.removesuffix("/v1"))
    assert await model.ask(TASK, model.budget(), _number) == 1
    assert endpoint.calls[0].path == "http://elsewhere.invalid/v1/chat/completions"


async def test_tokens_are_counted_down_by_what_the_server_says(endpoint: FakeModel) -> None:
    model = _client(endpoint.url)
    budget = model.budget()
    before = budget.tokens
    await model.ask(TASK, budget, _number)
    assert before - budget.tokens == 100


async def test_nothing_is_asked_without_tokens_or_time(endpoint: FakeModel) -> None:
    model = _client(endpoint.url)
    with pytest.raises(ModelFailed, match=SPENT):
        await model.ask(TASK, Budget(model.budget().ends, 50), _number)
    with pytest.raises(ModelFailed, match=LATE):
        await model.ask(TASK, Budget(0.0, 5000), _number)
    assert endpoint.calls == []


async def test_nobody_listening_is_told_so(endpoint: FakeModel) -> None:
    model = _client("http://127.0.0.1:9/v1")
    with pytest.raises(ModelFailed, match=AWAY):
        await model.ask(TASK, model.budget(), _number)


async def test_a_model_that_reasons_is_asked_without_a_temperature(endpoint: FakeModel) -> None:
    async def reasoning(call: fake.Call, writer: fake.Writer) -> None:
        if "max_tokens" in call.body:
            fake.reply(writer, 400, b"{}")
        else:
            fake.reply(writer, 200, fake.completion({"n": 2}))

    endpoint.become(reasoning)
    model = _client(endpoint.url)
    assert await model.ask(TASK, model.budget(), _number) == 2
    assert "temperature" not in endpoint.calls[-1].body
    assert endpoint.calls[-1].body["response_format"]["type"] == "json_schema"
