"""Requests every method would take, drawn from the descriptors: what the mutators start from."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from claribi.v1 import rules_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from server.methods import Method, enum_word
from server.options import option
from tests.support.transports import METHODS, PLACE, Rule, rule_of

DEEPEST = 3
LEFT_OUT = 0.5  # of the fields nobody requires
WILD = 0.08  # of the values that are only of the right type
REMEMBERED = 40  # ids of a kind
GONE_WITH_IT = (
    "Delete",
    "Revoke",
    "Logout",
    "Unshare",
)  # asked for less often, or nothing is left to ask about
DATES = (
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-02-30",
    "2026-01-31",
    "2026-W05-1",
    "2026W05T08",
    "20260131",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "2026-06-01T08:00:00Z",
    "2026-01-31T24:00:00Z",
    "2026-01-31 08:00",
    "1e9",
    "-0001-01-01",
)
GOOD_DATES = ("2026-01-01", "2026-03-31", "2026-10-30", "2027-01-01")
COLUMNS = ("order_date", "region", "amount_usd")
FIELD_KINDS = {
    "data_source_id": "data_source",
    "data_source_ids": "data_source",
    "parent_id": "goal",
    "user_id": "member",
}
TEXTS = (
    "",
    " ",
    "x",
    "Ünï©ødé 😀",
    "a" * 300,
    "%_\\'\";--",
    "=1+1",
    "<script>",
    "\u202eabc",
    "0",
    "null",
    "../..",
)
NUMBERS = (0, 1, -1, 0.5, 100, 2**31 - 1, 2**31, -(2**31) - 1, 2**53 + 1, 2**63, 1e308, -1e308, 5e-324, -0.0)
INTEGERS = (0, 1, 2, -1, 100, 101, 2**31 - 1, 2**31, 2**63 - 1, 10**20)


@dataclass
class HttpRequest:
    """A request that can still be changed part by part; `document` becomes the body unless `body` is set."""

    verb: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    document: Any = None
    body: bytes | None = None
    origin: str = ""
    tried: list[str] = field(default_factory=list)

    @property
    def content(self) -> bytes | None:
        """The body as it is sent; NaN, Infinity and lone surrogates are written as Python does."""
        if self.body is not None or self.document is None:
            return self.body
        return json.dumps(self.document).encode()

    @property
    def target(self) -> str:
        """Path and query."""
        query = "&".join(f"{name}={value}" for name, value in self.query)
        return f"{self.path}?{query}" if query else self.path


class Author:
    """Writes requests. `ids` are ids that exist by the word of their service, so that requests reach something."""

    def __init__(self, rng: random.Random, ids: dict[str, list[str]]) -> None:
        self.rng = rng
        self.ids = ids
        self.methods = [m for m in METHODS.values() if rule_of(m) is not None]
        self.kind = ""

    def remember(self, kind: str, identifier: str) -> None:
        """An id that was just made."""
        known = self.ids.setdefault(kind, [])
        known.append(identifier)
        del known[:-REMEMBERED]

    def request(self) -> HttpRequest:
        """A well-formed request of a method picked at random."""
        method = self.rng.choice(self.methods)
        if method.descriptor.name.startswith(GONE_WITH_IT):
            method = self.rng.choice(self.methods)
        rule = rule_of(method)
        assert rule is not None
        self.kind = kind_of(method)
        plain = self.plain(method.descriptor.input_type, 0)
        path = PLACE.sub(lambda place: str(self._for_path(plain, place[1])), rule.path) + "/"
        made = HttpRequest(rule.verb, path, origin=method.path)
        if method.client_streaming:
            self._upload(made)
        else:
            self._place(made, method, rule, plain)
        return made

    def _for_path(self, plain: dict[str, Any], name: str) -> str:
        plain.pop(name, None)
        return self.identifier("token" if name == "token" else self.kind)

    def identifier(self, kind: str) -> str:
        """An id of a kind; now and then of another, or of none."""
        if self.rng.random() < WILD:
            kind = self.rng.choice(list(self.ids))
        return self.rng.choice(self.ids.get(kind) or ["nope"])

    def _place(self, made: HttpRequest, method: Method, rule: Rule, plain: dict[str, Any]) -> None:
        plain.pop("update_mask", None)
        if rule.body == "*":
            made.document = plain
        elif rule.body:
            kind = method.descriptor.input_type.fields_by_name[rule.body].message_type
            made.document = self.plain(kind, 0)
            plain.pop(rule.body, None)
            plain.clear()
        if made.document is not None:
            made.headers.append((b"content-type", b"application/json"))
        if rule.body != "*":
            made.query = [(n, quoted(v)) for n, v in plain.items() if not isinstance(v, dict | list)]

    def _upload(self, made: HttpRequest) -> None:
        data = self.rng.choice((b"a,b\n1,2\n3,4\n", b"", b"\0\xff", b"a\n", b"[{}]", b'"', b"PK\3\4"))
        name = self.rng.choice(
            ("t.csv", "t.json", "t.xlsx", "t.parquet", "t.db", "t", "..", "a/b\\c.csv", "\u202e.csv")
        )
        parts = [
            b'--b\r\ncontent-disposition: form-data; name="name"\r\n\r\nUp\r\n',
            b'--b\r\ncontent-disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n\r\n',
            data + b"\r\n--b--\r\n",
        ]
        made.body = b"".join(parts)
        made.headers.append((b"content-type", b"multipart/form-data; boundary=b"))

    def plain(self, descriptor: Descriptor, depth: int) -> dict[str, Any]:
        """A JSON object for a message; fields that are not required are often left out."""
        if descriptor.full_name == "google.protobuf.Struct":
            return {"k": self.rng.choice([1, "x", None, [1, 2], {"deep": 1e308}])}
        made = {}
        for one in descriptor.fields:
            if one.containing_oneof is not None and one.containing_oneof.name == "part":
                continue
            required = option(one.GetOptions(), rules_pb2.field).required
            if required or (depth < DEEPEST and self.rng.random() > LEFT_OUT):
                made[one.name] = self._field(one, depth)
        return made

    def _field(self, one: FieldDescriptor, depth: int) -> Any:
        spec = option(one.GetOptions(), rules_pb2.field)
        if spec.example and self.rng.random() < 0.5:
            return json.loads(spec.example)
        if one.is_repeated:
            return [self._value(one, spec, depth) for _ in range(self.rng.choice((0, 1, 1, 2)))]
        return self._value(one, spec, depth)

    def _value(self, one: FieldDescriptor, spec: rules_pb2.FieldSpec, depth: int) -> Any:
        if one.message_type is not None:
            return self.plain(one.message_type, depth + 1)
        if one.enum_type is not None:
            return enum_word(self.rng.choice(one.enum_type.values)) or None
        return SCALARS[one.cpp_type](self, one, spec)

    def text(self, one: FieldDescriptor, spec: rules_pb2.FieldSpec) -> str:
        """A text the field might take."""
        if one.name.endswith(("id", "ids")):
            return self.identifier(FIELD_KINDS.get(one.name, self.kind))
        if spec.format in ("date", "date_or_time"):
            return self.rng.choice(DATES if self.rng.random() < WILD * 3 else GOOD_DATES)
        if spec.format == "email":
            return f"p{self.rng.randrange(10**6)}@home.example"
        if one.name == "ordering":
            return self.rng.choice(
                ("name", "-name", "created_at,-name", ",", "-", "--name", "name,name", "id; DROP")
            )
        allowed = list(getattr(spec, "in"))
        return self.rng.choice(allowed) if allowed else self.rng.choice(TEXTS)


def kind_of(method: Method) -> str:
    """The word whose ids a method takes: `claribi.v1.ReportService` -> `report`; sharing names its own."""
    name = str(method.descriptor.name)
    service = str(method.descriptor.containing_service.name).removesuffix("Service")
    if service == "Sharing":
        return "report" if "Report" in name else "dashboard"
    return {"ApiKey": "api_key", "DataSource": "data_source"}.get(service, service.lower())


def _integer(author: Author, _one: FieldDescriptor, spec: rules_pb2.FieldSpec) -> int:
    if author.rng.random() < WILD:
        return author.rng.choice(INTEGERS)
    return int(spec.gte) if spec.HasField("gte") else 1


def _number(author: Author, _one: FieldDescriptor, spec: rules_pb2.FieldSpec) -> float:
    return (
        author.rng.choice(NUMBERS) if author.rng.random() < WILD * 3 else author.rng.choice((1, 10, 2.5, 100))
    )


SCALARS: dict[int, Callable[[Author, FieldDescriptor, rules_pb2.FieldSpec], Any]] = {
    FieldDescriptor.CPPTYPE_STRING: Author.text,
    FieldDescriptor.CPPTYPE_BOOL: lambda author, _one, _spec: author.rng.random() < 0.5,
    FieldDescriptor.CPPTYPE_DOUBLE: _number,
    FieldDescriptor.CPPTYPE_FLOAT: _number,
    **dict.fromkeys(
        (
            FieldDescriptor.CPPTYPE_INT32,
            FieldDescriptor.CPPTYPE_INT64,
            FieldDescriptor.CPPTYPE_UINT32,
            FieldDescriptor.CPPTYPE_UINT64,
        ),
        _integer,
    ),
}


def quoted(value: Any) -> str:
    """A query value, percent-encoded."""
    from urllib.parse import quote

    return quote(str(value).lower() if isinstance(value, bool) else str(value), safe="")


def fill(message: Message, author: Author, depth: int = 0) -> None:
    """Set fields of a message at random, also to what JSON could not say: any enum number, NaN, any text."""
    for one in message.DESCRIPTOR.fields:
        if depth > DEEPEST or author.rng.random() < LEFT_OUT:
            continue
        if one.is_repeated:
            _fill_list(message, one, author, depth=depth)
        elif one.message_type is not None:
            fill(getattr(message, one.name), author, depth + 1)
        else:
            setattr(message, one.name, _scalar(one, author))


def _fill_list(message: Message, one: FieldDescriptor, author: Author, *, depth: int) -> None:
    if one.message_type is not None and one.message_type.GetOptions().map_entry:
        return
    for _ in range(author.rng.choice((0, 1, 2))):
        if one.message_type is not None:
            fill(getattr(message, one.name).add(), author, depth + 1)
        else:
            getattr(message, one.name).append(_scalar(one, author))


def _scalar(one: FieldDescriptor, author: Author) -> Any:
    rng = author.rng
    if one.enum_type is not None:
        return rng.choice([*one.enum_type.values_by_number, -1, 99, 2**31 - 1])
    if one.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        if one.type == FieldDescriptor.TYPE_BYTES:
            return rng.randbytes(rng.randrange(20))
        spec = option(one.GetOptions(), rules_pb2.field)
        return rng.choice((author.text(one, spec), rng.choice(TEXTS), "\0", "\ufffe\U0010ffff"))
    if one.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return rng.random() < 0.5
    if one.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return rng.choice((*NUMBERS, math.nan, math.inf, -math.inf))
    low, high = RANGES[one.cpp_type]
    return rng.choice((low, high, 0 if low < 0 else 1, min(high, 100)))


RANGES = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
