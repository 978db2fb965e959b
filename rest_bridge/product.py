"""This product as an instance of the general bridge: codec, policies, errors and pages, all read from the protos."""

from __future__ import annotations

from typing import Any

from claribi.v1 import errors_pb2, monitoring_pb2, policy_pb2
from google.protobuf.descriptor import EnumValueDescriptor, MethodDescriptor

from rest_bridge.channel import MethodInfo, methods_of
from rest_bridge.codec import Codec
from rest_bridge.configuration import Product, StaticPage
from rest_bridge.contract import SERVICES
from rest_bridge.errors import ErrorRow, ErrorTable
from rest_bridge.limits import HttpLimits
from rest_bridge.policy import JSON, MethodPolicy, StatusRule
from rest_bridge.style import STYLE

DOMAIN = "claribi"
REFUSAL_KEY = "claribi-refusal-bin"
# Parameters that campaigns and caches add to links; they mean nothing here.
IGNORED_QUERY = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"})
_EDGE = monitoring_pb2.DESCRIPTOR.services_by_name["EdgeService"].methods_by_name


def product_methods() -> list[MethodInfo]:
    """Every method of the contract."""
    return methods_of(SERVICES)


def method_policy(method: MethodDescriptor) -> MethodPolicy:
    """The HTTP side of a method, from its `(claribi.v1.policy)`."""
    options: Any = method.GetOptions()
    policy: policy_pb2.Policy = options.Extensions[policy_pb2.policy]
    masked = "update_mask" in method.input_type.fields_by_name
    return MethodPolicy(
        success_status=policy.success_status,
        status_rules=tuple(
            StatusRule(rule.field, tuple(rule.equals), rule.status, rule.location)
            for rule in policy.status_rules
        ),
        consumes=policy.consumes or JSON,
        forms=policy.forms,
        idempotent=policy.idempotent,
        mask_field="update_mask" if masked else None,
    )


def error_table() -> ErrorTable:
    """Every code of the ErrorCode enum."""
    return ErrorTable(
        {
            _error_word(value): _error_row(value)
            for value in errors_pb2.ErrorCode.DESCRIPTOR.values
            if value.number
        },
        domain=DOMAIN,
    )


def claribi(
    *,
    limits: HttpLimits,
    pages: dict[str, StaticPage],
    public_limit: int,
    trusted_proxies: tuple[str, ...] = (),
    public_url: str = "",
) -> Product:
    """The product as the bridge takes it. `public_limit`: calls an hour and address, printed when the core is away."""
    return Product(
        codec=Codec(STYLE),
        policy=method_policy,
        errors=error_table(),
        static=pages,
        limits=limits,
        edge_admit=MethodInfo.of(_EDGE["Admit"]),
        edge_refuse=MethodInfo.of(_EDGE["Refuse"]),
        refusal_key=REFUSAL_KEY,
        ignored_query=IGNORED_QUERY,
        trusted_proxies=trusted_proxies,
        public_limit=public_limit,
        public_url=public_url,
    )


def _error_word(value: EnumValueDescriptor) -> str:
    return str(value.name.removeprefix("ERROR_CODE_").lower())


def _error_row(value: EnumValueDescriptor) -> ErrorRow:
    options: Any = value.GetOptions()
    spec: errors_pb2.ErrorSpec = options.Extensions[errors_pb2.error]
    return ErrorRow(spec.grpc, spec.http, spec.message)
