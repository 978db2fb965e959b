"""The contract, read once: every method of the protos with its policy; a method without one stops the start."""

from dataclasses import dataclass

from claribi.v1 import policy_pb2
from google.protobuf import message_factory
from google.protobuf.descriptor import EnumValueDescriptor, MethodDescriptor
from google.protobuf.message import Message

from rest_bridge.contract import SERVICES
from rest_bridge.words import public_word
from server.options import has_option, option


@dataclass(frozen=True)
class Method:
    """One rpc: its descriptor, its message classes and its policy."""

    descriptor: MethodDescriptor
    request_class: type[Message]
    response_class: type[Message]
    policy: policy_pb2.Policy
    client_streaming: bool
    server_streaming: bool

    @property
    def service(self) -> str:
        """Full name of the service, such as `claribi.v1.ReportService`."""
        return str(self.descriptor.containing_service.full_name)

    @property
    def path(self) -> str:
        """The gRPC path, such as `/claribi.v1.ReportService/GetReport`."""
        return f"/{self.service}/{self.descriptor.name}"

    @property
    def scope(self) -> str:
        """The scope's public word, or "" when any valid key will do."""
        return SCOPES.get(self.policy.scope, "")


def enum_word(value: EnumValueDescriptor) -> str:
    """The public word of an enum value; "" for the unspecified one."""
    return public_word(value) or ""


SCOPES: dict[int, str] = {
    value.number: enum_word(value) for value in policy_pb2.Scope.DESCRIPTOR.values if value.number
}
SCOPE_NUMBERS: dict[str, int] = {word: number for number, word in SCOPES.items()}
ROLES: dict[int, str] = {
    value.number: enum_word(value) for value in policy_pb2.Role.DESCRIPTOR.values if value.number
}
TIERS: dict[int, str] = {
    value.number: enum_word(value) for value in policy_pb2.Tier.DESCRIPTOR.values if value.number
}


class ContractError(RuntimeError):
    """The protos contradict themselves; the server does not start."""


def load_methods() -> tuple[Method, ...]:
    """Every method of the contract.

    Raises ContractError when a policy is missing or incomplete.
    """
    return tuple(_read_method(descriptor) for service in SERVICES for descriptor in service.methods)


def _read_method(descriptor: MethodDescriptor) -> Method:
    options = descriptor.GetOptions()
    if not has_option(options, policy_pb2.policy):
        raise ContractError(f"{descriptor.full_name} has no (claribi.v1.policy)")
    policy = option(options, policy_pb2.policy)
    _check_policy(descriptor.full_name, policy)
    return Method(
        descriptor,
        message_factory.GetMessageClass(descriptor.input_type),
        message_factory.GetMessageClass(descriptor.output_type),
        policy,
        descriptor.client_streaming,
        descriptor.server_streaming,
    )


def _check_policy(name: str, policy: policy_pb2.Policy) -> None:
    for field in ("credentials", "rate_class", "success_status", "transaction"):
        if not getattr(policy, field):
            raise ContractError(f"{name}: policy.{field} is not set")
    if policy.credentials != policy_pb2.CREDENTIALS_NONE and not policy.least_role:
        raise ContractError(f"{name}: policy.least_role is not set")
    if policy.scope and policy.scope not in SCOPES:
        raise ContractError(f"{name}: unknown scope {policy.scope}")
