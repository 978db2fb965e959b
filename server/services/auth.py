"""Signing in, staying signed in, and asking who one is."""

from dataclasses import dataclass
from typing import Any

from claribi.v1 import policy_pb2
from claribi.v1.auth_pb2 import (
    ChangePasswordRequest,
    GetStatusRequest,
    GetStatusResponse,
    LoginRequest,
    LoginResponse,
    LoginUser,
    LogoutRequest,
    RefreshTokenRequest,
    RefreshTokenResponse,
    StatusOrganization,
    StatusUser,
    VerifiedKey,
    VerifiedOrganization,
    VerifiedUser,
    VerifyRequest,
    VerifyResponse,
)
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.caller import KeyIdentity
from server.clock import SECOND, Clock, now, optional_timestamp, timestamp
from server.errors import ApiError, invalid, not_found
from server.methods import SCOPE_NUMBERS
from server.settings import Settings
from server.stores import identity, members, sessions
from server.stores.limiter import Limiter
from server.stores.session import Database, Transaction
from server.work import credits
from server.work.keys import hash_secret
from server.work.passwords import Passwords
from server.work.tokens import AccessTokens, account_bucket, is_refresh_token, new_refresh_token


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a refresh token was exchanged for; the new refresh token only with rotation."""

    user_id: str
    session_id: str
    refresh: str | None


class AuthService:
    """Sessions and identity."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        passwords: Passwords,
        tokens: AccessTokens,
        limiter: Limiter,
        clock: Clock = now,
    ) -> None:
        self._settings = settings
        self._database = database
        self._passwords = passwords
        self._tokens = tokens
        self._limiter = limiter
        self._clock = clock

    async def login(self, call: Call, request: LoginRequest) -> LoginResponse:
        """Begin a session. An unknown address costs and answers the same as a wrong password."""
        email = members.fold_email(request.email)
        guesses = account_bucket("login", email, call.address)
        await self._count_guess(guesses)
        async with self._database.read() as tx:
            row = await identity.fetch_login(tx, email)
        if (
            not await self._passwords.verify(row.password_hash if row else None, request.password)
            or row is None
        ):
            raise _wrong_credentials()
        await self._limiter.clear(guesses)
        kept_hash = await self._rehashed(row.password_hash, request.password)
        refresh = new_refresh_token()
        async with self._database.write() as tx:
            session_id = await self._begin(tx, row, kept_hash, refresh)
        return LoginResponse(
            access=self._tokens.issue(row.id, session_id),
            refresh=refresh,
            user=LoginUser(id=row.id, email=row.email, organization=row.organization_name),
        )

    async def refresh_token(self, _call: Call, request: RefreshTokenRequest) -> RefreshTokenResponse:
        """Another access token; another refresh token too, when rotation is on."""
        exchange = None
        if is_refresh_token(request.refresh):
            token_hash = hash_secret(request.refresh)
            exchange = await (self._rotate if self._settings.refresh_rotation else self._reuse)(token_hash)
        if exchange is None:
            raise ApiError("authentication_required", "The refresh token is not valid; sign in again.")
        return RefreshTokenResponse(
            access=self._tokens.issue(exchange.user_id, exchange.session_id), refresh=exchange.refresh
        )

    async def logout(self, call: Call, request: LogoutRequest) -> Empty:
        """End this session, or the one a refresh token of the same person belongs to."""
        session_id = call.caller.session_id
        if request.refresh:
            row = await sessions.fetch_token(call.tx, hash_secret(request.refresh))
            session_id = row.session_id if row and row.user_id == call.caller.user_id else None
        if session_id is not None:
            await sessions.end(call.tx, session_id, now=self._clock())
        return Empty()

    async def change_password(self, call: Call, request: ChangePasswordRequest) -> Empty:
        """Set another password and end every other session. API keys stay: they are revoked by themselves."""
        caller = call.caller
        guesses = account_bucket("password", caller.user_id, call.address)
        await self._count_guess(guesses)
        async with self._database.read() as tx:
            verified = await identity.fetch_password(tx, caller.organization_id, caller.user_id)
        if verified is None or not await self._passwords.verify(verified, request.current_password):
            raise _wrong_current_password()
        await self._limiter.clear(guesses)
        new_hash = await self._passwords.hash(request.new_password)
        async with self._database.write() as tx:
            if not await identity.change_password(
                tx, caller.organization_id, caller.user_id, verified_hash=verified, new_hash=new_hash
            ):
                raise _wrong_current_password()
            await sessions.end_others(tx, caller.user_id, keep=caller.session_id, now=self._clock())
        return Empty()

    async def get_status(self, call: Call, _request: GetStatusRequest) -> GetStatusResponse:
        """Who is signed in, with the credits left."""
        caller = call.caller
        row = await members.fetch_one(call.tx, caller.organization_id, caller.user_id)
        if row is None:
            raise not_found()
        used = await credits.usage(call.tx, caller.organization_id, now=self._clock())
        return GetStatusResponse(
            user=StatusUser(
                id=row.id,
                email=row.email,
                first_name=row.first_name,
                last_name=row.last_name,
                role=row.role,
            ),
            organization=StatusOrganization(
                id=caller.organization_id,
                name=caller.organization_name,
                plan=policy_pb2.Tier.Name(caller.tier),
                ai_credits_remaining=used.remaining,
            ),
        )

    async def verify(self, call: Call, _request: VerifyRequest) -> VerifyResponse:
        """What the credentials are worth now."""
        caller = call.caller
        return VerifyResponse(
            valid=True,
            api_key=None if caller.key is None else _verified_key(caller.key),
            organization=VerifiedOrganization(
                id=caller.organization_id,
                name=caller.organization_name,
                tier=policy_pb2.Tier.Name(caller.tier),
            ),
            user=VerifiedUser(id=caller.user_id, email=caller.email, role=policy_pb2.Role.Name(caller.role)),
        )

    async def _count_guess(self, bucket: str) -> None:
        """Counted before the password is looked at, so that guesses made at once are bounded too."""
        decision = await self._limiter.hit(bucket, self._settings.login_attempts_per_hour)
        if not decision.allowed:
            seconds = decision.retry_after_s
            raise ApiError(
                "rate_limited",
                f"Too many failed attempts. Try again in {seconds} seconds.",
                retry_after=seconds,
            )

    async def _rehashed(self, password_hash: str, password: str) -> str:
        if not self._passwords.needs_rehash(password_hash):
            return password_hash
        return await self._passwords.hash(password)

    async def _begin(self, tx: Transaction, row: Row[Any], kept_hash: str, refresh: str) -> str:
        moment = self._clock()
        if not await identity.note_login(
            tx, row.id, verified_hash=row.password_hash, kept_hash=kept_hash, now=moment
        ):
            raise _wrong_credentials()
        expires_at = moment + self._settings.refresh_token_seconds * SECOND
        session_id = await sessions.start(tx, row.id, now=moment, expires_at=expires_at)
        await sessions.add_token(tx, hash_secret(refresh), session_id, now=moment, expires_at=expires_at)
        return session_id

    async def _reuse(self, token_hash: str) -> Exchange | None:
        async with self._database.read() as tx:
            row = await sessions.fetch_token(tx, token_hash)
        if row is None or row.replaced_at is not None or not self._is_live(row):
            return None
        return Exchange(row.user_id, row.session_id, None)

    async def _rotate(self, token_hash: str) -> Exchange | None:
        moment = self._clock()
        async with self._database.write() as tx:
            row = await sessions.fetch_token(tx, token_hash)
            if row is None or not self._is_live(row):
                return None
            if not await sessions.replace_token(tx, token_hash, now=moment):
                # Someone holds a copy; which of the two is the thief cannot be told, so both are out.
                await sessions.end(tx, row.session_id, now=moment)
                return None
            refresh = new_refresh_token()
            expires_at = moment + self._settings.refresh_token_seconds * SECOND
            await sessions.add_token(
                tx, hash_secret(refresh), row.session_id, now=moment, expires_at=expires_at
            )
            await sessions.extend(tx, row.session_id, expires_at=expires_at)
            return Exchange(row.user_id, row.session_id, refresh)

    def _is_live(self, row: Row[Any]) -> bool:
        return row.ended_at is None and bool(row.expires_at > self._clock())


def _wrong_credentials() -> ApiError:
    return ApiError("authentication_required", "The email address or the password is wrong.")


def _wrong_current_password() -> ApiError:
    return invalid({"current_password": ["This is not the current password."]})


def _verified_key(key: KeyIdentity) -> VerifiedKey:
    return VerifiedKey(
        id=key.id,
        name=key.name,
        permissions=map(policy_pb2.Scope.Name, sorted(SCOPE_NUMBERS[word] for word in key.scopes)),
        created_at=timestamp(key.created_at),
        expires_at=optional_timestamp(key.expires_at),
    )
