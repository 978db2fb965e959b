"""Keys derived from the installation's one secret, and the tokens of a session.

Access tokens are JWTs signed by HMAC-SHA-256 (RFC 7519), one hour, checked against the session on every call.
Refresh tokens are opaque, hashed at rest, seven days.
"""

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from server.clock import SECOND, Clock, new_id, now
from server.settings import Settings
from server.work.keys import is_well_formed, new_secret

SECRET_FILE = "secret.key"  # noqa: S105 - the name of a file
SECRET_BYTES = 32
LEAST_SECRET_CHARACTERS = 32

ALGORITHM = "HS256"
ISSUER = "claribi"
AUDIENCE = "claribi-api"
ACCESS = "access"
CLAIMS = frozenset({"typ", "iss", "aud", "iat", "exp", "jti", "sub", "sid"})
MAX_TOKEN_CHARACTERS = 2048
# A token from another process of this installation may be dated a little ahead.
CLOCK_SKEW_SECONDS = 60
# Ours alone signs, so only one header is ever right: no other algorithm, no key hint, no extension can be slipped in.
HEADER = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
# 43 digits of base64url hold 258 bits; the last digit of a 256-bit signature ends in two zero bits.
SHAPE = re.compile(re.escape(HEADER) + r"\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")

REFRESH_PREFIX = "claribi_refresh_"


class InvalidToken(Exception):
    """A token that is not ours, not whole, or past its time."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What an access token says."""

    user_id: str
    session_id: str


class Secrets:
    """The installation's secret; each purpose gets a key of its own (HKDF-SHA-256, RFC 5869)."""

    def __init__(self, settings: Settings) -> None:
        """Takes `token_secret`, or the random one in the data folder, made on first use with mode 0600.

        Raises ValueError when the configured secret is too short to be one.
        """
        given = settings.token_secret.get_secret_value()
        if given and len(given) < LEAST_SECRET_CHARACTERS:
            raise ValueError(
                f"CLARIBI_TOKEN_SECRET: expected at least {LEAST_SECRET_CHARACTERS} characters, "
                f"got {len(given)}; `openssl rand -base64 32` makes one"
            )
        root = given.encode() if given else _kept_secret(settings.data_dir)
        self._key = hmac.digest(b"claribi", root, "sha256")

    def derive(self, purpose: str) -> bytes:
        """The 32-byte key of a purpose, such as "access-token" or "public-link"."""
        return hmac.digest(self._key, purpose.encode() + b"\x01", "sha256")


def _kept_secret(data_dir: Path) -> bytes:
    path = data_dir / SECRET_FILE
    if not path.exists():
        _make_secret(path)
    secret = bytes.fromhex(path.read_text("ascii").strip())
    if len(secret) != SECRET_BYTES:
        raise ValueError(
            f"{path}: expected {SECRET_BYTES} bytes in hex; restore it, or delete it to sign all out"
        )
    return secret


def _make_secret(path: Path) -> None:
    """Write a random secret; of two processes starting at once, the first to link wins and both read the same."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{SECRET_FILE}.{os.getpid()}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secrets.token_hex(SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


class AccessTokens:
    """Signs access tokens and reads them back."""

    def __init__(self, secrets: Secrets, *, seconds: int, clock: Clock = now) -> None:
        """`seconds` is the life of a token."""
        self._key = secrets.derive("access-token")
        self._seconds = seconds
        self._clock = clock

    def issue(self, user_id: str, session_id: str) -> str:
        """A token for a session."""
        issued = self._clock() // SECOND
        claims = {
            "typ": ACCESS,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "iat": issued,
            "exp": issued + self._seconds,
            "jti": new_id(),
            "sub": user_id,
            "sid": session_id,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """What a token says.

        Raises InvalidToken. Whether the session still lives is for the store to say.
        """
        if len(token) > MAX_TOKEN_CHARACTERS or not SHAPE.fullmatch(token):
            raise InvalidToken
        try:
            claims = jwt.decode(
                token, self._key, algorithms=[ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options=_OPTIONS
            )
        except jwt.InvalidTokenError as error:
            raise InvalidToken from error
        self._check(claims)
        return AccessClaims(claims["sub"], claims["sid"])

    def _check(self, claims: dict[str, Any]) -> None:
        if set(claims) != CLAIMS or claims["typ"] != ACCESS:
            raise InvalidToken
        if not all(type(claims[name]) is str for name in ("aud", "jti", "sub", "sid")):
            raise InvalidToken
        if not all(type(claims[name]) is int for name in ("iat", "exp")):
            raise InvalidToken
        moment = self._clock() // SECOND
        if not claims["iat"] - CLOCK_SKEW_SECONDS <= moment < claims["exp"]:
            raise InvalidToken


# Times are checked against our own clock, so that tokens and keys are judged by one.
_OPTIONS: Any = {
    "require": sorted(CLAIMS),
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def new_refresh_token() -> str:
    """A fresh refresh token."""
    return new_secret(REFRESH_PREFIX)


def is_refresh_token(text: str) -> bool:
    """Whether a text can be a refresh token at all."""
    return is_well_formed(text, REFRESH_PREFIX)


def account_bucket(purpose: str, account: str, address: str) -> str:
    """The limiter bucket of guesses at an account from an address; the account is hashed, an email may be long."""
    return f"{purpose}:{hashlib.sha256(account.encode()).hexdigest()[:32]}:{address}"
