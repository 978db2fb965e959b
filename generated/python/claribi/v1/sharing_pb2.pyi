import datetime

from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import rules_pb2 as _rules_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LinkMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LINK_MODE_UNSPECIFIED: _ClassVar[LinkMode]
    LINK_MODE_LIVE: _ClassVar[LinkMode]
    LINK_MODE_SNAPSHOT: _ClassVar[LinkMode]
LINK_MODE_UNSPECIFIED: LinkMode
LINK_MODE_LIVE: LinkMode
LINK_MODE_SNAPSHOT: LinkMode

class PublicLink(_message.Message):
    __slots__ = ("url", "token", "created_at", "expires_at", "has_password", "allow_download", "mode", "view_count", "last_viewed_at")
    URL_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ALLOW_DOWNLOAD_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    VIEW_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_VIEWED_AT_FIELD_NUMBER: _ClassVar[int]
    url: str
    token: str
    created_at: _timestamp_pb2.Timestamp
    expires_at: _timestamp_pb2.Timestamp
    has_password: bool
    allow_download: bool
    mode: LinkMode
    view_count: int
    last_viewed_at: _timestamp_pb2.Timestamp
    def __init__(self, url: _Optional[str] = ..., token: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., has_password: _Optional[bool] = ..., allow_download: _Optional[bool] = ..., mode: _Optional[_Union[LinkMode, str]] = ..., view_count: _Optional[int] = ..., last_viewed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ShareRequest(_message.Message):
    __slots__ = ("id", "link", "update_mask")
    ID_FIELD_NUMBER: _ClassVar[int]
    LINK_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    id: str
    link: LinkSettings
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., link: _Optional[_Union[LinkSettings, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class LinkSettings(_message.Message):
    __slots__ = ("expires_in_days", "password", "allow_download", "mode")
    EXPIRES_IN_DAYS_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    ALLOW_DOWNLOAD_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    expires_in_days: int
    password: str
    allow_download: bool
    mode: LinkMode
    def __init__(self, expires_in_days: _Optional[int] = ..., password: _Optional[str] = ..., allow_download: _Optional[bool] = ..., mode: _Optional[_Union[LinkMode, str]] = ...) -> None: ...

class ShareResponse(_message.Message):
    __slots__ = ("public_link", "created")
    PUBLIC_LINK_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    public_link: PublicLink
    created: bool
    def __init__(self, public_link: _Optional[_Union[PublicLink, _Mapping]] = ..., created: _Optional[bool] = ...) -> None: ...

class UnshareRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class OpenPublicRequest(_message.Message):
    __slots__ = ("token", "format", "password")
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    token: str
    format: str
    password: str
    def __init__(self, token: _Optional[str] = ..., format: _Optional[str] = ..., password: _Optional[str] = ...) -> None: ...
