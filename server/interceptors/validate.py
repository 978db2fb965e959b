"""The request is what the contract takes, before any work is done for it."""

from typing import Any

from google.rpc import status_pb2

from server.call import Call
from server.errors import ApiError, Refused, invalid
from server.interceptors.chain import Handler
from server.methods import Method
from server.rules import checker, find_problems

MASK = "update_mask"


class Validate:
    """Checks the field rules of the protos; carries refusals the bridge made before it called."""

    name = "validate"
    after = ("authenticate", "rate_limit", "authorize")

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        descriptor = method.descriptor.input_type
        checker(descriptor)
        masked = _masked_field(method)

        async def validate(call: Call, request: Any) -> Any:
            if call.refusal is not None:
                raise refused(call.refusal)
            if not method.client_streaming:
                problems = _problems(request, masked)
                if problems:
                    raise invalid(problems)
            return await proceed(call, request)

        return validate


def refused(status: status_pb2.Status) -> ApiError:
    """The refusal a bridge made; anybody may claim to be one, so nothing but our own codes is carried on."""
    reason = Refused(status).spec
    if status.code != reason.grpc:
        return invalid({"status": [f"A refusal by '{reason.word}' has the code {reason.grpc}."]})
    return Refused(status)


def _masked_field(method: Method) -> str:
    """The field an update mask speaks of: the one message field beside it."""
    fields = method.descriptor.input_type.fields
    if MASK not in method.descriptor.input_type.fields_by_name:
        return ""
    names = [f.name for f in fields if f.message_type is not None and f.name != MASK]
    if len(names) != 1:
        raise RuntimeError(f"{method.path}: an update mask needs exactly one message field beside it")
    return names[0]


def _problems(request: Any, masked: str) -> dict[str, list[str]]:
    if not masked:
        return find_problems(request)
    changes = getattr(request, masked)
    known = set(changes.DESCRIPTOR.fields_by_name)
    paths = {path.split(".", 1)[0] for path in request.update_mask.paths}
    unknown = sorted(paths - known)
    if unknown:
        allowed = ", ".join(sorted(known))
        return {name: [f"Not a field that can be changed. Allowed: {allowed}."] for name in unknown}
    given = {name for name in paths if _set_or_scalar(changes, name)}
    return find_problems(changes, given)


def _set_or_scalar(changes: Any, name: str) -> bool:
    """Whether rules apply: a field in the mask that is unset and can be unset is being cleared."""
    field = changes.DESCRIPTOR.fields_by_name[name]
    return not field.has_presence or bool(changes.HasField(name))
