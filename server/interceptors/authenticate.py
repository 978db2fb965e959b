"""Who is calling: by session or by key, with the role they have now."""

import hmac
from typing import Any

from claribi.v1 import policy_pb2

from server.call import Call
from server.caller import Caller
from server.clock import Clock, now
from server.errors import ApiError
from server.interceptors.chain import Handler
from server.methods import Method
from server.stores import identity
from server.stores.session import Database
from server.work.keys import KEY_PREFIX, KeyUsage, hash_secret, is_well_formed
from server.work.tokens import AccessTokens, InvalidToken

BEARER = "bearer"


class Authenticate:
    """Sets `call.identity`, or `call.rejection`: rate_limit counts a failure before it is told.

    The messages are the same whether the key, the session or the person never was or is no more.
    """

    name = "authenticate"
    after: tuple[str, ...] = ("recover", "access_log")

    def __init__(
        self, database: Database, *, tokens: AccessTokens, key_usage: KeyUsage, clock: Clock = now
    ) -> None:
        self._database = database
        self._tokens = tokens
        self._key_usage = key_usage
        self._clock = clock

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        if method.policy.credentials == policy_pb2.CREDENTIALS_NONE:
            return proceed

        async def authenticate(call: Call, request: Any) -> Any:
            try:
                call.identity = await self._caller(_credential(call))
            except ApiError as rejection:
                if rejection.word != "authentication_required":
                    raise
                call.rejection = rejection
            return await proceed(call, request)

        return authenticate

    async def _caller(self, credential: str) -> Caller:
        if credential.startswith(KEY_PREFIX):
            caller = await self._by_key(credential)
        else:
            caller = await self._by_token(credential)
        if caller is None:
            raise ApiError("authentication_required")
        return caller

    async def _by_key(self, key: str) -> Caller | None:
        if not is_well_formed(key, KEY_PREFIX):
            return None
        moment = self._clock()
        async with self._database.read() as tx:
            caller = await identity.caller_by_key(tx, hash_secret(key), now=moment)
        if caller is not None and caller.key is not None:
            self._key_usage.record(caller.organization_id, caller.key.id, moment)
        return caller

    async def _by_token(self, token: str) -> Caller | None:
        try:
            claims = self._tokens.read(token)
        except InvalidToken:
            return None
        async with self._database.read() as tx:
            return await identity.caller_by_session(tx, claims.session_id, claims.user_id)


def _credential(call: Call) -> str:
    bearer = _bearer(call.metadata.get("authorization"))
    key = call.metadata.get("x-api-key")
    if bearer and key and not hmac.compare_digest(bearer.encode(), key.encode()):
        raise ApiError(
            "authentication_required", "Authorization and X-API-Key hold different credentials; send one."
        )
    if key and not key.startswith(KEY_PREFIX):
        raise ApiError(
            "authentication_required", f"X-API-Key takes an API key, which begins with {KEY_PREFIX}."
        )
    credential = bearer or key
    if not credential:
        raise ApiError("authentication_required")
    return credential


def _bearer(header: str | None) -> str | None:
    if header is None:
        return None
    scheme, _, credential = header.strip().partition(" ")
    if scheme.lower() != BEARER or not credential.strip():
        raise ApiError("authentication_required", "Authorization takes the form 'Bearer <token or API key>'.")
    return credential.strip()
