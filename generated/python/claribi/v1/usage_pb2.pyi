import datetime

from claribi.v1 import policy_pb2 as _policy_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetUsageRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Usage(_message.Message):
    __slots__ = ("ai_credits", "period", "by_operation", "rate_limits")
    AI_CREDITS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    BY_OPERATION_FIELD_NUMBER: _ClassVar[int]
    RATE_LIMITS_FIELD_NUMBER: _ClassVar[int]
    ai_credits: Credits
    period: UsagePeriod
    by_operation: _containers.RepeatedCompositeFieldContainer[OperationUsage]
    rate_limits: RateLimits
    def __init__(self, ai_credits: _Optional[_Union[Credits, _Mapping]] = ..., period: _Optional[_Union[UsagePeriod, _Mapping]] = ..., by_operation: _Optional[_Iterable[_Union[OperationUsage, _Mapping]]] = ..., rate_limits: _Optional[_Union[RateLimits, _Mapping]] = ...) -> None: ...

class Credits(_message.Message):
    __slots__ = ("used", "limit", "remaining")
    USED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    used: int
    limit: int
    remaining: int
    def __init__(self, used: _Optional[int] = ..., limit: _Optional[int] = ..., remaining: _Optional[int] = ...) -> None: ...

class UsagePeriod(_message.Message):
    __slots__ = ("starts_at", "ends_at")
    STARTS_AT_FIELD_NUMBER: _ClassVar[int]
    ENDS_AT_FIELD_NUMBER: _ClassVar[int]
    starts_at: _timestamp_pb2.Timestamp
    ends_at: _timestamp_pb2.Timestamp
    def __init__(self, starts_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., ends_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OperationUsage(_message.Message):
    __slots__ = ("operation", "count", "credits")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    operation: str
    count: int
    credits: int
    def __init__(self, operation: _Optional[str] = ..., count: _Optional[int] = ..., credits: _Optional[int] = ...) -> None: ...

class RateLimits(_message.Message):
    __slots__ = ("general", "generation")
    GENERAL_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    general: RateLimit
    generation: RateLimit
    def __init__(self, general: _Optional[_Union[RateLimit, _Mapping]] = ..., generation: _Optional[_Union[RateLimit, _Mapping]] = ...) -> None: ...

class RateLimit(_message.Message):
    __slots__ = ("limit", "remaining", "reset")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    REMAINING_FIELD_NUMBER: _ClassVar[int]
    RESET_FIELD_NUMBER: _ClassVar[int]
    limit: int
    remaining: int
    reset: int
    def __init__(self, limit: _Optional[int] = ..., remaining: _Optional[int] = ..., reset: _Optional[int] = ...) -> None: ...
