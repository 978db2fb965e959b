"""API keys: each person's own; administrators see and revoke all of the organization."""

from typing import Any

from claribi.v1 import policy_pb2
from claribi.v1.api_keys_pb2 import (
    ApiKey,
    CreateApiKeyRequest,
    ListApiKeysRequest,
    ListApiKeysResponse,
    RevokeApiKeyRequest,
    RotateApiKeyRequest,
)
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.caller import Caller
from server.clock import Clock, new_id, now, optional_timestamp, timestamp
from server.errors import ApiError, invalid, not_found
from server.methods import SCOPES
from server.services.paging import envelope
from server.stores import api_keys
from server.work import keys


class ApiKeyService:
    """Makes, lists, revokes and rotates keys. The secret is told once and kept as a hash."""

    def __init__(self, *, clock: Clock = now) -> None:
        self._clock = clock

    async def list_api_keys(self, call: Call, request: ListApiKeysRequest) -> ListApiKeysResponse:
        """A page of keys, revoked ones too."""
        caller = call.caller
        whose = None if _sees_all(caller) else caller.user_id
        page = await api_keys.fetch_list(call.tx, caller.organization_id, request, user_id=whose)
        response: ListApiKeysResponse = envelope(call, request, page, [_message(row) for row in page.rows])
        return response

    async def create_api_key(self, call: Call, request: CreateApiKeyRequest) -> ApiKey:
        """A new key of the caller. Any scopes may be asked for: the role bounds what they are worth at each call."""
        unknown = [number for number in request.scopes if number not in SCOPES]
        if unknown:
            raise invalid({"scopes": [f"'{number}' is not a valid scope." for number in unknown]})
        organization_id, moment, secret = call.caller.organization_id, self._clock(), keys.new_api_key()
        key = api_keys.NewKey(
            id=new_id(),
            user_id=call.caller.user_id,
            name=request.name.strip(),
            description=request.description,
            scopes=api_keys.scopes_text(request.scopes),
            expiry=request.expiry,
        )
        kept = _kept(secret, request.expiry, moment)
        await api_keys.add(call.tx, organization_id, key, kept, now=moment)
        return await self._told(call, key.id, secret)

    async def revoke_api_key(self, call: Call, request: RevokeApiKeyRequest) -> Empty:
        """End a key; again changes nothing."""
        row = await self._visible(call, request.id)
        await api_keys.revoke(call.tx, call.caller.organization_id, row.id, now=self._clock())
        return Empty()

    async def rotate_api_key(self, call: Call, request: RotateApiKeyRequest) -> ApiKey:
        """Another secret for a key, which ends the old one and starts the key's life time anew."""
        row = await self._visible(call, request.id)
        if row.user_id != call.caller.user_id:
            # The new secret would act as that person.
            raise ApiError("insufficient_permissions", "Only the person an API key belongs to can rotate it.")
        secret = keys.new_api_key()
        kept = _kept(secret, row.expiry, self._clock())
        if not await api_keys.replace_secret(call.tx, call.caller.organization_id, row.id, kept):
            raise ApiError("conflict", "The API key is revoked; create a new one.")
        return await self._told(call, row.id, secret)

    async def _visible(self, call: Call, key_id: str) -> Row[Any]:
        row = await api_keys.fetch_one(call.tx, call.caller.organization_id, key_id)
        if row is None or not (_sees_all(call.caller) or row.user_id == call.caller.user_id):
            raise not_found()
        return row

    async def _told(self, call: Call, key_id: str, secret: str) -> ApiKey:
        message = _message(await self._visible(call, key_id))
        message.key = secret
        return message


def _sees_all(caller: Caller) -> bool:
    return caller.role >= policy_pb2.ROLE_ADMINISTRATOR


def _kept(secret: str, expiry: int, moment: int) -> api_keys.Secret:
    return api_keys.Secret(
        prefix=keys.shown_prefix(secret),
        key_hash=keys.hash_secret(secret),
        expires_at=keys.expires_at(expiry, moment),
    )


def _message(row: Row[Any]) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        description=row.description,
        prefix=row.prefix,
        scopes=map(policy_pb2.Scope.Name, api_keys.scope_numbers(row.scopes)),
        expiry=row.expiry,
        created_at=timestamp(row.created_at),
        expires_at=optional_timestamp(row.expires_at),
        last_used_at=optional_timestamp(row.last_used_at),
        usage_count=row.usage_count,
        revoked_at=optional_timestamp(row.revoked_at),
    )
