"""Passwords: Argon2id, a few at a time.

Parameters are OWASP's smallest recommended set (19 MiB, 2 passes, 1 lane: Password Storage Cheat Sheet): about 35 ms of
one core, so that a flood of sign-ins costs less than with the library's 64 MiB and 4 lanes.
"""

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import ApiError
from server.settings import Settings

MEMORY_KIB = 19 * 1024
PASSES = 2
LANES = 1
HASH_BYTES = 32
SALT_BYTES = 16
# Waiting places for each thread: about two seconds of work.
QUEUE_PER_THREAD = 50

T = TypeVar("T")


class Passwords:
    """Hashes and verifies in a bounded pool of threads (Argon2 lets go of the interpreter lock)."""

    def __init__(self, settings: Settings, *, queue_per_thread: int = QUEUE_PER_THREAD) -> None:
        threads = settings.password_hash_concurrency
        self._hasher = PasswordHasher(PASSES, MEMORY_KIB, LANES, HASH_BYTES, SALT_BYTES, type=Type.ID)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password")
        self._places = BoundedSemaphore(threads * (1 + queue_per_thread))
        # Verified when there is no such user, so that the answer takes as long as for a wrong password.
        self._nobody = self._hasher.hash("nobody")

    async def hash(self, password: str) -> str:
        """The hash to keep, with its salt and parameters.

        Raises ApiError `service_unavailable` when too many are waiting. Never call it inside a write transaction.
        """
        return await self._run(lambda: self._hasher.hash(_normal(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is right; None (no such user) takes as long as a wrong one.

        Raises ApiError `service_unavailable` when too many are waiting.
        """
        right = await self._run(lambda: self._matches(password_hash or self._nobody, _normal(password)))
        return right and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def close(self) -> None:
        """Stop the threads; what waits is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._places.acquire(blocking=False):
            raise ApiError("service_unavailable", "Too many sign-ins at once; try again.", retry_after=1)
        future = self._pool.submit(work)
        future.add_done_callback(self._free_place)
        return await asyncio.wrap_future(future)

    def _free_place(self, _future: Future[T]) -> None:
        self._places.release()


def _normal(password: str) -> str:
    """One form for what is typed alike on different keyboards (NIST SP 800-63B, 5.1.1.2)."""
    return unicodedata.normalize("NFKC", password)
