"""What the caller may do: the key's scopes AND the user's role, both as they are now."""

from typing import Any

from claribi.v1 import policy_pb2

from server.call import Call
from server.errors import ApiError
from server.interceptors.chain import Handler
from server.methods import ROLES, Method


class Authorize:
    """Refuses with `invalid_scope` or `insufficient_permissions`."""

    name = "authorize"
    after = ("authenticate", "rate_limit")

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        if method.policy.credentials == policy_pb2.CREDENTIALS_NONE:
            return proceed
        session_only = method.policy.credentials == policy_pb2.CREDENTIALS_SESSION
        scope, least_role = method.scope, method.policy.least_role

        async def authorize(call: Call, request: Any) -> Any:
            caller = call.caller
            if caller.key is not None:
                if session_only:
                    raise ApiError(
                        "insufficient_permissions", "This endpoint needs a signed-in session, not an API key."
                    )
                if scope and scope not in caller.key.scopes:
                    raise ApiError("invalid_scope", details={"required_scope": scope})
            if caller.role < least_role:
                raise ApiError("insufficient_permissions", details={"required_role": ROLES[least_role]})
            return await proceed(call, request)

        return authorize
