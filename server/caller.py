"""Who is calling, as the chain found out, and the call itself as it passes through the rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.rpc import status_pb2

from server.errors import ApiError
from server.methods import ROLES, TIERS, Method

if TYPE_CHECKING:
    from server.stores.session import Transaction


@dataclass(frozen=True)
class KeyIdentity:
    """The API key a call came with; times in microseconds since the epoch."""

    id: str
    name: str
    scopes: frozenset[str]
    created_at: int
    expires_at: int | None


@dataclass(frozen=True)
class Caller:
    """An authenticated caller: a person in an organization, by session or by key, with their role *now*."""

    user_id: str
    email: str
    role: int
    organization_id: str
    organization_name: str
    tier: int
    session_id: str | None = None
    key: KeyIdentity | None = None

    @property
    def role_word(self) -> str:
        """The role's public word."""
        return ROLES[self.role]

    @property
    def tier_word(self) -> str:
        """The tier's public word."""
        return TIERS[self.tier]

    @property
    def bucket(self) -> str:
        """Whose rate limits these calls count against: the key, or the session."""
        return f"key:{self.key.id}" if self.key else f"session:{self.session_id}"


@dataclass(slots=True)
class Call:
    """One call on its way through the chain. `deadline` is on the event loop's clock, in seconds."""

    method: Method
    metadata: Mapping[str, str]
    address: str
    request_id: str
    base_url: str = ""
    deadline: float | None = None
    refusal: status_pb2.Status | None = None
    reply: dict[str, str] = field(default_factory=dict)
    identity: Caller | None = None
    rejection: ApiError | None = None
    transaction: "Transaction | None" = None

    @property
    def caller(self) -> Caller:
        """The authenticated caller; only methods with credentials may ask."""
        if self.identity is None:
            raise RuntimeError(f"{self.method.path} asked for a caller it never authenticated")
        return self.identity

    @property
    def tx(self) -> "Transaction":
        """The request's one transaction; only methods whose policy opens one may ask."""
        if self.transaction is None:
            raise RuntimeError(f"{self.method.path} asked for a transaction its policy does not open")
        return self.transaction
