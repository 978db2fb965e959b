import datetime

from claribi.v1 import insights_pb2 as _insights_pb2
from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import rules_pb2 as _rules_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SourceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SOURCE_TYPE_UNSPECIFIED: _ClassVar[SourceType]
    SOURCE_TYPE_FILE: _ClassVar[SourceType]
    SOURCE_TYPE_DATABASE: _ClassVar[SourceType]

class DataSourceStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DATA_SOURCE_STATUS_UNSPECIFIED: _ClassVar[DataSourceStatus]
    DATA_SOURCE_STATUS_ACTIVE: _ClassVar[DataSourceStatus]
    DATA_SOURCE_STATUS_PAUSED: _ClassVar[DataSourceStatus]
    DATA_SOURCE_STATUS_ERROR: _ClassVar[DataSourceStatus]
    DATA_SOURCE_STATUS_PREPROCESSING: _ClassVar[DataSourceStatus]

class ColumnRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLUMN_ROLE_UNSPECIFIED: _ClassVar[ColumnRole]
    COLUMN_ROLE_IDENTIFIER: _ClassVar[ColumnRole]
    COLUMN_ROLE_MEASURE: _ClassVar[ColumnRole]
    COLUMN_ROLE_DIMENSION: _ClassVar[ColumnRole]
    COLUMN_ROLE_TIME: _ClassVar[ColumnRole]
    COLUMN_ROLE_TEXT: _ClassVar[ColumnRole]

class ColumnType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COLUMN_TYPE_UNSPECIFIED: _ClassVar[ColumnType]
    COLUMN_TYPE_INTEGER: _ClassVar[ColumnType]
    COLUMN_TYPE_NUMBER: _ClassVar[ColumnType]
    COLUMN_TYPE_BOOLEAN: _ClassVar[ColumnType]
    COLUMN_TYPE_DATE: _ClassVar[ColumnType]
    COLUMN_TYPE_TIMESTAMP: _ClassVar[ColumnType]
    COLUMN_TYPE_TEXT: _ClassVar[ColumnType]
SOURCE_TYPE_UNSPECIFIED: SourceType
SOURCE_TYPE_FILE: SourceType
SOURCE_TYPE_DATABASE: SourceType
DATA_SOURCE_STATUS_UNSPECIFIED: DataSourceStatus
DATA_SOURCE_STATUS_ACTIVE: DataSourceStatus
DATA_SOURCE_STATUS_PAUSED: DataSourceStatus
DATA_SOURCE_STATUS_ERROR: DataSourceStatus
DATA_SOURCE_STATUS_PREPROCESSING: DataSourceStatus
COLUMN_ROLE_UNSPECIFIED: ColumnRole
COLUMN_ROLE_IDENTIFIER: ColumnRole
COLUMN_ROLE_MEASURE: ColumnRole
COLUMN_ROLE_DIMENSION: ColumnRole
COLUMN_ROLE_TIME: ColumnRole
COLUMN_ROLE_TEXT: ColumnRole
COLUMN_TYPE_UNSPECIFIED: ColumnType
COLUMN_TYPE_INTEGER: ColumnType
COLUMN_TYPE_NUMBER: ColumnType
COLUMN_TYPE_BOOLEAN: ColumnType
COLUMN_TYPE_DATE: ColumnType
COLUMN_TYPE_TIMESTAMP: ColumnType
COLUMN_TYPE_TEXT: ColumnType

class DataSource(_message.Message):
    __slots__ = ("id", "name", "source_type", "engine", "status", "description", "schema", "quality", "snapshot", "last_synced_at", "sync_error", "created_at", "updated_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    LAST_SYNCED_AT_FIELD_NUMBER: _ClassVar[int]
    SYNC_ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    source_type: SourceType
    engine: str
    status: DataSourceStatus
    description: str
    schema: DataSchema
    quality: DataQuality
    snapshot: Snapshot
    last_synced_at: _timestamp_pb2.Timestamp
    sync_error: str
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., source_type: _Optional[_Union[SourceType, str]] = ..., engine: _Optional[str] = ..., status: _Optional[_Union[DataSourceStatus, str]] = ..., description: _Optional[str] = ..., schema: _Optional[_Union[DataSchema, _Mapping]] = ..., quality: _Optional[_Union[DataQuality, _Mapping]] = ..., snapshot: _Optional[_Union[Snapshot, _Mapping]] = ..., last_synced_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sync_error: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class DataSchema(_message.Message):
    __slots__ = ("tables",)
    TABLES_FIELD_NUMBER: _ClassVar[int]
    tables: _containers.RepeatedCompositeFieldContainer[DataTable]
    def __init__(self, tables: _Optional[_Iterable[_Union[DataTable, _Mapping]]] = ...) -> None: ...

class DataTable(_message.Message):
    __slots__ = ("name", "rows", "columns")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    name: str
    rows: int
    columns: _containers.RepeatedCompositeFieldContainer[DataColumn]
    def __init__(self, name: _Optional[str] = ..., rows: _Optional[int] = ..., columns: _Optional[_Iterable[_Union[DataColumn, _Mapping]]] = ...) -> None: ...

class DataColumn(_message.Message):
    __slots__ = ("name", "type", "role", "nullable", "distinct", "nulls", "min", "max", "top")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    NULLABLE_FIELD_NUMBER: _ClassVar[int]
    DISTINCT_FIELD_NUMBER: _ClassVar[int]
    NULLS_FIELD_NUMBER: _ClassVar[int]
    MIN_FIELD_NUMBER: _ClassVar[int]
    MAX_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    name: str
    type: ColumnType
    role: ColumnRole
    nullable: bool
    distinct: int
    nulls: int
    min: str
    max: str
    top: _containers.RepeatedCompositeFieldContainer[TopValue]
    def __init__(self, name: _Optional[str] = ..., type: _Optional[_Union[ColumnType, str]] = ..., role: _Optional[_Union[ColumnRole, str]] = ..., nullable: _Optional[bool] = ..., distinct: _Optional[int] = ..., nulls: _Optional[int] = ..., min: _Optional[str] = ..., max: _Optional[str] = ..., top: _Optional[_Iterable[_Union[TopValue, _Mapping]]] = ...) -> None: ...

class TopValue(_message.Message):
    __slots__ = ("value", "count")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    value: str
    count: int
    def __init__(self, value: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class DataQuality(_message.Message):
    __slots__ = ("score", "findings")
    SCORE_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    score: float
    findings: _containers.RepeatedCompositeFieldContainer[_insights_pb2.QualityFinding]
    def __init__(self, score: _Optional[float] = ..., findings: _Optional[_Iterable[_Union[_insights_pb2.QualityFinding, _Mapping]]] = ...) -> None: ...

class Snapshot(_message.Message):
    __slots__ = ("hash", "taken_at", "bytes")
    HASH_FIELD_NUMBER: _ClassVar[int]
    TAKEN_AT_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    hash: str
    taken_at: _timestamp_pb2.Timestamp
    bytes: float
    def __init__(self, hash: _Optional[str] = ..., taken_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., bytes: _Optional[float] = ...) -> None: ...

class ListDataSourcesRequest(_message.Message):
    __slots__ = ("page", "page_size", "ordering", "status", "name", "created_after", "created_before")
    PAGE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AFTER_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    page: int
    page_size: int
    ordering: str
    status: DataSourceStatus
    name: str
    created_after: str
    created_before: str
    def __init__(self, page: _Optional[int] = ..., page_size: _Optional[int] = ..., ordering: _Optional[str] = ..., status: _Optional[_Union[DataSourceStatus, str]] = ..., name: _Optional[str] = ..., created_after: _Optional[str] = ..., created_before: _Optional[str] = ...) -> None: ...

class ListDataSourcesResponse(_message.Message):
    __slots__ = ("count", "next", "previous", "results")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    count: int
    next: str
    previous: str
    results: _containers.RepeatedCompositeFieldContainer[DataSource]
    def __init__(self, count: _Optional[int] = ..., next: _Optional[str] = ..., previous: _Optional[str] = ..., results: _Optional[_Iterable[_Union[DataSource, _Mapping]]] = ...) -> None: ...

class GetDataSourceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class UploadDataSourceRequest(_message.Message):
    __slots__ = ("metadata", "file", "chunk")
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    metadata: UploadMetadata
    file: FileStart
    chunk: bytes
    def __init__(self, metadata: _Optional[_Union[UploadMetadata, _Mapping]] = ..., file: _Optional[_Union[FileStart, _Mapping]] = ..., chunk: _Optional[bytes] = ...) -> None: ...

class UploadMetadata(_message.Message):
    __slots__ = ("name", "description", "data_source_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    data_source_id: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., data_source_id: _Optional[str] = ...) -> None: ...

class FileStart(_message.Message):
    __slots__ = ("name", "content_type")
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    name: str
    content_type: str
    def __init__(self, name: _Optional[str] = ..., content_type: _Optional[str] = ...) -> None: ...

class DataSourceChanges(_message.Message):
    __slots__ = ("name", "description", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    status: DataSourceStatus
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., status: _Optional[_Union[DataSourceStatus, str]] = ...) -> None: ...

class UpdateDataSourceRequest(_message.Message):
    __slots__ = ("id", "data_source", "update_mask")
    ID_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    id: str
    data_source: DataSourceChanges
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., data_source: _Optional[_Union[DataSourceChanges, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteDataSourceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class SyncDataSourceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...
