"""Users and roles of an organization."""

from typing import Any

from claribi.v1 import policy_pb2
from claribi.v1.members_pb2 import (
    CreateMemberRequest,
    DeleteMemberRequest,
    GetMemberRequest,
    ListMembersRequest,
    ListMembersResponse,
    Member,
    UpdateMemberRequest,
)
from google.protobuf.empty_pb2 import Empty
from sqlalchemy import Row

from server.call import Call
from server.clock import Clock, new_id, now, optional_timestamp, timestamp
from server.errors import ApiError, invalid, not_found
from server.methods import ROLES
from server.services.paging import envelope
from server.stores import members
from server.stores.session import Database, Transaction
from server.work.passwords import Passwords

GIVEN_ROLES = frozenset(ROLES) - {policy_pb2.ROLE_OWNER}


class MemberService:
    """People of the organization. There is one owner, whom nobody demotes or removes; nor does anybody oneself."""

    def __init__(self, *, database: Database, passwords: Passwords, clock: Clock = now) -> None:
        self._database = database
        self._passwords = passwords
        self._clock = clock

    async def list_members(self, call: Call, request: ListMembersRequest) -> ListMembersResponse:
        """A page of members."""
        page = await members.fetch_list(call.tx, call.caller.organization_id, request)
        response: ListMembersResponse = envelope(call, request, page, [_message(row) for row in page.rows])
        return response

    async def get_member(self, call: Call, request: GetMemberRequest) -> Member:
        """One member."""
        return _message(await _found(call.tx, call.caller.organization_id, request.id))

    async def create_member(self, call: Call, request: CreateMemberRequest) -> Member:
        """Add a person. The password is hashed before the database is touched: that takes time."""
        organization_id = call.caller.organization_id
        _check_role("role", request.role)
        member = members.NewMember(
            id=new_id(),
            email=request.email,
            role=request.role,
            password_hash=await self._passwords.hash(request.password),
            first_name=request.first_name,
            last_name=request.last_name,
        )
        async with self._database.write() as tx:
            if not await members.add(tx, organization_id, member, now=self._clock()):
                raise ApiError("conflict", "This email address is already in use.")
            return _message(await _found(tx, organization_id, member.id))

    async def update_member(self, call: Call, request: UpdateMemberRequest) -> Member:
        """Change names or the role."""
        organization_id = call.caller.organization_id
        row = await _found(call.tx, organization_id, request.id)
        paths = set(request.update_mask.paths)
        if not paths:
            raise invalid({"update_mask": ["Give at least one field to change."]})
        values = {path: getattr(request.member, path) for path in paths}
        if "role" in values and values["role"] != row.role:
            _check_role("role", values["role"])
            _check_free(call, row, "The role of {} cannot be changed.")
        await members.change(call.tx, organization_id, row.id, values=values, now=self._clock())
        return _message(await _found(call.tx, organization_id, row.id))

    async def delete_member(self, call: Call, request: DeleteMemberRequest) -> Empty:
        """Remove a person; what they made stays."""
        row = await _found(call.tx, call.caller.organization_id, request.id)
        _check_free(call, row, "{} cannot be removed.")
        await members.remove(call.tx, call.caller.organization_id, row.id)
        return Empty()


async def _found(tx: Transaction, organization_id: str, user_id: str) -> Row[Any]:
    row = await members.fetch_one(tx, organization_id, user_id)
    if row is None:
        raise not_found()
    return row


def _check_role(field: str, role: int) -> None:
    if role not in GIVEN_ROLES:
        allowed = ", ".join(ROLES[number] for number in sorted(GIVEN_ROLES))
        raise invalid({field: [f"Choose one of: {allowed}."]})


def _check_free(call: Call, row: Row[Any], text: str) -> None:
    for who, concerned in (
        ("the owner", row.role == policy_pb2.ROLE_OWNER),
        ("your own account", row.id == call.caller.user_id),
    ):
        if concerned:
            said = text.format(who)
            raise ApiError("conflict", said[0].upper() + said[1:])


def _message(row: Row[Any]) -> Member:
    return Member(
        id=row.id,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        role=row.role,
        created_at=timestamp(row.created_at),
        updated_at=timestamp(row.updated_at),
        last_login_at=optional_timestamp(row.last_login_at),
    )
