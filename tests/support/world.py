"""A whole server in this process with two organizations, everyone in them, and something of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claribi.v1 import policy_pb2, reports_pb2
from claribi.v1.data_sources_pb2 import FileStart, UploadDataSourceRequest, UploadMetadata
from sqlalchemy import insert

from rest_bridge.app import Bridge
from rest_bridge.channel import GrpcChannel
from rest_bridge.product import product_methods
from server.app import Application, product
from server.caller import Caller
from server.clock import DAY, HOUR, new_id, now
from server.grpc_port import GrpcPort
from server.methods import ROLES, SCOPES, TIERS
from server.settings import Settings
from server.stores.session import Transaction
from server.stores.tables import api_keys, metadata, organizations, sessions, users
from server.transport import BRIDGE_KEY, CallMaker
from server.work.keys import hash_secret, new_api_key, shown_prefix

BRIDGE_SECRET = "between the bridge and the core, in tests only"
ORDERS = "order_date,region,amount_usd\n" + "".join(
    f"2026-{1 + i % 10:02d}-{1 + i % 28:02d},{('North', 'South', 'East')[i % 3]},{100 + (i * 37) % 90 + (i % 3) * 25}\n"
    for i in range(600)
)


@dataclass
class Member:
    """A person: their session's token, a key with every scope, and a key for each scope alone."""

    user_id: str
    email: str
    role: int
    token: str
    key: str
    single_scope_keys: dict[str, str] = field(default_factory=dict)
    empty_key: str = ""


@dataclass
class Organization:
    """An organization, its people by role word, and ids of what it has."""

    id: str
    name: str
    members: dict[str, Member] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)


class World:
    """The server and who is in it."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.settings = Settings(
            data_dir=folder,
            grpc_port=0,
            environment="development",
            public_requests_per_hour=1_000_000,
            bridge_secret=BRIDGE_SECRET,
            log_level="error",
            public_url="http://testserver",
            **settings,
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.app = Application.build(self.settings)
        metadata.create_all(self.app.rooms.database.engine)
        self.home = Organization(new_id(), "Home")
        self.other = Organization(new_id(), "Other")
        self.grpc: GrpcPort | None = None
        self.over_channel: Bridge | None = None
        self._channel: GrpcChannel | None = None

    @property
    def in_process(self) -> Bridge:
        """The bridge that hands messages over."""
        return self.app.bridge

    @property
    def grpc_address(self) -> str:
        """Where gRPC listens."""
        assert self.grpc is not None
        return f"127.0.0.1:{self.grpc.port}"

    async def start(self) -> None:
        """Serve, and fill both organizations."""
        await self.app.start()
        self.grpc = GrpcPort(self.app.core, CallMaker(self.settings), self.settings)
        await self.grpc.start()
        self._channel = GrpcChannel(self.grpc_address, metadata=[(BRIDGE_KEY, BRIDGE_SECRET)])
        bridged = product(self.settings)
        self.over_channel = Bridge(product_methods(), self._channel, bridged)
        for organization in (self.home, self.other):
            await self._people(organization)

    async def fill(self) -> None:
        """A data source, a report, a dashboard and a goal in each organization; takes seconds."""
        for organization in (self.home, self.other):
            await self._things(organization)

    async def stop(self) -> None:
        """End everything."""
        if self._channel is not None:
            await self._channel.close()
        if self.grpc is not None:
            await self.grpc.stop(1)
        await self.app.stop()

    def caller(self, organization: Organization, role: str) -> Caller:
        """A caller as the chain would find them."""
        member = organization.members[role]
        return Caller(
            user_id=member.user_id,
            email=member.email,
            role=member.role,
            organization_id=organization.id,
            organization_name=organization.name,
            tier=policy_pb2.TIER_ENTERPRISE,
            session_id="test",
        )

    async def _people(self, organization: Organization) -> None:
        moment = now()
        async with self.app.rooms.database.write() as tx:
            await tx.run(
                insert(organizations).values(
                    id=organization.id,
                    name=organization.name,
                    tier=next(n for n, word in TIERS.items() if word == "enterprise"),
                    created_at=moment,
                )
            )
            for number, word in ROLES.items():
                organization.members[word] = await self._person(tx, organization, number, word=word)

    async def _person(self, tx: Transaction, organization: Organization, number: int, *, word: str) -> Member:
        moment, user_id, session_id = now(), new_id(), new_id()
        email = f"{word}@{organization.name.lower()}.example"
        await tx.run(
            insert(users).values(
                id=user_id,
                organization_id=organization.id,
                email=email,
                email_folded=email,
                role=number,
                password_hash="no password opens this",
                created_at=moment,
                updated_at=moment,
            )
        )
        await tx.run(
            insert(sessions).values(
                id=session_id, user_id=user_id, created_at=moment, expires_at=moment + 7 * DAY
            )
        )
        member = Member(
            user_id,
            email,
            number,
            token=self.app.rooms.tokens.issue(user_id, session_id),
            key=await self._key(tx, organization, user_id, list(SCOPES)),
        )
        member.empty_key = await self._key(tx, organization, user_id, [])
        for scope, scope_word in SCOPES.items():
            member.single_scope_keys[scope_word] = await self._key(tx, organization, user_id, [scope])
        return member

    async def _key(self, tx: Transaction, organization: Organization, user_id: str, scopes: list[int]) -> str:
        secret = new_api_key()
        await tx.run(
            insert(api_keys).values(
                id=new_id(),
                organization_id=organization.id,
                user_id=user_id,
                name="test",
                prefix=shown_prefix(secret),
                key_hash=hash_secret(secret),
                scopes=",".join(str(scope) for scope in scopes),
                expiry=4,
                created_at=now() - HOUR,
            )
        )
        return secret

    async def _things(self, organization: Organization) -> None:
        rooms = self.app.rooms
        organization.ids["data_source"] = await rooms.syncer.upload(organization.id, _upload())
        request = reports_pb2.GenerateReportRequest(
            name="Seeded",
            data_source_ids=[organization.ids["data_source"]],
            report_type=reports_pb2.REPORT_TYPE_SUMMARY,
            output_format=reports_pb2.OUTPUT_FORMAT_CSV,
        )
        running = await rooms.generator.submit(self.caller(organization, "owner"), request)
        await rooms.generator.wait(running, 120)
        assert running.failure is None, running.failure
        organization.ids["report"] = running.report_id


async def _upload() -> AsyncIterator[UploadDataSourceRequest]:
    yield UploadDataSourceRequest(metadata=UploadMetadata(name="Orders"))
    yield UploadDataSourceRequest(file=FileStart(name="orders.csv", content_type="text/csv"))
    yield UploadDataSourceRequest(chunk=ORDERS.encode())


@asynccontextmanager
async def living_world(folder: Path, *, filled: bool, **settings: Any) -> AsyncIterator[World]:
    """A world, started and in the end stopped."""
    world = World(folder, **settings)
    try:
        await world.start()
        if filled:
            await world.fill()
        yield world
    finally:
        await asyncio.shield(world.stop())
