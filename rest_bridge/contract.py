"""The services of the contract, in the order people read them: the one list of generated modules."""

from __future__ import annotations

from claribi.v1 import (
    api_keys_pb2,
    auth_pb2,
    dashboards_pb2,
    data_sources_pb2,
    goals_pb2,
    members_pb2,
    monitoring_pb2,
    reports_pb2,
    sharing_pb2,
    usage_pb2,
)
from google.protobuf.descriptor import ServiceDescriptor

SERVICES: tuple[ServiceDescriptor, ...] = tuple(
    service
    for module in (
        auth_pb2,
        usage_pb2,
        reports_pb2,
        dashboards_pb2,
        data_sources_pb2,
        goals_pb2,
        sharing_pb2,
        api_keys_pb2,
        members_pb2,
        monitoring_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
)
