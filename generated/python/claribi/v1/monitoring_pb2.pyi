import datetime

from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import rules_pb2 as _rules_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HealthLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_LEVEL_UNSPECIFIED: _ClassVar[HealthLevel]
    HEALTH_LEVEL_QUICK: _ClassVar[HealthLevel]
    HEALTH_LEVEL_SUMMARY: _ClassVar[HealthLevel]
    HEALTH_LEVEL_DETAILED: _ClassVar[HealthLevel]

class HealthStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HEALTH_STATUS_UNSPECIFIED: _ClassVar[HealthStatus]
    HEALTH_STATUS_HEALTHY: _ClassVar[HealthStatus]
    HEALTH_STATUS_WARNING: _ClassVar[HealthStatus]
    HEALTH_STATUS_CRITICAL: _ClassVar[HealthStatus]
HEALTH_LEVEL_UNSPECIFIED: HealthLevel
HEALTH_LEVEL_QUICK: HealthLevel
HEALTH_LEVEL_SUMMARY: HealthLevel
HEALTH_LEVEL_DETAILED: HealthLevel
HEALTH_STATUS_UNSPECIFIED: HealthStatus
HEALTH_STATUS_HEALTHY: HealthStatus
HEALTH_STATUS_WARNING: HealthStatus
HEALTH_STATUS_CRITICAL: HealthStatus

class GetHealthRequest(_message.Message):
    __slots__ = ("level",)
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    level: HealthLevel
    def __init__(self, level: _Optional[_Union[HealthLevel, str]] = ...) -> None: ...

class Health(_message.Message):
    __slots__ = ("overall_status", "timestamp", "version", "services", "data_sources", "system", "external_apis")
    class ExternalApisEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: ServiceHealth
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[ServiceHealth, _Mapping]] = ...) -> None: ...
    OVERALL_STATUS_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCES_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_APIS_FIELD_NUMBER: _ClassVar[int]
    overall_status: HealthStatus
    timestamp: _timestamp_pb2.Timestamp
    version: str
    services: ServicesHealth
    data_sources: DataSourcesHealth
    system: SystemHealth
    external_apis: _containers.MessageMap[str, ServiceHealth]
    def __init__(self, overall_status: _Optional[_Union[HealthStatus, str]] = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., version: _Optional[str] = ..., services: _Optional[_Union[ServicesHealth, _Mapping]] = ..., data_sources: _Optional[_Union[DataSourcesHealth, _Mapping]] = ..., system: _Optional[_Union[SystemHealth, _Mapping]] = ..., external_apis: _Optional[_Mapping[str, ServiceHealth]] = ...) -> None: ...

class ServicesHealth(_message.Message):
    __slots__ = ("database", "cache", "workers")
    DATABASE_FIELD_NUMBER: _ClassVar[int]
    CACHE_FIELD_NUMBER: _ClassVar[int]
    WORKERS_FIELD_NUMBER: _ClassVar[int]
    database: ServiceHealth
    cache: ServiceHealth
    workers: ServiceHealth
    def __init__(self, database: _Optional[_Union[ServiceHealth, _Mapping]] = ..., cache: _Optional[_Union[ServiceHealth, _Mapping]] = ..., workers: _Optional[_Union[ServiceHealth, _Mapping]] = ...) -> None: ...

class ServiceHealth(_message.Message):
    __slots__ = ("status", "latency_ms", "message")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LATENCY_MS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    status: HealthStatus
    latency_ms: float
    message: str
    def __init__(self, status: _Optional[_Union[HealthStatus, str]] = ..., latency_ms: _Optional[float] = ..., message: _Optional[str] = ...) -> None: ...

class DataSourcesHealth(_message.Message):
    __slots__ = ("active", "error", "stale")
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    STALE_FIELD_NUMBER: _ClassVar[int]
    active: int
    error: int
    stale: int
    def __init__(self, active: _Optional[int] = ..., error: _Optional[int] = ..., stale: _Optional[int] = ...) -> None: ...

class SystemHealth(_message.Message):
    __slots__ = ("cpu_percent", "memory_percent", "disk_percent")
    CPU_PERCENT_FIELD_NUMBER: _ClassVar[int]
    MEMORY_PERCENT_FIELD_NUMBER: _ClassVar[int]
    DISK_PERCENT_FIELD_NUMBER: _ClassVar[int]
    cpu_percent: float
    memory_percent: float
    disk_percent: float
    def __init__(self, cpu_percent: _Optional[float] = ..., memory_percent: _Optional[float] = ..., disk_percent: _Optional[float] = ...) -> None: ...

class AdmitRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class RefuseRequest(_message.Message):
    __slots__ = ("status",)
    STATUS_FIELD_NUMBER: _ClassVar[int]
    status: _status_pb2.Status
    def __init__(self, status: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...
