from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class ErrorCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ERROR_CODE_UNSPECIFIED: _ClassVar[ErrorCode]
    ERROR_CODE_VALIDATION_ERROR: _ClassVar[ErrorCode]
    ERROR_CODE_AUTHENTICATION_REQUIRED: _ClassVar[ErrorCode]
    ERROR_CODE_INSUFFICIENT_PERMISSIONS: _ClassVar[ErrorCode]
    ERROR_CODE_INVALID_SCOPE: _ClassVar[ErrorCode]
    ERROR_CODE_NOT_FOUND: _ClassVar[ErrorCode]
    ERROR_CODE_RATE_LIMITED: _ClassVar[ErrorCode]
    ERROR_CODE_INTERNAL_ERROR: _ClassVar[ErrorCode]
    ERROR_CODE_INSUFFICIENT_CREDITS: _ClassVar[ErrorCode]
    ERROR_CODE_METHOD_NOT_ALLOWED: _ClassVar[ErrorCode]
    ERROR_CODE_CONFLICT: _ClassVar[ErrorCode]
    ERROR_CODE_PAYLOAD_TOO_LARGE: _ClassVar[ErrorCode]
    ERROR_CODE_UNSUPPORTED_MEDIA_TYPE: _ClassVar[ErrorCode]
    ERROR_CODE_NOT_ACCEPTABLE: _ClassVar[ErrorCode]
    ERROR_CODE_DATA_SOURCE_UNAVAILABLE: _ClassVar[ErrorCode]
    ERROR_CODE_SERVICE_UNAVAILABLE: _ClassVar[ErrorCode]
    ERROR_CODE_DEADLINE_EXCEEDED: _ClassVar[ErrorCode]
ERROR_CODE_UNSPECIFIED: ErrorCode
ERROR_CODE_VALIDATION_ERROR: ErrorCode
ERROR_CODE_AUTHENTICATION_REQUIRED: ErrorCode
ERROR_CODE_INSUFFICIENT_PERMISSIONS: ErrorCode
ERROR_CODE_INVALID_SCOPE: ErrorCode
ERROR_CODE_NOT_FOUND: ErrorCode
ERROR_CODE_RATE_LIMITED: ErrorCode
ERROR_CODE_INTERNAL_ERROR: ErrorCode
ERROR_CODE_INSUFFICIENT_CREDITS: ErrorCode
ERROR_CODE_METHOD_NOT_ALLOWED: ErrorCode
ERROR_CODE_CONFLICT: ErrorCode
ERROR_CODE_PAYLOAD_TOO_LARGE: ErrorCode
ERROR_CODE_UNSUPPORTED_MEDIA_TYPE: ErrorCode
ERROR_CODE_NOT_ACCEPTABLE: ErrorCode
ERROR_CODE_DATA_SOURCE_UNAVAILABLE: ErrorCode
ERROR_CODE_SERVICE_UNAVAILABLE: ErrorCode
ERROR_CODE_DEADLINE_EXCEEDED: ErrorCode
ERROR_FIELD_NUMBER: _ClassVar[int]
error: _descriptor.FieldDescriptor

class ErrorSpec(_message.Message):
    __slots__ = ("grpc", "http", "message")
    GRPC_FIELD_NUMBER: _ClassVar[int]
    HTTP_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    grpc: int
    http: int
    message: str
    def __init__(self, grpc: _Optional[int] = ..., http: _Optional[int] = ..., message: _Optional[str] = ...) -> None: ...
