"""API keys and other opaque secrets: what they look like, how they are hashed, when they were last used.

A secret is a prefix, random base62 digits and a CRC-32 in base62: secret scanners recognise one, and a typo is refused
without a look-up. The random part carries more than 128 bits, so one fast hash suffices at rest.
"""

import asyncio
import hashlib
import hmac
import secrets
import string
import zlib
from collections.abc import Mapping
from contextlib import suppress

import structlog
from claribi.v1 import api_keys_pb2
from sqlalchemy.exc import SQLAlchemyError

from server.clock import DAY
from server.errors import ApiError
from server.stores import api_keys
from server.stores.session import Database

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_PREFIX = "claribi_key_"
# log2(62) * 30 = 178 bits.
RANDOM_DIGITS = 30
# 62 ** 6 is the first power above 2 ** 32.
CHECKSUM_DIGITS = 6
SHOWN_DIGITS = 4
FLUSH_SECONDS = 2.0

LIFETIME_DAYS: Mapping[int, int] = {
    api_keys_pb2.EXPIRY_30D: 30,
    api_keys_pb2.EXPIRY_90D: 90,
    api_keys_pb2.EXPIRY_1Y: 365,
}

log = structlog.get_logger(__name__)


def base62(number: int, digits: int) -> str:
    """A number in base 62, in exactly `digits` digits, the most significant first; higher digits are cut off."""
    text = []
    for _ in range(digits):
        number, digit = divmod(number, len(BASE62))
        text.append(BASE62[digit])
    return "".join(reversed(text))


def new_secret(prefix: str) -> str:
    """A fresh secret of a kind, 178 random bits."""
    body = prefix + "".join(secrets.choice(BASE62) for _ in range(RANDOM_DIGITS))
    return body + _checksum(body)


def is_well_formed(text: str, prefix: str) -> bool:
    """Whether a text can be a secret of this kind; false for every single wrong or swapped character."""
    if len(text) != len(prefix) + RANDOM_DIGITS + CHECKSUM_DIGITS or not text.startswith(prefix):
        return False
    body, offered = text[:-CHECKSUM_DIGITS], text[-CHECKSUM_DIGITS:]
    if not (body.isascii() and offered.isascii() and body[len(prefix) :].isalnum()):
        return False
    return hmac.compare_digest(_checksum(body), offered)


def hash_secret(text: str) -> str:
    """The form kept at rest: SHA-256 in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_api_key() -> str:
    """A fresh API key, 48 characters."""
    return new_secret(KEY_PREFIX)


def shown_prefix(key: str) -> str:
    """The first characters of a key, by which its owner recognises it."""
    return key[: len(KEY_PREFIX) + SHOWN_DIGITS]


def expires_at(expiry: int, created_at: int) -> int | None:
    """When a key of this life time ends, in microseconds since the epoch; None for never."""
    days = LIFETIME_DAYS.get(expiry)
    return None if days is None else created_at + days * DAY


def _checksum(body: str) -> str:
    return base62(zlib.crc32(body.encode()), CHECKSUM_DIGITS)


class KeyUsage:
    """Counts the uses of keys in memory and writes them down every two seconds: no request waits for that write."""

    def __init__(self, database: Database, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._database = database
        self._flush_seconds = flush_seconds
        self._uses: dict[tuple[str, str], api_keys.Uses] = {}
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def record(self, organization_id: str, key_id: str, now: int) -> None:
        """Count one authenticated call."""
        self._add(organization_id, key_id, api_keys.Uses(1, now))

    def start(self) -> None:
        """Begin writing down."""
        self._task = asyncio.create_task(self._flush_until_closing(), name="key-usage")

    async def close(self) -> None:
        """Write the rest down and stop."""
        self._closing.set()
        if self._task is not None:
            await self._task
        await self.flush()

    async def flush(self) -> None:
        """Write down what was counted; what cannot be written is kept for the next time."""
        if not self._uses:
            return
        uses, self._uses = self._uses, {}
        try:
            async with self._database.write() as tx:
                await api_keys.add_uses(tx, uses)
        except (ApiError, SQLAlchemyError) as error:
            log.warning("key usage kept for later", keys=len(uses), error=str(error))
            for (organization_id, key_id), counted in uses.items():
                self._add(organization_id, key_id, counted)

    def _add(self, organization_id: str, key_id: str, more: api_keys.Uses) -> None:
        place = (organization_id, key_id)
        before = self._uses.get(place, api_keys.Uses(0, 0))
        last_used_at = max(before.last_used_at, more.last_used_at)
        self._uses[place] = api_keys.Uses(before.count + more.count, last_used_at)

    async def _flush_until_closing(self) -> None:
        # Told to stop rather than cancelled: a write under way is not torn.
        while not self._closing.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self._flush_seconds):
                    await self._closing.wait()
            await self.flush()
