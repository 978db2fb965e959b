"""Two organizations on a temporary database, services behind the chain's last steps, a sandbox that answers as told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from claribi.v1 import policy_pb2
from claribi.v1.data_sources_pb2 import (
    COLUMN_TYPE_DATE,
    COLUMN_TYPE_INTEGER,
    COLUMN_TYPE_NUMBER,
    COLUMN_TYPE_TEXT,
    DATA_SOURCE_STATUS_ACTIVE,
    SOURCE_TYPE_FILE,
    DataColumn,
    DataQuality,
    DataSchema,
    DataTable,
)
from sqlalchemy import insert

from server.call import Call
from server.caller import Caller
from server.clock import DAY, new_id, to_micros
from server.core import snake_case
from server.errors import ApiError
from server.interceptors.chain import compose
from server.interceptors.transaction import OneTransaction
from server.interceptors.validate import Validate
from server.methods import ROLES, Method, load_methods
from server.settings import Settings
from server.stores.files import Files
from server.stores.session import Database
from server.stores.tables import data_sources, metadata, organizations, users

METHODS: Mapping[str, Method] = {method.descriptor.name: method for method in load_methods()}
ORDERS = DataSchema(
    tables=[
        DataTable(
            name="orders",
            rows=3,
            columns=[
                DataColumn(name="day", type=COLUMN_TYPE_DATE),
                DataColumn(name="region", type=COLUMN_TYPE_TEXT),
                DataColumn(name="amount", type=COLUMN_TYPE_NUMBER),
                DataColumn(name="pieces", type=COLUMN_TYPE_INTEGER),
            ],
        )
    ]
)


class DrivenClock:
    """A clock that stands still until it is moved."""

    def __init__(self, text: str = "2026-06-15T12:00:00+00:00") -> None:
        from datetime import datetime

        self.micros = to_micros(datetime.fromisoformat(text))

    def __call__(self) -> int:
        return self.micros

    def pass_days(self, days: float) -> None:
        """Let days go by."""
        self.micros += int(days * DAY)


class ToldSandbox:
    """Answers each job with what a test laid down for it: a function of the payload; keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[dict[str, Any]], bytes]] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.begun = asyncio.Event()
        self.gate: asyncio.Event | None = None

    async def run(self, job: str, payload: dict[str, Any], **_limits: Any) -> bytes:
        """What was laid down for the job."""
        self.asked.append((job, payload))
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        return self.answers[job](payload)


class Stage:
    """The database and who is in it."""

    def __init__(self, folder: Path) -> None:
        self.clock = DrivenClock()
        self.settings = Settings(data_dir=folder, sqlite_synchronous="NORMAL", _env_file=None)
        self.files = Files(folder)
        self.database = Database(self.settings)
        metadata.create_all(self.database.engine)
        self.sandbox = ToldSandbox()
        self.services: dict[str, Any] = {}
        self.people: dict[str, Caller] = {}
        self.sources: dict[str, str] = {}
        with self.database.engine.begin() as connection:
            for name in ("home", "other"):
                self._found(connection, name)

    def _found(self, connection: Any, name: str) -> None:
        organization_id, moment = new_id(), self.clock()
        connection.execute(
            insert(organizations).values(
                id=organization_id, name=name, tier=policy_pb2.TIER_STARTER, created_at=moment
            )
        )
        for role, word in ROLES.items():
            user_id, email = new_id(), f"{word}@{name}.example"
            connection.execute(
                insert(users).values(
                    id=user_id,
                    organization_id=organization_id,
                    email=email,
                    email_folded=email,
                    role=role,
                    password_hash="none",
                    created_at=moment,
                    updated_at=moment,
                )
            )
            key = word if name == "home" else f"{name}.{word}"
            self.people[key] = Caller(
                user_id, email, role, organization_id, name, policy_pb2.TIER_STARTER, session_id="s"
            )
        self.sources[name] = self._source(connection, organization_id)

    def _source(self, connection: Any, organization_id: str) -> str:
        source_id, moment = new_id(), self.clock()
        connection.execute(
            insert(data_sources).values(
                id=source_id,
                organization_id=organization_id,
                name="Orders",
                name_folded="orders",
                source_type=SOURCE_TYPE_FILE,
                engine="csv",
                status=DATA_SOURCE_STATUS_ACTIVE,
                schema=ORDERS.SerializeToString(),
                quality=DataQuality(score=1).SerializeToString(),
                snapshot_hash="ab" * 32,
                snapshot_taken_at=moment - DAY,
                snapshot_bytes=10,
                last_synced_at=moment - DAY,
                created_at=moment,
                updated_at=moment,
            )
        )
        return source_id

    @property
    def home_id(self) -> str:
        """The id of the first organization."""
        return self.people["owner"].organization_id

    async def call(self, rpc: str, request: Any, person: str = "analyst", **how: Any) -> Any:
        """Call a method as a person ("other.owner" is one of the other organization); `how` may take the reply."""
        method = METHODS[rpc]
        service = self.services[method.descriptor.containing_service.name]
        function = getattr(service, snake_case(rpc))
        handler = compose([Validate(), OneTransaction(self.database)], method, function)
        call = Call(method, {}, address="192.0.2.1", request_id="r", base_url="http://here")
        call.identity = self.people.get(person)
        if "reply" in how:
            call.reply = how["reply"]
        return await handler(call, request)

    async def refused(self, rpc: str, request: Any, person: str = "analyst") -> ApiError:
        """The error a call ends in."""
        try:
            await self.call(rpc, request, person)
        except ApiError as error:
            return error
        raise AssertionError(f"{rpc} was not refused")

    async def fields(self, rpc: str, request: Any, person: str = "analyst") -> dict[str, list[str]]:
        """The fields a call is refused for."""
        error = await self.refused(rpc, request, person)
        assert error.word == "validation_error", error
        return error.fields

    def close(self) -> None:
        """Close the database."""
        self.database.close()
