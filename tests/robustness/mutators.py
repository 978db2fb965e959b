"""What a hostile or careless client does to a request, part by part; each mutator is a function of its name."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from typing import Any

from tests.robustness.well_formed import DATES, TEXTS, HttpRequest

Mutator = Callable[[random.Random, HttpRequest], None]

DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
WEIRD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf"), "", "\0", "a\0b", "\ud800",
    "x\udfff", "9" * 5000, "a" * 70_000, [], [None], [[]], {}, {"": None}, {"\0": 1}, {"a": {"b": {}}}, "2026-13-45",
    "NaN", "-Infinity", "1e400", " 1", "+1", "0x10", "true", DEEP, [0] * 12_000, *DATES, *TEXTS,
)  # fmt: skip
RAW_VALUES = (
    "%", "%zz", "%00", "%ff", "%c0%80", "%ed%a0%80", "+", "%2B1", "1e3", "0", "-1", "9" * 20, "2147483647",
    "2147483648", "NaN", "-created_at", "created_at,", ",,", "name;drop", "%25%5F", "a" * 9000, "\"", "[]", "{}",
    "null", "true", "1.0", "01", "%20", "", "2026W05T08", "0001-01-01", "9999-12-31", "10000-01-01",
    "2026-06-01T08:00+00:00",
)  # fmt: skip
HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"accept", b"text/html"),
    (b"accept", b";;q=,"),
    (b"accept", b"application/json;q=0"),
    (b"accept", b"*/*;q=nan"),
    (b"accept", b"," * 3000),
    (b"accept", b"text/event-stream"),
    (b"accept-language", b"\xff\xfe"),
    (b"content-encoding", b"gzip"),
    (b"content-encoding", b"br, gzip"),
    (b"content-length", b"-1"),
    (b"content-length", b"9" * 30),
    (b"content-type", b"application/json; charset=utf-16"),
    (b"content-type", b"text/plain"),
    (b"content-type", b"\xff"),
    (b"content-type", b"multipart/form-data"),
    (b"content-type", b"multipart/form-data; boundary=" + b"x" * 500),
    (b"content-type", b"application/x-www-form-urlencoded"),
    (b"cookie", b"a=b; c"),
    (b"expect", b"200-ok"),
    (b"host", b"evil.example"),
    (b"idempotency-key", b""),
    (b"idempotency-key", b"k" * 256),
    (b"idempotency-key", b"one key for everything"),
    (b"if-none-match", b"*"),
    (b"prefer", b"respond-async"),
    (b"prefer", b"wait=" + b"9" * 400),
    (b"prefer", b"wait=-1, wait=, =, ;;"),
    (b"range", b"bytes=0-1"),
    (b"te", b"trailers"),
    (b"transfer-encoding", b"chunked"),
    (b"transfer-encoding", b"gzip, chunked"),
    (b"upgrade", b"h2c"),
    (b"user-agent", b"\0"),
    (b"x-api-key", b"claribi_key_"),
    (b"x-forwarded-for", b"127.0.0.1, evil"),
    (b"x-http-method-override", b"DELETE"),
    (b"x-request-id", b"a b\r\nx: y"),
    (b"x-request-timeout", b"-1"),
    (b"x-request-timeout", b"nan"),
    (b"grpc-timeout", b"0n"),
    (b"claribi-refusal-bin", b"AAAA"),
    (b"x-bridge-secret", b"guess"),
    (b"x-client-address", b"10.0.0.1"),
    (b"authorization", b"Bearer"),
    (b"authorization", b"Basic \xc3\xa9"),
    (b"big", b"x" * 17_000),
)
VERBS = (
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "FOO",
    "get",
    "PROPFIND",
)
TAILS = (
    "..",
    "%2e%2e",
    "%",
    "%zz",
    "%00",
    "%2F",
    "%ff",
    "//",
    "\u0000"[:0],
    "nope",
    ";a=b",
    ":verb",
    "a" * 9000,
    "%20",
    "*",
    "{id}",
)


def replace_a_value(rng: random.Random, request: HttpRequest) -> None:
    parent, key = _somewhere(rng, request)
    parent[key] = rng.choice(WEIRD)


def drop_a_value(rng: random.Random, request: HttpRequest) -> None:
    parent, key = _somewhere(rng, request)
    del parent[key]


def add_a_field(rng: random.Random, request: HttpRequest) -> None:
    parent, _ = _somewhere(rng, request)
    if isinstance(parent, dict):
        parent[rng.choice(("extra", "id", "update_mask", "__proto__", "a.b", "", "createdAt"))] = rng.choice(
            WEIRD
        )
    else:
        parent.append(rng.choice(WEIRD))


def replace_the_document(rng: random.Random, request: HttpRequest) -> None:
    request.document = rng.choice(WEIRD)


def double_a_name(_rng: random.Random, request: HttpRequest) -> None:
    if isinstance(request.document, dict) and request.document:
        name = next(iter(request.document))
        twice = f"{{{json.dumps(name)}: 1, {json.dumps(request.document)[1:]}"
        request.body = twice.encode()


def change_a_byte(rng: random.Random, request: HttpRequest) -> None:
    data = bytearray(request.content or b"{}")
    for _ in range(rng.randrange(1, 4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    request.body = bytes(data)


def cut_the_body(rng: random.Random, request: HttpRequest) -> None:
    data = request.content or b"{}"
    request.body = data[: rng.randrange(len(data))]


def garble_the_body(rng: random.Random, request: HttpRequest) -> None:
    data = request.content or b"{}"
    request.body = rng.choice(
        (b"\xef\xbb\xbf" + data, data + b"x", data.decode("utf-8", "replace").encode("utf-16"), gzip.compress(data),
         b"[" * 100_000, b'{"a":' * 5_000, b"1" * 5_000, rng.randbytes(100), b"\0", b" ", b"--b--", b"a=b&c=%zz")
    )  # fmt: skip


def change_the_query(rng: random.Random, request: HttpRequest) -> None:
    names = (
        "page",
        "page_size",
        "ordering",
        "status",
        "name",
        "created_after",
        "created_before",
        "format",
        "level",
        "bogus",
    )
    known = [name for name, _ in request.query] or ["page"]
    for _ in range(rng.randrange(1, 4)):
        request.query.append(
            (rng.choice((*names, *known, "%", "%zz", "a" * 100, "")), rng.choice(RAW_VALUES))
        )


def double_a_parameter(rng: random.Random, request: HttpRequest) -> None:
    if request.query:
        request.query += [rng.choice(request.query)] * rng.choice((1, 1, 500))


def change_the_path(rng: random.Random, request: HttpRequest) -> None:
    parts = request.path.split("/")
    parts[rng.randrange(1, len(parts))] = rng.choice(TAILS)
    request.path = "/" + "/".join(parts).lstrip("/")


def change_the_verb(rng: random.Random, request: HttpRequest) -> None:
    request.verb = rng.choice(VERBS)


def add_headers(rng: random.Random, request: HttpRequest) -> None:
    request.headers += rng.sample(HEADERS, rng.choice((1, 1, 2, 3)))


def repeat_a_header(rng: random.Random, request: HttpRequest) -> None:
    if request.headers:
        request.headers += [rng.choice(request.headers)] * rng.choice((1, 1, 150))


def drop_the_headers(_rng: random.Random, request: HttpRequest) -> None:
    request.headers.clear()


def leave_as_it_is(_rng: random.Random, _request: HttpRequest) -> None:
    """Some well-formed requests belong among the others: they leave states behind that the others meet."""


ON_DOCUMENTS: tuple[Mutator, ...] = (
    replace_a_value, replace_a_value, replace_a_value, drop_a_value, add_a_field, replace_the_document, double_a_name,
    change_a_byte, cut_the_body, garble_the_body,
)  # fmt: skip
ON_ALL: tuple[Mutator, ...] = (
    change_the_query, change_the_query, double_a_parameter, change_the_path, change_the_verb, add_headers, add_headers,
    repeat_a_header, drop_the_headers, leave_as_it_is,
)  # fmt: skip


def mutate(rng: random.Random, request: HttpRequest) -> None:
    """Up to three mutations, noted in `tried`."""
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        choices = ON_ALL + (ON_DOCUMENTS if isinstance(request.document, dict) else ())
        mutator = rng.choice(choices)
        request.tried.append(mutator.__name__)
        mutator(rng, request)


def _somewhere(rng: random.Random, request: HttpRequest) -> tuple[Any, Any]:
    """A container of the document and a key in it."""
    spots = list(_spots(request.document))
    if not spots:
        request.document = {"only": 1}
        return request.document, "only"
    return rng.choice(spots)


def _spots(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in list(pairs):
        yield value, key
        if len(str(below)) < 10_000:
            yield from _spots(below)
