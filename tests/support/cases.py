"""Cases as data: who calls what with which request, and what must come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.transports import METHODS, Answer, Transport
from tests.support.world import Organization, World

FOLDER = Path(__file__).parents[1] / "cases"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
REFERENCE = re.compile(r"\$\{?([a-z_.]+)\}?")


@dataclass(frozen=True)
class Want:
    """What must come back; parts not given are not compared."""

    code: str = "OK"
    http: int | None = None
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One call."""

    name: str
    call: str
    caller: str
    request: dict[str, Any]
    want: Want
    headers: dict[str, str] = field(default_factory=dict)
    keep: dict[str, str] = field(default_factory=dict)


def load_files() -> list[Path]:
    """Every case file."""
    return sorted(FOLDER.glob("*/*.yaml"))


def load(path: Path) -> list[Case]:
    """The cases of a file, in order; they may build on each other."""
    return [_case(raw) for raw in yaml.safe_load(path.read_text())["cases"]]


def all_cases() -> Iterator[tuple[Path, Case]]:
    """Every case with its file."""
    for path in load_files():
        for case in load(path):
            yield path, case


def _case(raw: dict[str, Any]) -> Case:
    known = {"name", "call", "as", "request", "want", "headers", "keep"}
    unknown = raw.keys() - known
    assert not unknown, f"{raw.get('name')}: unknown keys {unknown}"
    assert raw["call"] in METHODS, f"{raw['name']}: no method {raw['call']}"
    return Case(
        name=raw["name"],
        call=raw["call"],
        caller=raw.get("as", "owner"),
        request=raw.get("request") or {},
        want=Want(**(raw.get("want") or {})),
        headers={k.lower(): str(v) for k, v in (raw.get("headers") or {}).items()},
        keep=raw.get("keep") or {},
    )


class Scope:
    """What `$name` means while a file runs: ids of the world and what cases kept."""

    def __init__(self, world: World) -> None:
        self._names: dict[str, Any] = {}
        for prefix, organization in (("", world.home), ("other.", world.other)):
            for name, value in organization.ids.items():
                self._names[prefix + name] = value
            for role, member in organization.members.items():
                self._names[f"{prefix}{role}.id"] = member.user_id
                self._names[f"{prefix}{role}.email"] = member.email
            self._names[f"{prefix}organization.id"] = organization.id

    def keep(self, name: str, value: Any) -> None:
        self._names[name] = value

    def resolve(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, str):
            whole = REFERENCE.fullmatch(value)
            if whole:
                return self._names[whole[1]]
            return REFERENCE.sub(lambda match: str(self._names[match[1]]), value)
        return value


def credentials(world: World, caller: str) -> dict[str, str]:
    """`anonymous`, a role, `key` or `key:role` (every scope), `scope:reports:read`; `other:` before any of them."""
    organization: Organization = world.home
    if caller.startswith("other:"):
        organization, caller = world.other, caller.removeprefix("other:")
    if caller == "anonymous":
        return {}
    if caller == "key":
        return {"x-api-key": organization.members["analyst"].key}
    if caller.startswith("key:"):
        return {"x-api-key": organization.members[caller.removeprefix("key:")].key}
    if caller.startswith("scope:"):
        return {"x-api-key": organization.members["owner"].single_scope_keys[caller.removeprefix("scope:")]}
    return {"authorization": f"Bearer {organization.members[caller].token}"}


async def run(case: Case, world: World, transport: Transport, scope: Scope) -> Answer:
    """Make the call, compare, and keep what later cases need."""
    headers = credentials(world, case.caller) | scope.resolve(case.headers)
    answer = await transport.call(METHODS[case.call], scope.resolve(case.request), headers)
    where = f"{case.name} over {transport.name}: {answer}"
    assert answer.code == case.want.code, where
    if case.want.http is not None:
        assert answer.http == case.want.http, where
    if case.want.body is not None:
        problems = list(differences(scope.resolve(case.want.body), answer.body, "body"))
        assert not problems, f"{where}\n" + "\n".join(problems)
    for name, wanted in case.want.headers.items():
        problems = list(differences(scope.resolve(wanted), answer.headers.get(name.lower()), name))
        assert not problems, f"{where}\n" + "\n".join(problems)
    if answer.sent:
        assert_decent(answer, where)
    for name, path in case.keep.items():
        scope.keep(name, _pick(answer.body, path))
    return answer


def assert_decent(answer: Answer, where: str) -> None:
    """What holds of every answer: rate headers, a request id, the envelope on errors."""
    for name in ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-request-id"):
        assert answer.headers.get(name), f"{where}: no {name}"
    if answer.http >= 400 and answer.http != 503:
        assert isinstance(answer.body, dict), where
        assert set(answer.body) == {"error"}, where
        assert set(answer.body["error"]) == {"message", "code", "details"}, where


def differences(wanted: Any, got: Any, path: str) -> Iterator[str]:
    """Where an answer is not what is wanted: objects are compared by the wanted keys, lists whole, marks by kind."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if key not in got:
                yield f"{path}.{key} is missing"
            else:
                yield from differences(value, got[key], f"{path}.{key}")
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            yield f"{path} has {len(got)} items, wanted {len(wanted)}: {got!r:.500}"
        for index, (one, other) in enumerate(zip(wanted, got, strict=False)):
            yield from differences(one, other, f"{path}.{index}")
    elif isinstance(wanted, str) and wanted.startswith("<") and wanted.endswith(">"):
        if not _is_kind(wanted, got):
            yield f"{path} is {got!r:.200}, wanted {wanted}"
    elif wanted != got:
        yield f"{path} is {got!r:.500}, wanted {wanted!r}"


def _is_kind(mark: str, got: Any) -> bool:
    kinds = {
        "<uuid>": lambda: isinstance(got, str) and bool(UUID.fullmatch(got)),
        "<time>": lambda: isinstance(got, str) and bool(TIME.fullmatch(got)),
        "<text>": lambda: isinstance(got, str) and bool(got),
        "<number>": lambda: isinstance(got, int | float) and not isinstance(got, bool),
        "<list>": lambda: isinstance(got, list) and bool(got),
        "<any>": lambda: got is not None,
        "<bytes>": lambda: isinstance(got, bytes) and bool(got),
    }
    if mark.startswith("<has "):
        return mark[5:-1] in str(got)
    return bool(kinds[mark]())


def _pick(body: Any, path: str) -> Any:
    for part in path.split("."):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body
