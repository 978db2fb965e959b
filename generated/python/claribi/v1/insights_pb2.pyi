import datetime

from claribi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InsightType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSIGHT_TYPE_UNSPECIFIED: _ClassVar[InsightType]
    INSIGHT_TYPE_CHANGE: _ClassVar[InsightType]
    INSIGHT_TYPE_TREND: _ClassVar[InsightType]
    INSIGHT_TYPE_CHANGE_POINT: _ClassVar[InsightType]
    INSIGHT_TYPE_OUTLIER: _ClassVar[InsightType]
    INSIGHT_TYPE_SEASONALITY: _ClassVar[InsightType]
    INSIGHT_TYPE_GROUP_DIFFERENCE: _ClassVar[InsightType]
    INSIGHT_TYPE_CONCENTRATION: _ClassVar[InsightType]
    INSIGHT_TYPE_DRIVER: _ClassVar[InsightType]
    INSIGHT_TYPE_MIX_SHIFT: _ClassVar[InsightType]
    INSIGHT_TYPE_CORRELATION: _ClassVar[InsightType]
    INSIGHT_TYPE_EVENNESS: _ClassVar[InsightType]
    INSIGHT_TYPE_FORECAST: _ClassVar[InsightType]
    INSIGHT_TYPE_DATA_QUALITY: _ClassVar[InsightType]

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_INCREASE: _ClassVar[Direction]
    DIRECTION_DECREASE: _ClassVar[Direction]
    DIRECTION_FLAT: _ClassVar[Direction]
    DIRECTION_POSITIVE: _ClassVar[Direction]
    DIRECTION_NEGATIVE: _ClassVar[Direction]
    DIRECTION_HIGHER: _ClassVar[Direction]
    DIRECTION_LOWER: _ClassVar[Direction]
    DIRECTION_NONE: _ClassVar[Direction]

class Aggregation(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AGGREGATION_UNSPECIFIED: _ClassVar[Aggregation]
    AGGREGATION_SUM: _ClassVar[Aggregation]
    AGGREGATION_AVERAGE: _ClassVar[Aggregation]
    AGGREGATION_COUNT: _ClassVar[Aggregation]
    AGGREGATION_MIN: _ClassVar[Aggregation]
    AGGREGATION_MAX: _ClassVar[Aggregation]
    AGGREGATION_MEDIAN: _ClassVar[Aggregation]
    AGGREGATION_DISTINCT_COUNT: _ClassVar[Aggregation]

class Grain(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GRAIN_UNSPECIFIED: _ClassVar[Grain]
    GRAIN_HOUR: _ClassVar[Grain]
    GRAIN_DAY: _ClassVar[Grain]
    GRAIN_WEEK: _ClassVar[Grain]
    GRAIN_MONTH: _ClassVar[Grain]
    GRAIN_QUARTER: _ClassVar[Grain]
    GRAIN_YEAR: _ClassVar[Grain]

class ChartType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHART_TYPE_UNSPECIFIED: _ClassVar[ChartType]
    CHART_TYPE_LINE: _ClassVar[ChartType]
    CHART_TYPE_BAR: _ClassVar[ChartType]
    CHART_TYPE_AREA: _ClassVar[ChartType]
    CHART_TYPE_SCATTER: _ClassVar[ChartType]
    CHART_TYPE_WATERFALL: _ClassVar[ChartType]

class AxisKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AXIS_KIND_UNSPECIFIED: _ClassVar[AxisKind]
    AXIS_KIND_TIME: _ClassVar[AxisKind]
    AXIS_KIND_CATEGORY: _ClassVar[AxisKind]
    AXIS_KIND_NUMBER: _ClassVar[AxisKind]

class SeriesRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERIES_ROLE_UNSPECIFIED: _ClassVar[SeriesRole]
    SERIES_ROLE_FITTED: _ClassVar[SeriesRole]
    SERIES_ROLE_FORECAST: _ClassVar[SeriesRole]

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_INFO: _ClassVar[Severity]
    SEVERITY_WARNING: _ClassVar[Severity]
    SEVERITY_CRITICAL: _ClassVar[Severity]

class QualityCode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    QUALITY_CODE_UNSPECIFIED: _ClassVar[QualityCode]
    QUALITY_CODE_NEGATIVE_DURATION: _ClassVar[QualityCode]
    QUALITY_CODE_DUPLICATE_ROWS: _ClassVar[QualityCode]
    QUALITY_CODE_NULLS: _ClassVar[QualityCode]
    QUALITY_CODE_UNIT_JUMP: _ClassVar[QualityCode]
    QUALITY_CODE_PARTIAL_PERIOD: _ClassVar[QualityCode]
    QUALITY_CODE_RIGHT_CENSORED: _ClassVar[QualityCode]
    QUALITY_CODE_OUT_OF_RANGE: _ClassVar[QualityCode]
    QUALITY_CODE_MIXED_TYPES: _ClassVar[QualityCode]
    QUALITY_CODE_CONSTANT_COLUMN: _ClassVar[QualityCode]
    QUALITY_CODE_FUTURE_DATES: _ClassVar[QualityCode]
    QUALITY_CODE_INCONSISTENT_CATEGORY: _ClassVar[QualityCode]
    QUALITY_CODE_LATE_DATA: _ClassVar[QualityCode]
    QUALITY_CODE_BROKEN_REFERENCE: _ClassVar[QualityCode]
INSIGHT_TYPE_UNSPECIFIED: InsightType
INSIGHT_TYPE_CHANGE: InsightType
INSIGHT_TYPE_TREND: InsightType
INSIGHT_TYPE_CHANGE_POINT: InsightType
INSIGHT_TYPE_OUTLIER: InsightType
INSIGHT_TYPE_SEASONALITY: InsightType
INSIGHT_TYPE_GROUP_DIFFERENCE: InsightType
INSIGHT_TYPE_CONCENTRATION: InsightType
INSIGHT_TYPE_DRIVER: InsightType
INSIGHT_TYPE_MIX_SHIFT: InsightType
INSIGHT_TYPE_CORRELATION: InsightType
INSIGHT_TYPE_EVENNESS: InsightType
INSIGHT_TYPE_FORECAST: InsightType
INSIGHT_TYPE_DATA_QUALITY: InsightType
DIRECTION_UNSPECIFIED: Direction
DIRECTION_INCREASE: Direction
DIRECTION_DECREASE: Direction
DIRECTION_FLAT: Direction
DIRECTION_POSITIVE: Direction
DIRECTION_NEGATIVE: Direction
DIRECTION_HIGHER: Direction
DIRECTION_LOWER: Direction
DIRECTION_NONE: Direction
AGGREGATION_UNSPECIFIED: Aggregation
AGGREGATION_SUM: Aggregation
AGGREGATION_AVERAGE: Aggregation
AGGREGATION_COUNT: Aggregation
AGGREGATION_MIN: Aggregation
AGGREGATION_MAX: Aggregation
AGGREGATION_MEDIAN: Aggregation
AGGREGATION_DISTINCT_COUNT: Aggregation
GRAIN_UNSPECIFIED: Grain
GRAIN_HOUR: Grain
GRAIN_DAY: Grain
GRAIN_WEEK: Grain
GRAIN_MONTH: Grain
GRAIN_QUARTER: Grain
GRAIN_YEAR: Grain
CHART_TYPE_UNSPECIFIED: ChartType
CHART_TYPE_LINE: ChartType
CHART_TYPE_BAR: ChartType
CHART_TYPE_AREA: ChartType
CHART_TYPE_SCATTER: ChartType
CHART_TYPE_WATERFALL: ChartType
AXIS_KIND_UNSPECIFIED: AxisKind
AXIS_KIND_TIME: AxisKind
AXIS_KIND_CATEGORY: AxisKind
AXIS_KIND_NUMBER: AxisKind
SERIES_ROLE_UNSPECIFIED: SeriesRole
SERIES_ROLE_FITTED: SeriesRole
SERIES_ROLE_FORECAST: SeriesRole
SEVERITY_UNSPECIFIED: Severity
SEVERITY_INFO: Severity
SEVERITY_WARNING: Severity
SEVERITY_CRITICAL: Severity
QUALITY_CODE_UNSPECIFIED: QualityCode
QUALITY_CODE_NEGATIVE_DURATION: QualityCode
QUALITY_CODE_DUPLICATE_ROWS: QualityCode
QUALITY_CODE_NULLS: QualityCode
QUALITY_CODE_UNIT_JUMP: QualityCode
QUALITY_CODE_PARTIAL_PERIOD: QualityCode
QUALITY_CODE_RIGHT_CENSORED: QualityCode
QUALITY_CODE_OUT_OF_RANGE: QualityCode
QUALITY_CODE_MIXED_TYPES: QualityCode
QUALITY_CODE_CONSTANT_COLUMN: QualityCode
QUALITY_CODE_FUTURE_DATES: QualityCode
QUALITY_CODE_INCONSISTENT_CATEGORY: QualityCode
QUALITY_CODE_LATE_DATA: QualityCode
QUALITY_CODE_BROKEN_REFERENCE: QualityCode

class Insight(_message.Message):
    __slots__ = ("id", "type", "title", "narrative", "rank", "score", "subject", "direction", "magnitude", "statistics", "evidence_ids", "chart_id", "caveats")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_IDS_FIELD_NUMBER: _ClassVar[int]
    CHART_ID_FIELD_NUMBER: _ClassVar[int]
    CAVEATS_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: InsightType
    title: str
    narrative: str
    rank: int
    score: float
    subject: Subject
    direction: Direction
    magnitude: Magnitude
    statistics: Statistics
    evidence_ids: _containers.RepeatedScalarFieldContainer[str]
    chart_id: str
    caveats: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[str] = ..., type: _Optional[_Union[InsightType, str]] = ..., title: _Optional[str] = ..., narrative: _Optional[str] = ..., rank: _Optional[int] = ..., score: _Optional[float] = ..., subject: _Optional[_Union[Subject, _Mapping]] = ..., direction: _Optional[_Union[Direction, str]] = ..., magnitude: _Optional[_Union[Magnitude, _Mapping]] = ..., statistics: _Optional[_Union[Statistics, _Mapping]] = ..., evidence_ids: _Optional[_Iterable[str]] = ..., chart_id: _Optional[str] = ..., caveats: _Optional[_Iterable[str]] = ...) -> None: ...

class Subject(_message.Message):
    __slots__ = ("measure", "dimension", "second", "where", "time")
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    SECOND_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    measure: Measure
    dimension: Dimension
    second: SecondColumn
    where: _containers.RepeatedCompositeFieldContainer[Condition]
    time: TimeSpan
    def __init__(self, measure: _Optional[_Union[Measure, _Mapping]] = ..., dimension: _Optional[_Union[Dimension, _Mapping]] = ..., second: _Optional[_Union[SecondColumn, _Mapping]] = ..., where: _Optional[_Iterable[_Union[Condition, _Mapping]]] = ..., time: _Optional[_Union[TimeSpan, _Mapping]] = ...) -> None: ...

class Measure(_message.Message):
    __slots__ = ("column", "expression", "aggregation", "label", "unit")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    column: str
    expression: str
    aggregation: Aggregation
    label: str
    unit: str
    def __init__(self, column: _Optional[str] = ..., expression: _Optional[str] = ..., aggregation: _Optional[_Union[Aggregation, str]] = ..., label: _Optional[str] = ..., unit: _Optional[str] = ...) -> None: ...

class Dimension(_message.Message):
    __slots__ = ("column", "member", "other_members", "expression")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    OTHER_MEMBERS_FIELD_NUMBER: _ClassVar[int]
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    column: str
    member: str
    other_members: _containers.RepeatedScalarFieldContainer[str]
    expression: str
    def __init__(self, column: _Optional[str] = ..., member: _Optional[str] = ..., other_members: _Optional[_Iterable[str]] = ..., expression: _Optional[str] = ...) -> None: ...

class SecondColumn(_message.Message):
    __slots__ = ("column", "member")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    column: str
    member: str
    def __init__(self, column: _Optional[str] = ..., member: _Optional[str] = ...) -> None: ...

class Condition(_message.Message):
    __slots__ = ("column", "member")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    column: str
    member: str
    def __init__(self, column: _Optional[str] = ..., member: _Optional[str] = ...) -> None: ...

class TimeSpan(_message.Message):
    __slots__ = ("column", "grain", "to")
    COLUMN_FIELD_NUMBER: _ClassVar[int]
    GRAIN_FIELD_NUMBER: _ClassVar[int]
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    column: str
    grain: Grain
    to: str
    def __init__(self, column: _Optional[str] = ..., grain: _Optional[_Union[Grain, str]] = ..., to: _Optional[str] = ..., **kwargs) -> None: ...

class Magnitude(_message.Message):
    __slots__ = ("value", "unit", "relative")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    value: float
    unit: str
    relative: float
    def __init__(self, value: _Optional[float] = ..., unit: _Optional[str] = ..., relative: _Optional[float] = ...) -> None: ...

class Statistics(_message.Message):
    __slots__ = ("test", "statistic", "p_value", "q_value", "n", "effect", "interval")
    TEST_FIELD_NUMBER: _ClassVar[int]
    STATISTIC_FIELD_NUMBER: _ClassVar[int]
    P_VALUE_FIELD_NUMBER: _ClassVar[int]
    Q_VALUE_FIELD_NUMBER: _ClassVar[int]
    N_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_FIELD_NUMBER: _ClassVar[int]
    test: str
    statistic: float
    p_value: float
    q_value: float
    n: int
    effect: Effect
    interval: Interval
    def __init__(self, test: _Optional[str] = ..., statistic: _Optional[float] = ..., p_value: _Optional[float] = ..., q_value: _Optional[float] = ..., n: _Optional[int] = ..., effect: _Optional[_Union[Effect, _Mapping]] = ..., interval: _Optional[_Union[Interval, _Mapping]] = ...) -> None: ...

class Effect(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: float
    def __init__(self, name: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class Interval(_message.Message):
    __slots__ = ("low", "high", "level")
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    low: float
    high: float
    level: float
    def __init__(self, low: _Optional[float] = ..., high: _Optional[float] = ..., level: _Optional[float] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("id", "label", "value", "unit", "query", "parameters", "source", "computed_at", "display", "rows")
    ID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    COMPUTED_AT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    id: str
    label: str
    value: float
    unit: str
    query: str
    parameters: _containers.RepeatedCompositeFieldContainer[_struct_pb2.Value]
    source: EvidenceSource
    computed_at: _timestamp_pb2.Timestamp
    display: str
    rows: _containers.RepeatedCompositeFieldContainer[EvidenceRow]
    def __init__(self, id: _Optional[str] = ..., label: _Optional[str] = ..., value: _Optional[float] = ..., unit: _Optional[str] = ..., query: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[_struct_pb2.Value, _Mapping]]] = ..., source: _Optional[_Union[EvidenceSource, _Mapping]] = ..., computed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., display: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[EvidenceRow, _Mapping]]] = ...) -> None: ...

class EvidenceRow(_message.Message):
    __slots__ = ("x", "value", "low", "high")
    X_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    x: str
    value: float
    low: float
    high: float
    def __init__(self, x: _Optional[str] = ..., value: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class EvidenceSource(_message.Message):
    __slots__ = ("data_source_id", "snapshot_hash", "table", "rows")
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_HASH_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    data_source_id: str
    snapshot_hash: str
    table: str
    rows: int
    def __init__(self, data_source_id: _Optional[str] = ..., snapshot_hash: _Optional[str] = ..., table: _Optional[str] = ..., rows: _Optional[int] = ...) -> None: ...

class Chart(_message.Message):
    __slots__ = ("id", "type", "title", "alt", "x", "y", "series", "annotations", "insight_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ALT_FIELD_NUMBER: _ClassVar[int]
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATIONS_FIELD_NUMBER: _ClassVar[int]
    INSIGHT_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: ChartType
    title: str
    alt: str
    x: Axis
    y: Axis
    series: _containers.RepeatedCompositeFieldContainer[Series]
    annotations: _containers.RepeatedCompositeFieldContainer[Annotation]
    insight_id: str
    def __init__(self, id: _Optional[str] = ..., type: _Optional[_Union[ChartType, str]] = ..., title: _Optional[str] = ..., alt: _Optional[str] = ..., x: _Optional[_Union[Axis, _Mapping]] = ..., y: _Optional[_Union[Axis, _Mapping]] = ..., series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ..., annotations: _Optional[_Iterable[_Union[Annotation, _Mapping]]] = ..., insight_id: _Optional[str] = ...) -> None: ...

class Axis(_message.Message):
    __slots__ = ("label", "kind", "unit", "grain")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    GRAIN_FIELD_NUMBER: _ClassVar[int]
    label: str
    kind: AxisKind
    unit: str
    grain: Grain
    def __init__(self, label: _Optional[str] = ..., kind: _Optional[_Union[AxisKind, str]] = ..., unit: _Optional[str] = ..., grain: _Optional[_Union[Grain, str]] = ...) -> None: ...

class Series(_message.Message):
    __slots__ = ("name", "points", "emphasis", "role")
    NAME_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    EMPHASIS_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    name: str
    points: _containers.RepeatedCompositeFieldContainer[Point]
    emphasis: bool
    role: SeriesRole
    def __init__(self, name: _Optional[str] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ..., emphasis: _Optional[bool] = ..., role: _Optional[_Union[SeriesRole, str]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("x", "y", "evidence_id", "low", "high", "total", "evidence_row")
    X_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ROW_FIELD_NUMBER: _ClassVar[int]
    x: str
    y: float
    evidence_id: str
    low: float
    high: float
    total: bool
    evidence_row: int
    def __init__(self, x: _Optional[str] = ..., y: _Optional[float] = ..., evidence_id: _Optional[str] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., total: _Optional[bool] = ..., evidence_row: _Optional[int] = ...) -> None: ...

class Annotation(_message.Message):
    __slots__ = ("x", "text")
    X_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    x: str
    text: str
    def __init__(self, x: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class QualityFinding(_message.Message):
    __slots__ = ("code", "severity", "table", "columns", "rows_affected", "description", "evidence_ids", "condition", "left_out")
    CODE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_AFFECTED_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_IDS_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    LEFT_OUT_FIELD_NUMBER: _ClassVar[int]
    code: QualityCode
    severity: Severity
    table: str
    columns: _containers.RepeatedScalarFieldContainer[str]
    rows_affected: int
    description: str
    evidence_ids: _containers.RepeatedScalarFieldContainer[str]
    condition: str
    left_out: bool
    def __init__(self, code: _Optional[_Union[QualityCode, str]] = ..., severity: _Optional[_Union[Severity, str]] = ..., table: _Optional[str] = ..., columns: _Optional[_Iterable[str]] = ..., rows_affected: _Optional[int] = ..., description: _Optional[str] = ..., evidence_ids: _Optional[_Iterable[str]] = ..., condition: _Optional[str] = ..., left_out: _Optional[bool] = ...) -> None: ...
