"""Who is calling, as the chain found out."""

from dataclasses import dataclass

from server.methods import ROLES, TIERS


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
