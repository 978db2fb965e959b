import datetime

from claribi.v1 import insights_pb2 as _insights_pb2
from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import reports_pb2 as _reports_pb2
from claribi.v1 import rules_pb2 as _rules_pb2
from claribi.v1 import sharing_pb2 as _sharing_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DashboardStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DASHBOARD_STATUS_UNSPECIFIED: _ClassVar[DashboardStatus]
    DASHBOARD_STATUS_ACTIVE: _ClassVar[DashboardStatus]
    DASHBOARD_STATUS_ARCHIVED: _ClassVar[DashboardStatus]

class RefreshFrequency(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REFRESH_FREQUENCY_UNSPECIFIED: _ClassVar[RefreshFrequency]
    REFRESH_FREQUENCY_MANUAL: _ClassVar[RefreshFrequency]
    REFRESH_FREQUENCY_HOURLY: _ClassVar[RefreshFrequency]
    REFRESH_FREQUENCY_DAILY: _ClassVar[RefreshFrequency]
    REFRESH_FREQUENCY_WEEKLY: _ClassVar[RefreshFrequency]

class FilterOperator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FILTER_OPERATOR_UNSPECIFIED: _ClassVar[FilterOperator]
    FILTER_OPERATOR_IN: _ClassVar[FilterOperator]
    FILTER_OPERATOR_NOT_IN: _ClassVar[FilterOperator]
    FILTER_OPERATOR_GTE: _ClassVar[FilterOperator]
    FILTER_OPERATOR_LTE: _ClassVar[FilterOperator]

class WidgetType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WIDGET_TYPE_UNSPECIFIED: _ClassVar[WidgetType]
    WIDGET_TYPE_LINE: _ClassVar[WidgetType]
    WIDGET_TYPE_BAR: _ClassVar[WidgetType]
    WIDGET_TYPE_AREA: _ClassVar[WidgetType]
    WIDGET_TYPE_PIE: _ClassVar[WidgetType]
    WIDGET_TYPE_SCATTER: _ClassVar[WidgetType]
    WIDGET_TYPE_METRIC: _ClassVar[WidgetType]
    WIDGET_TYPE_TABLE: _ClassVar[WidgetType]
    WIDGET_TYPE_FUNNEL: _ClassVar[WidgetType]
    WIDGET_TYPE_GAUGE: _ClassVar[WidgetType]
    WIDGET_TYPE_HEATMAP: _ClassVar[WidgetType]
DASHBOARD_STATUS_UNSPECIFIED: DashboardStatus
DASHBOARD_STATUS_ACTIVE: DashboardStatus
DASHBOARD_STATUS_ARCHIVED: DashboardStatus
REFRESH_FREQUENCY_UNSPECIFIED: RefreshFrequency
REFRESH_FREQUENCY_MANUAL: RefreshFrequency
REFRESH_FREQUENCY_HOURLY: RefreshFrequency
REFRESH_FREQUENCY_DAILY: RefreshFrequency
REFRESH_FREQUENCY_WEEKLY: RefreshFrequency
FILTER_OPERATOR_UNSPECIFIED: FilterOperator
FILTER_OPERATOR_IN: FilterOperator
FILTER_OPERATOR_NOT_IN: FilterOperator
FILTER_OPERATOR_GTE: FilterOperator
FILTER_OPERATOR_LTE: FilterOperator
WIDGET_TYPE_UNSPECIFIED: WidgetType
WIDGET_TYPE_LINE: WidgetType
WIDGET_TYPE_BAR: WidgetType
WIDGET_TYPE_AREA: WidgetType
WIDGET_TYPE_PIE: WidgetType
WIDGET_TYPE_SCATTER: WidgetType
WIDGET_TYPE_METRIC: WidgetType
WIDGET_TYPE_TABLE: WidgetType
WIDGET_TYPE_FUNNEL: WidgetType
WIDGET_TYPE_GAUGE: WidgetType
WIDGET_TYPE_HEATMAP: WidgetType

class Dashboard(_message.Message):
    __slots__ = ("id", "name", "description", "status", "config", "widgets", "insights", "evidence", "last_refreshed_at", "data_as_of", "public_link", "created_by", "created_at", "updated_at", "statistics")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    WIDGETS_FIELD_NUMBER: _ClassVar[int]
    INSIGHTS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_REFRESHED_AT_FIELD_NUMBER: _ClassVar[int]
    DATA_AS_OF_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_LINK_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    status: DashboardStatus
    config: DashboardConfig
    widgets: _containers.RepeatedCompositeFieldContainer[Widget]
    insights: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Insight]
    evidence: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Evidence]
    last_refreshed_at: _timestamp_pb2.Timestamp
    data_as_of: _timestamp_pb2.Timestamp
    public_link: _sharing_pb2.PublicLink
    created_by: _reports_pb2.UserReference
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    statistics: DashboardStatistics
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., status: _Optional[_Union[DashboardStatus, str]] = ..., config: _Optional[_Union[DashboardConfig, _Mapping]] = ..., widgets: _Optional[_Iterable[_Union[Widget, _Mapping]]] = ..., insights: _Optional[_Iterable[_Union[_insights_pb2.Insight, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[_insights_pb2.Evidence, _Mapping]]] = ..., last_refreshed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., data_as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., public_link: _Optional[_Union[_sharing_pb2.PublicLink, _Mapping]] = ..., created_by: _Optional[_Union[_reports_pb2.UserReference, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., statistics: _Optional[_Union[DashboardStatistics, _Mapping]] = ...) -> None: ...

class DashboardStatistics(_message.Message):
    __slots__ = ("refreshes_tested", "hypotheses_tested", "discoveries", "level", "false_discovery_rate")
    REFRESHES_TESTED_FIELD_NUMBER: _ClassVar[int]
    HYPOTHESES_TESTED_FIELD_NUMBER: _ClassVar[int]
    DISCOVERIES_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    FALSE_DISCOVERY_RATE_FIELD_NUMBER: _ClassVar[int]
    refreshes_tested: int
    hypotheses_tested: int
    discoveries: int
    level: float
    false_discovery_rate: float
    def __init__(self, refreshes_tested: _Optional[int] = ..., hypotheses_tested: _Optional[int] = ..., discoveries: _Optional[int] = ..., level: _Optional[float] = ..., false_discovery_rate: _Optional[float] = ...) -> None: ...

class DashboardConfig(_message.Message):
    __slots__ = ("layout", "filters", "refresh_frequency")
    LAYOUT_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    layout: _struct_pb2.Struct
    filters: _containers.RepeatedCompositeFieldContainer[Filter]
    refresh_frequency: RefreshFrequency
    def __init__(self, layout: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., filters: _Optional[_Iterable[_Union[Filter, _Mapping]]] = ..., refresh_frequency: _Optional[_Union[RefreshFrequency, str]] = ...) -> None: ...

class Filter(_message.Message):
    __slots__ = ("column", "operator", "values")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    column: str
    operator: FilterOperator
    values: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, column: _Optional[str] = ..., operator: _Optional[_Union[FilterOperator, str]] = ..., values: _Optional[_Iterable[str]] = ...) -> None: ...

class Widget(_message.Message):
    __slots__ = ("id", "type", "title", "position", "data_source_id", "query", "data", "error", "refreshed_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    REFRESHED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: WidgetType
    title: str
    position: WidgetPosition
    data_source_id: str
    query: WidgetQuery
    data: WidgetData
    error: str
    refreshed_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., type: _Optional[_Union[WidgetType, str]] = ..., title: _Optional[str] = ..., position: _Optional[_Union[WidgetPosition, _Mapping]] = ..., data_source_id: _Optional[str] = ..., query: _Optional[_Union[WidgetQuery, _Mapping]] = ..., data: _Optional[_Union[WidgetData, _Mapping]] = ..., error: _Optional[str] = ..., refreshed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class WidgetPosition(_message.Message):
    __slots__ = ("x", "y", "w", "h")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    W_FIELD_NUMBER: _ClassVar[int]
    H_FIELD_NUMBER: _ClassVar[int]
    x: int
    y: int
    w: int
    h: int
    def __init__(self, x: _Optional[int] = ..., y: _Optional[int] = ..., w: _Optional[int] = ..., h: _Optional[int] = ...) -> None: ...

class WidgetQuery(_message.Message):
    __slots__ = ("table", "measure", "aggregation", "x", "grain", "series", "filters", "limit", "sort")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    GRAIN_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    FILTERS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SORT_FIELD_NUMBER: _ClassVar[int]
    table: str
    measure: str
    aggregation: _insights_pb2.Aggregation
    x: str
    grain: _insights_pb2.Grain
    series: str
    filters: _containers.RepeatedCompositeFieldContainer[Filter]
    limit: int
    sort: str
    def __init__(self, table: _Optional[str] = ..., measure: _Optional[str] = ..., aggregation: _Optional[_Union[_insights_pb2.Aggregation, str]] = ..., x: _Optional[str] = ..., grain: _Optional[_Union[_insights_pb2.Grain, str]] = ..., series: _Optional[str] = ..., filters: _Optional[_Iterable[_Union[Filter, _Mapping]]] = ..., limit: _Optional[int] = ..., sort: _Optional[str] = ...) -> None: ...

class WidgetData(_message.Message):
    __slots__ = ("columns", "points", "total_points", "unit", "query", "snapshot_hash")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_POINTS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_HASH_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedScalarFieldContainer[str]
    points: _containers.RepeatedCompositeFieldContainer[WidgetPoint]
    total_points: int
    unit: str
    query: str
    snapshot_hash: str
    def __init__(self, columns: _Optional[_Iterable[str]] = ..., points: _Optional[_Iterable[_Union[WidgetPoint, _Mapping]]] = ..., total_points: _Optional[int] = ..., unit: _Optional[str] = ..., query: _Optional[str] = ..., snapshot_hash: _Optional[str] = ...) -> None: ...

class WidgetPoint(_message.Message):
    __slots__ = ("x", "series", "value")
    X_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    x: str
    series: str
    value: float
    def __init__(self, x: _Optional[str] = ..., series: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class ListDashboardsRequest(_message.Message):
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
    status: DashboardStatus
    name: str
    created_after: str
    created_before: str
    def __init__(self, page: _Optional[int] = ..., page_size: _Optional[int] = ..., ordering: _Optional[str] = ..., status: _Optional[_Union[DashboardStatus, str]] = ..., name: _Optional[str] = ..., created_after: _Optional[str] = ..., created_before: _Optional[str] = ...) -> None: ...

class DashboardSummary(_message.Message):
    __slots__ = ("id", "name", "description", "status", "refresh_frequency", "widget_count", "last_refreshed_at", "data_as_of", "public_link", "created_by", "created_at", "updated_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REFRESH_FREQUENCY_FIELD_NUMBER: _ClassVar[int]
    WIDGET_COUNT_FIELD_NUMBER: _ClassVar[int]
    LAST_REFRESHED_AT_FIELD_NUMBER: _ClassVar[int]
    DATA_AS_OF_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_LINK_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    status: DashboardStatus
    refresh_frequency: RefreshFrequency
    widget_count: int
    last_refreshed_at: _timestamp_pb2.Timestamp
    data_as_of: _timestamp_pb2.Timestamp
    public_link: _sharing_pb2.PublicLink
    created_by: _reports_pb2.UserReference
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., status: _Optional[_Union[DashboardStatus, str]] = ..., refresh_frequency: _Optional[_Union[RefreshFrequency, str]] = ..., widget_count: _Optional[int] = ..., last_refreshed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., data_as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., public_link: _Optional[_Union[_sharing_pb2.PublicLink, _Mapping]] = ..., created_by: _Optional[_Union[_reports_pb2.UserReference, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListDashboardsResponse(_message.Message):
    __slots__ = ("count", "next", "previous", "results")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    count: int
    next: str
    previous: str
    results: _containers.RepeatedCompositeFieldContainer[DashboardSummary]
    def __init__(self, count: _Optional[int] = ..., next: _Optional[str] = ..., previous: _Optional[str] = ..., results: _Optional[_Iterable[_Union[DashboardSummary, _Mapping]]] = ...) -> None: ...

class CreateDashboardRequest(_message.Message):
    __slots__ = ("name", "description", "config", "widgets", "data_source_ids")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    WIDGETS_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_IDS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    config: DashboardConfig
    widgets: _containers.RepeatedCompositeFieldContainer[Widget]
    data_source_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., config: _Optional[_Union[DashboardConfig, _Mapping]] = ..., widgets: _Optional[_Iterable[_Union[Widget, _Mapping]]] = ..., data_source_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class GetDashboardRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DashboardChanges(_message.Message):
    __slots__ = ("name", "description", "config", "widgets", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONFIG_FIELD_NUMBER: _ClassVar[int]
    WIDGETS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    config: DashboardConfig
    widgets: _containers.RepeatedCompositeFieldContainer[Widget]
    status: DashboardStatus
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., config: _Optional[_Union[DashboardConfig, _Mapping]] = ..., widgets: _Optional[_Iterable[_Union[Widget, _Mapping]]] = ..., status: _Optional[_Union[DashboardStatus, str]] = ...) -> None: ...

class UpdateDashboardRequest(_message.Message):
    __slots__ = ("id", "dashboard", "update_mask")
    ID_FIELD_NUMBER: _ClassVar[int]
    DASHBOARD_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    id: str
    dashboard: DashboardChanges
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., dashboard: _Optional[_Union[DashboardChanges, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteDashboardRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class RefreshDashboardRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...
