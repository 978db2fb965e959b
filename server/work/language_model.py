"""The way to a language model: any OpenAI-compatible endpoint, within a budget, its answers not trusted.

Only the URL of the settings is ever called: redirects are not followed, proxies of the environment not used. The key
goes into one header and nowhere else; what the endpoint says of itself is neither logged nor told.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit, urlunsplit

import orjson
import structlog

from server.settings import Settings

log = structlog.get_logger(__name__)

MOST_BYTES = 1 << 20  # of one answer; longer ones are cut off while they come
CHARACTERS_PER_TOKEN = 3.0  # an English text has about four; other scripts fewer
LEAST_ANSWER_TOKENS = 100
MOST_ANSWER_TOKENS = 4096  # more than any answer needs; some servers refuse to be asked for more
FIRST_PAUSE_SECONDS = 0.5  # before the first further attempt; doubled each time
_AGAIN = frozenset({408, 409, 429, 500, 502, 503, 504})
_NOT_UNDERSTOOD = frozenset({400, 404, 415, 422, 501})
_OK = 200

Read = TypeVar("Read")
Message = dict[str, str]


class ModelFailed(Exception):
    """No usable answer; `reason` completes the sentence "A language model was asked, but ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


LATE = "it did not answer in time"
AWAY = "it could not be reached"
UNREADABLE = "its answer could not be read"
FAILED = "it answered with an error"
REFUSED_KEY = "it did not accept the key"
SPENT = "the tokens set aside for it did not suffice"


@dataclass
class Budget:
    """What one report may still spend: until a moment of the loop's clock, and tokens.

    The shape of request the server understood is kept here, so that no report depends on those before it.
    """

    ends: float
    tokens: int
    shape: int = 0

    def seconds(self) -> float:
        """Left until the end, 0 when it is over."""
        return max(0.0, self.ends - asyncio.get_running_loop().time())


@dataclass(frozen=True)
class Task:
    """What is asked: instructions, data (given as JSON, apart from the instructions), and the shape of the answer."""

    name: str
    instructions: str
    data: Mapping[str, Any]
    schema: Mapping[str, Any]
    seed: int = 0

    def messages(self) -> list[Message]:
        """The opening of the conversation."""
        return [
            {"role": "system", "content": self.instructions},
            {"role": "user", "content": orjson.dumps(self.data).decode()},
        ]


class Model(Protocol):
    """What gives answers in JSON."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    async def ask(self, task: Task, budget: Budget, read: Callable[[Any], Read]) -> Read:
        """The answer as `read` takes it. Raises ModelFailed; `read` raises ValueError for what it cannot take."""
        ...


Shape = Callable[[dict[str, Any], Task, int], dict[str, Any]]


def _structured(body: dict[str, Any], task: Task, tokens: int) -> dict[str, Any]:
    return {
        **body,
        "temperature": 0,
        "seed": task.seed,
        "max_tokens": tokens,
        "response_format": _format(task),
    }


def _for_reasoning(body: dict[str, Any], task: Task, tokens: int) -> dict[str, Any]:
    """Models that reason know neither `max_tokens` nor a temperature."""
    return {**body, "max_completion_tokens": tokens, "response_format": _format(task)}


def _plain(body: dict[str, Any], task: Task, tokens: int) -> dict[str, Any]:
    """Servers without structured output get the schema as text."""
    wanted = f"Answer with JSON only, of this JSON schema: {orjson.dumps(dict(task.schema)).decode()}"
    first, *rest = body["messages"]
    told = {**first, "content": f"{first['content']}\n{wanted}"}
    return {**body, "messages": [told, *rest], "temperature": 0, "max_tokens": tokens}


def _format(task: Task) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": task.name, "strict": True, "schema": dict(task.schema)},
    }


SHAPES: Sequence[Shape] = (_structured, _for_reasoning, _plain)


@dataclass
class LanguageModel:
    """The endpoint of the settings."""

    settings: Settings
    _url: str = field(init=False, default="")

    def __post_init__(self) -> None:
        parts = urlsplit(self.settings.language_model_url)
        path = parts.path.rstrip("/") + "/chat/completions"
        self._url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

    @property
    def name(self) -> str:
        """The model asked for."""
        return self.settings.language_model_name

    def budget(self) -> Budget:
        """What a report that begins now may spend."""
        ends = asyncio.get_running_loop().time() + self.settings.language_model_budget_seconds
        return Budget(ends, self.settings.language_model_budget_tokens)

    async def ask(self, task: Task, budget: Budget, read: Callable[[Any], Read]) -> Read:
        """The answer as `read` takes it; what it cannot take is sent back once with the reason.

        Raises ModelFailed.
        """
        messages = task.messages()
        text = await self._answer(task, messages, budget)
        try:
            return read(_json(text))
        except ValueError as error:
            reason = str(error)
        messages += [
            {"role": "assistant", "content": text},
            {
                "role": "user",
                "content": f"That cannot be used: {reason} Answer again, with JSON of the schema only.",
            },
        ]
        try:
            return read(_json(await self._answer(task, messages, budget)))
        except ValueError as error:
            raise ModelFailed(UNREADABLE) from error

    async def _answer(self, task: Task, messages: list[Message], budget: Budget) -> str:
        """What the model says, in the first shape of request the server understands."""
        asked = round(sum(len(message["content"]) for message in messages) / CHARACTERS_PER_TOKEN)
        for shape in range(budget.shape, len(SHAPES)):
            left = budget.tokens - asked
            if left < LEAST_ANSWER_TOKENS:
                raise ModelFailed(SPENT)
            body = {"model": self.name, "messages": messages, "stream": False}
            status, content = await self._post(
                SHAPES[shape](body, task, min(left, MOST_ANSWER_TOKENS)), budget
            )
            if status == _OK:
                budget.shape = shape
                text, used = _said(content)
                budget.tokens -= used or asked + round(len(text) / CHARACTERS_PER_TOKEN)
                return text
            log.warning("language model refused a request", status=status, shape=shape)
            if status not in _NOT_UNDERSTOOD:
                break
        raise ModelFailed(REFUSED_KEY if status in {401, 403} else FAILED)

    async def _post(self, body: dict[str, Any], budget: Budget) -> tuple[int, bytes]:
        """Status and content, after further attempts where they may help."""
        pause = FIRST_PAUSE_SECONDS
        for left in range(self.settings.language_model_retries, -1, -1):
            try:
                status, content, wait = await self._once(body, budget)
            except ModelFailed as failure:
                if not left or failure.reason == UNREADABLE or budget.seconds() <= pause:
                    raise
                wait = 0.0
            else:
                if status not in _AGAIN or not left or budget.seconds() <= max(pause, wait):
                    return status, content
            await asyncio.sleep(max(pause, wait))
            pause *= 2.0
        raise ModelFailed(FAILED)

    async def _once(self, body: dict[str, Any], budget: Budget) -> tuple[int, bytes, float]:
        """Status, content, and the pause in seconds the server asks for. Raises ModelFailed."""
        import httpx2

        seconds = min(self.settings.language_model_timeout_seconds, budget.seconds())
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if key := self.settings.language_model_key.get_secret_value():
            headers["Authorization"] = f"Bearer {key}"
        proxy = self.settings.language_model_proxy or None
        try:
            async with (
                asyncio.timeout(seconds),
                httpx2.AsyncClient(
                    trust_env=False, follow_redirects=False, proxy=proxy, timeout=seconds or None
                ) as client,
                client.stream("POST", self._url, content=orjson.dumps(body), headers=headers) as answer,
            ):
                content = await _bounded(answer.aiter_raw())
                return answer.status_code, content, _asked_pause(answer.headers)
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise ModelFailed(LATE) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            log.warning("language model is away", error=type(error).__name__)
            raise ModelFailed(AWAY) from error


async def _bounded(parts: Any) -> bytes:
    """The content; raises ModelFailed when it is longer than an answer may be."""
    content = bytearray()
    async for part in parts:
        content += part
        if len(content) > MOST_BYTES:
            raise ModelFailed(UNREADABLE)
    return bytes(content)


def _asked_pause(headers: Mapping[str, str]) -> float:
    text = headers.get("retry-after", "")
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _said(content: bytes) -> tuple[str, int]:
    """The text of the first choice and the tokens used (0 when not said). Raises ModelFailed."""
    try:
        answer = orjson.loads(content)
        text = answer["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError) as error:
        raise ModelFailed(UNREADABLE) from error
    if not isinstance(text, str):
        raise ModelFailed(UNREADABLE)
    usage = answer.get("usage") if isinstance(answer, dict) else None
    used = usage.get("total_tokens") if isinstance(usage, dict) else None
    return text, used if isinstance(used, int) and not isinstance(used, bool) and used > 0 else 0


def _json(text: str) -> Any:
    """The JSON of an answer, without the thoughts before it or the fence around it. Raises ValueError."""
    text = text.rpartition("</think>")[2].strip()
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise ValueError("it holds no JSON object.")
    try:
        return orjson.loads(text[start : end + 1])
    except ValueError as error:
        raise ValueError("it is not valid JSON.") from error
