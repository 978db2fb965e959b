"""One organization on a temporary database, with the real chain in front of the services of this room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from claribi.v1 import policy_pb2
from claribi.v1.api_keys_pb2 import EXPIRY_NEVER, CreateApiKeyRequest, Expiry
from claribi.v1.auth_pb2 import LoginRequest, LoginResponse
from claribi.v1.members_pb2 import CreateMemberRequest

from server.call import Call
from server.core import snake_case
from server.interceptors.authenticate import Authenticate
from server.interceptors.authorize import Authorize
from server.interceptors.chain import Handler, Interceptor, check_order, compose
from server.interceptors.idempotency import Idempotency
from server.interceptors.rate_limit import RateLimit
from server.interceptors.recover import Recover
from server.interceptors.transaction import OneTransaction
from server.interceptors.validate import Validate
from server.methods import SCOPES, Method, load_methods
from server.services.api_keys import ApiKeyService
from server.services.auth import AuthService
from server.services.members import MemberService
from server.services.usage import UsageService
from server.settings import Settings
from server.stores.limiter import MemoryLimiter
from server.stores.session import Database
from server.stores.tables import metadata
from server.work.keys import KeyUsage
from server.work.onboarding import Founding, create_owner
from server.work.passwords import Passwords
from server.work.tokens import AccessTokens, Secrets
from tests.conformance.clocks import DrivenClock

METHODS: Mapping[str, Method] = {method.descriptor.name: method for method in load_methods()}
OWNER = "owner@example.com"
PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.1"


def plain_settings(**given: Any) -> Settings:
    """Settings whatever file lies in the working folder."""
    return Settings(**{**given, "_env_file": None})


@dataclass
class Answer:
    """What came back: the message, and the metadata of the reply."""

    message: Any
    reply: dict[str, str] = field(default_factory=dict)


class World:
    """Everything of this room, wired as in the server."""

    def __init__(self, data_dir: Path, passwords: Passwords, **settings: Any) -> None:
        self.clock = DrivenClock()
        self.settings = plain_settings(data_dir=data_dir, sqlite_synchronous="NORMAL", **settings)
        self.database = Database(self.settings)
        metadata.create_all(self.database.engine)
        self.passwords = passwords
        self.secrets = Secrets(self.settings)
        self.tokens = AccessTokens(self.secrets, seconds=self.settings.access_token_seconds, clock=self.clock)
        self.limiter = MemoryLimiter(monotonic=self.clock.monotonic, wall=self.clock)
        self.key_usage = KeyUsage(self.database)
        self.idempotency = Idempotency(
            self.database, lease_seconds=self.settings.lease_seconds, clock=self.clock
        )
        self.interceptors = self._interceptors()
        check_order(self.interceptors)
        self.services = self._services()

    def _interceptors(self) -> list[Interceptor]:
        return [
            Recover(),
            # The access log is another room's; its name alone is asked for.
            _NoLog(),
            Authenticate(self.database, tokens=self.tokens, key_usage=self.key_usage, clock=self.clock),
            RateLimit(self.settings, limiter=self.limiter),
            Authorize(),
            Validate(),
            self.idempotency,
            OneTransaction(self.database),
        ]

    def _services(self) -> dict[str, object]:
        auth = AuthService(
            settings=self.settings,
            database=self.database,
            passwords=self.passwords,
            tokens=self.tokens,
            limiter=self.limiter,
            clock=self.clock,
        )
        members = MemberService(database=self.database, passwords=self.passwords, clock=self.clock)
        return {
            "AuthService": auth,
            "ApiKeyService": ApiKeyService(clock=self.clock),
            "MemberService": members,
            "UsageService": UsageService(limiter=self.limiter, clock=self.clock),
        }

    def handler(self, rpc: str, function: Handler | None = None) -> Handler:
        """The chain of a method, in front of its service or of a function in its place."""
        method = METHODS[rpc]
        service = self.services.get(method.descriptor.containing_service.name)
        return compose(
            self.interceptors, method, function or getattr(service, snake_case(method.descriptor.name))
        )

    async def call(
        self,
        rpc: str,
        request: Any = None,
        *,
        function: Handler | None = None,
        metadata: Mapping[str, str] | None = None,
        address: str = ADDRESS,
        **bearer: str,
    ) -> Answer:
        """Call a method through the whole chain; `token=` is sent as a bearer token."""
        method = METHODS[rpc]
        headers = dict(metadata or {})
        if "token" in bearer:
            headers["authorization"] = f"Bearer {bearer['token']}"
        call = Call(method, headers, address=address, request_id="r", base_url="http://here")
        message = await self.handler(rpc, function)(call, request or method.request_class())
        return Answer(message, call.reply)

    async def refused(self, rpc: str, request: Any = None, **how: Any) -> tuple[Any, dict[str, str]]:
        """The error a call ends in, and the metadata of the reply."""
        from server.errors import ApiError

        method = METHODS[rpc]
        headers = dict(how.get("metadata") or {})
        if "token" in how:
            headers["authorization"] = f"Bearer {how['token']}"
        call = Call(method, headers, address=how.get("address", ADDRESS), request_id="r")
        try:
            await self.handler(rpc, how.get("function"))(call, request or method.request_class())
        except ApiError as error:
            return error, call.reply
        raise AssertionError(f"{rpc} was not refused")

    async def found(
        self, *, email: str = OWNER, organization: str = "Acme", tier: int = policy_pb2.TIER_STARTER
    ) -> str:
        """An organization with its owner; the owner's id."""
        founding = Founding(organization, email, PASSWORD, tier)
        return await create_owner(self.database, self.passwords, founding, now=self.clock())

    async def login(self, email: str = OWNER, *, password: str = PASSWORD) -> LoginResponse:
        """Sign in."""
        answer = await self.call("Login", LoginRequest(email=email, password=password))
        response: LoginResponse = answer.message
        return response

    async def token(self, email: str = OWNER) -> str:
        """An access token."""
        return (await self.login(email)).access

    async def member(self, token: str, email: str, role: int) -> str:
        """Add a member; the id."""
        request = CreateMemberRequest(email=email, role=policy_pb2.Role.Name(role), password=PASSWORD)
        return str((await self.call("CreateMember", request, token=token)).message.id)

    async def key(self, token: str, *scopes: str, expiry: int = EXPIRY_NEVER) -> Any:
        """An API key message, secret included; all scopes unless some are named."""
        numbers = [n for n, word in SCOPES.items() if not scopes or word in scopes]
        request = CreateApiKeyRequest(
            name="k", expiry=Expiry.Name(expiry), scopes=map(policy_pb2.Scope.Name, numbers)
        )
        return (await self.call("CreateApiKey", request, token=token)).message

    def close(self) -> None:
        """Close the database."""
        self.database.close()


class _NoLog:
    name = "access_log"
    after: tuple[str, ...] = ()

    def wrap(self, _method: Method, proceed: Handler) -> Handler:
        return proceed
