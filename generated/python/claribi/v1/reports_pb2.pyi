import datetime

from claribi.v1 import insights_pb2 as _insights_pb2
from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import rules_pb2 as _rules_pb2
from claribi.v1 import sharing_pb2 as _sharing_pb2
from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_STATUS_UNSPECIFIED: _ClassVar[ReportStatus]
    REPORT_STATUS_PENDING: _ClassVar[ReportStatus]
    REPORT_STATUS_GENERATING: _ClassVar[ReportStatus]
    REPORT_STATUS_COMPLETED: _ClassVar[ReportStatus]
    REPORT_STATUS_FAILED: _ClassVar[ReportStatus]
    REPORT_STATUS_CANCELLED: _ClassVar[ReportStatus]

class ReportType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_TYPE_UNSPECIFIED: _ClassVar[ReportType]
    REPORT_TYPE_SUMMARY: _ClassVar[ReportType]
    REPORT_TYPE_STANDARD: _ClassVar[ReportType]
    REPORT_TYPE_COMPREHENSIVE: _ClassVar[ReportType]

class OutputFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OUTPUT_FORMAT_UNSPECIFIED: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_PDF: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_HTML: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_XLSX: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_CSV: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_JSON: _ClassVar[OutputFormat]
    OUTPUT_FORMAT_PPTX: _ClassVar[OutputFormat]

class SectionKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SECTION_KIND_UNSPECIFIED: _ClassVar[SectionKind]
    SECTION_KIND_EXECUTIVE_SUMMARY: _ClassVar[SectionKind]
    SECTION_KIND_KEY_METRICS: _ClassVar[SectionKind]
    SECTION_KIND_FINDINGS: _ClassVar[SectionKind]
    SECTION_KIND_CHARTS: _ClassVar[SectionKind]
    SECTION_KIND_RECOMMENDATIONS: _ClassVar[SectionKind]
    SECTION_KIND_METHODOLOGY: _ClassVar[SectionKind]
    SECTION_KIND_DATA_QUALITY: _ClassVar[SectionKind]
    SECTION_KIND_APPENDIX: _ClassVar[SectionKind]

class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERDICT_UNSPECIFIED: _ClassVar[Verdict]
    VERDICT_MATCH: _ClassVar[Verdict]
    VERDICT_DATA_CHANGED: _ClassVar[Verdict]
    VERDICT_FAILED: _ClassVar[Verdict]

class ComparedVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMPARED_VERDICT_UNSPECIFIED: _ClassVar[ComparedVerdict]
    COMPARED_VERDICT_SAME: _ClassVar[ComparedVerdict]
    COMPARED_VERDICT_MOVED: _ClassVar[ComparedVerdict]
    COMPARED_VERDICT_ONLY_BEFORE: _ClassVar[ComparedVerdict]
    COMPARED_VERDICT_ONLY_AFTER: _ClassVar[ComparedVerdict]

class SplitKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SPLIT_KIND_UNSPECIFIED: _ClassVar[SplitKind]
    SPLIT_KIND_MEMBERS: _ClassVar[SplitKind]
    SPLIT_KIND_TIME: _ClassVar[SplitKind]
REPORT_STATUS_UNSPECIFIED: ReportStatus
REPORT_STATUS_PENDING: ReportStatus
REPORT_STATUS_GENERATING: ReportStatus
REPORT_STATUS_COMPLETED: ReportStatus
REPORT_STATUS_FAILED: ReportStatus
REPORT_STATUS_CANCELLED: ReportStatus
REPORT_TYPE_UNSPECIFIED: ReportType
REPORT_TYPE_SUMMARY: ReportType
REPORT_TYPE_STANDARD: ReportType
REPORT_TYPE_COMPREHENSIVE: ReportType
OUTPUT_FORMAT_UNSPECIFIED: OutputFormat
OUTPUT_FORMAT_PDF: OutputFormat
OUTPUT_FORMAT_HTML: OutputFormat
OUTPUT_FORMAT_XLSX: OutputFormat
OUTPUT_FORMAT_CSV: OutputFormat
OUTPUT_FORMAT_JSON: OutputFormat
OUTPUT_FORMAT_PPTX: OutputFormat
SECTION_KIND_UNSPECIFIED: SectionKind
SECTION_KIND_EXECUTIVE_SUMMARY: SectionKind
SECTION_KIND_KEY_METRICS: SectionKind
SECTION_KIND_FINDINGS: SectionKind
SECTION_KIND_CHARTS: SectionKind
SECTION_KIND_RECOMMENDATIONS: SectionKind
SECTION_KIND_METHODOLOGY: SectionKind
SECTION_KIND_DATA_QUALITY: SectionKind
SECTION_KIND_APPENDIX: SectionKind
VERDICT_UNSPECIFIED: Verdict
VERDICT_MATCH: Verdict
VERDICT_DATA_CHANGED: Verdict
VERDICT_FAILED: Verdict
COMPARED_VERDICT_UNSPECIFIED: ComparedVerdict
COMPARED_VERDICT_SAME: ComparedVerdict
COMPARED_VERDICT_MOVED: ComparedVerdict
COMPARED_VERDICT_ONLY_BEFORE: ComparedVerdict
COMPARED_VERDICT_ONLY_AFTER: ComparedVerdict
SPLIT_KIND_UNSPECIFIED: SplitKind
SPLIT_KIND_MEMBERS: SplitKind
SPLIT_KIND_TIME: SplitKind

class Report(_message.Message):
    __slots__ = ("id", "name", "status", "report_type", "output_format", "question", "data_sources", "period", "sections", "insights", "evidence", "charts", "data_quality", "statistics", "summary", "credits_used", "engine", "seed", "content_hash", "download_url", "file", "public_link", "error", "created_by", "created_at", "started_at", "completed_at", "updated_at", "progress", "plan")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REPORT_TYPE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCES_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    SECTIONS_FIELD_NUMBER: _ClassVar[int]
    INSIGHTS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    CHARTS_FIELD_NUMBER: _ClassVar[int]
    DATA_QUALITY_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CREDITS_USED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    DOWNLOAD_URL_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_LINK_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    status: ReportStatus
    report_type: ReportType
    output_format: OutputFormat
    question: str
    data_sources: _containers.RepeatedCompositeFieldContainer[ReportSource]
    period: Period
    sections: _containers.RepeatedCompositeFieldContainer[Section]
    insights: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Insight]
    evidence: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Evidence]
    charts: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Chart]
    data_quality: _containers.RepeatedCompositeFieldContainer[_insights_pb2.QualityFinding]
    statistics: ReportStatistics
    summary: str
    credits_used: int
    engine: str
    seed: int
    content_hash: str
    download_url: str
    file: ReportFile
    public_link: _sharing_pb2.PublicLink
    error: ReportError
    created_by: UserReference
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    progress: ReportProgress
    plan: ReportPlan
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., status: _Optional[_Union[ReportStatus, str]] = ..., report_type: _Optional[_Union[ReportType, str]] = ..., output_format: _Optional[_Union[OutputFormat, str]] = ..., question: _Optional[str] = ..., data_sources: _Optional[_Iterable[_Union[ReportSource, _Mapping]]] = ..., period: _Optional[_Union[Period, _Mapping]] = ..., sections: _Optional[_Iterable[_Union[Section, _Mapping]]] = ..., insights: _Optional[_Iterable[_Union[_insights_pb2.Insight, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[_insights_pb2.Evidence, _Mapping]]] = ..., charts: _Optional[_Iterable[_Union[_insights_pb2.Chart, _Mapping]]] = ..., data_quality: _Optional[_Iterable[_Union[_insights_pb2.QualityFinding, _Mapping]]] = ..., statistics: _Optional[_Union[ReportStatistics, _Mapping]] = ..., summary: _Optional[str] = ..., credits_used: _Optional[int] = ..., engine: _Optional[str] = ..., seed: _Optional[int] = ..., content_hash: _Optional[str] = ..., download_url: _Optional[str] = ..., file: _Optional[_Union[ReportFile, _Mapping]] = ..., public_link: _Optional[_Union[_sharing_pb2.PublicLink, _Mapping]] = ..., error: _Optional[_Union[ReportError, _Mapping]] = ..., created_by: _Optional[_Union[UserReference, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., progress: _Optional[_Union[ReportProgress, _Mapping]] = ..., plan: _Optional[_Union[ReportPlan, _Mapping]] = ...) -> None: ...

class ReportSource(_message.Message):
    __slots__ = ("id", "name", "snapshot_hash", "snapshot_taken_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_HASH_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_TAKEN_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    snapshot_hash: str
    snapshot_taken_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., snapshot_hash: _Optional[str] = ..., snapshot_taken_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Period(_message.Message):
    __slots__ = ("to",)
    FROM_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    to: str
    def __init__(self, to: _Optional[str] = ..., **kwargs) -> None: ...

class Section(_message.Message):
    __slots__ = ("kind", "title", "paragraphs", "bullets", "metrics", "insight_ids", "chart_ids", "table", "evidence_ids")
    KIND_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    PARAGRAPHS_FIELD_NUMBER: _ClassVar[int]
    BULLETS_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    INSIGHT_IDS_FIELD_NUMBER: _ClassVar[int]
    CHART_IDS_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_IDS_FIELD_NUMBER: _ClassVar[int]
    kind: SectionKind
    title: str
    paragraphs: _containers.RepeatedScalarFieldContainer[str]
    bullets: _containers.RepeatedScalarFieldContainer[str]
    metrics: _containers.RepeatedCompositeFieldContainer[KeyMetric]
    insight_ids: _containers.RepeatedScalarFieldContainer[str]
    chart_ids: _containers.RepeatedScalarFieldContainer[str]
    table: SectionTable
    evidence_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[_Union[SectionKind, str]] = ..., title: _Optional[str] = ..., paragraphs: _Optional[_Iterable[str]] = ..., bullets: _Optional[_Iterable[str]] = ..., metrics: _Optional[_Iterable[_Union[KeyMetric, _Mapping]]] = ..., insight_ids: _Optional[_Iterable[str]] = ..., chart_ids: _Optional[_Iterable[str]] = ..., table: _Optional[_Union[SectionTable, _Mapping]] = ..., evidence_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class KeyMetric(_message.Message):
    __slots__ = ("label", "value", "unit", "display", "change_display", "direction", "evidence_ids", "year_display")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    CHANGE_DISPLAY_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_IDS_FIELD_NUMBER: _ClassVar[int]
    YEAR_DISPLAY_FIELD_NUMBER: _ClassVar[int]
    label: str
    value: float
    unit: str
    display: str
    change_display: str
    direction: _insights_pb2.Direction
    evidence_ids: _containers.RepeatedScalarFieldContainer[str]
    year_display: str
    def __init__(self, label: _Optional[str] = ..., value: _Optional[float] = ..., unit: _Optional[str] = ..., display: _Optional[str] = ..., change_display: _Optional[str] = ..., direction: _Optional[_Union[_insights_pb2.Direction, str]] = ..., evidence_ids: _Optional[_Iterable[str]] = ..., year_display: _Optional[str] = ...) -> None: ...

class SectionTable(_message.Message):
    __slots__ = ("columns", "rows")
    COLUMNS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    columns: _containers.RepeatedScalarFieldContainer[str]
    rows: _containers.RepeatedCompositeFieldContainer[TableRow]
    def __init__(self, columns: _Optional[_Iterable[str]] = ..., rows: _Optional[_Iterable[_Union[TableRow, _Mapping]]] = ...) -> None: ...

class TableRow(_message.Message):
    __slots__ = ("cells",)
    CELLS_FIELD_NUMBER: _ClassVar[int]
    cells: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, cells: _Optional[_Iterable[str]] = ...) -> None: ...

class ReportStatistics(_message.Message):
    __slots__ = ("hypotheses_tested", "discoveries", "false_discovery_rate")
    HYPOTHESES_TESTED_FIELD_NUMBER: _ClassVar[int]
    DISCOVERIES_FIELD_NUMBER: _ClassVar[int]
    FALSE_DISCOVERY_RATE_FIELD_NUMBER: _ClassVar[int]
    hypotheses_tested: int
    discoveries: int
    false_discovery_rate: float
    def __init__(self, hypotheses_tested: _Optional[int] = ..., discoveries: _Optional[int] = ..., false_discovery_rate: _Optional[float] = ...) -> None: ...

class ReportFile(_message.Message):
    __slots__ = ("content_type", "size", "sha256")
    CONTENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    content_type: str
    size: float
    sha256: str
    def __init__(self, content_type: _Optional[str] = ..., size: _Optional[float] = ..., sha256: _Optional[str] = ...) -> None: ...

class ReportError(_message.Message):
    __slots__ = ("code", "message")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class UserReference(_message.Message):
    __slots__ = ("id", "email")
    ID_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    id: str
    email: str
    def __init__(self, id: _Optional[str] = ..., email: _Optional[str] = ...) -> None: ...

class ReportProgress(_message.Message):
    __slots__ = ("phase", "fraction")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    FRACTION_FIELD_NUMBER: _ClassVar[int]
    phase: str
    fraction: float
    def __init__(self, phase: _Optional[str] = ..., fraction: _Optional[float] = ...) -> None: ...

class ReportPlan(_message.Message):
    __slots__ = ("credits", "rows", "steps", "tables")
    CREDITS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    credits: int
    rows: int
    steps: _containers.RepeatedScalarFieldContainer[str]
    tables: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, credits: _Optional[int] = ..., rows: _Optional[int] = ..., steps: _Optional[_Iterable[str]] = ..., tables: _Optional[_Iterable[str]] = ...) -> None: ...

class ListReportsRequest(_message.Message):
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
    status: ReportStatus
    name: str
    created_after: str
    created_before: str
    def __init__(self, page: _Optional[int] = ..., page_size: _Optional[int] = ..., ordering: _Optional[str] = ..., status: _Optional[_Union[ReportStatus, str]] = ..., name: _Optional[str] = ..., created_after: _Optional[str] = ..., created_before: _Optional[str] = ...) -> None: ...

class ReportSummary(_message.Message):
    __slots__ = ("id", "name", "status", "report_type", "output_format", "question", "data_sources", "period", "statistics", "summary", "credits_used", "engine", "seed", "content_hash", "download_url", "file", "public_link", "error", "created_by", "created_at", "started_at", "completed_at", "updated_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    REPORT_TYPE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCES_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    STATISTICS_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    CREDITS_USED_FIELD_NUMBER: _ClassVar[int]
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    DOWNLOAD_URL_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_LINK_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    CREATED_BY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    status: ReportStatus
    report_type: ReportType
    output_format: OutputFormat
    question: str
    data_sources: _containers.RepeatedCompositeFieldContainer[ReportSource]
    period: Period
    statistics: ReportStatistics
    summary: str
    credits_used: int
    engine: str
    seed: int
    content_hash: str
    download_url: str
    file: ReportFile
    public_link: _sharing_pb2.PublicLink
    error: ReportError
    created_by: UserReference
    created_at: _timestamp_pb2.Timestamp
    started_at: _timestamp_pb2.Timestamp
    completed_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., status: _Optional[_Union[ReportStatus, str]] = ..., report_type: _Optional[_Union[ReportType, str]] = ..., output_format: _Optional[_Union[OutputFormat, str]] = ..., question: _Optional[str] = ..., data_sources: _Optional[_Iterable[_Union[ReportSource, _Mapping]]] = ..., period: _Optional[_Union[Period, _Mapping]] = ..., statistics: _Optional[_Union[ReportStatistics, _Mapping]] = ..., summary: _Optional[str] = ..., credits_used: _Optional[int] = ..., engine: _Optional[str] = ..., seed: _Optional[int] = ..., content_hash: _Optional[str] = ..., download_url: _Optional[str] = ..., file: _Optional[_Union[ReportFile, _Mapping]] = ..., public_link: _Optional[_Union[_sharing_pb2.PublicLink, _Mapping]] = ..., error: _Optional[_Union[ReportError, _Mapping]] = ..., created_by: _Optional[_Union[UserReference, _Mapping]] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., started_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListReportsResponse(_message.Message):
    __slots__ = ("count", "next", "previous", "results")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    count: int
    next: str
    previous: str
    results: _containers.RepeatedCompositeFieldContainer[ReportSummary]
    def __init__(self, count: _Optional[int] = ..., next: _Optional[str] = ..., previous: _Optional[str] = ..., results: _Optional[_Iterable[_Union[ReportSummary, _Mapping]]] = ...) -> None: ...

class GetReportRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GenerateReportRequest(_message.Message):
    __slots__ = ("name", "data_source_ids", "question", "report_type", "output_format", "sections", "period", "dry_run", "seed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_IDS_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    REPORT_TYPE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FORMAT_FIELD_NUMBER: _ClassVar[int]
    SECTIONS_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    name: str
    data_source_ids: _containers.RepeatedScalarFieldContainer[str]
    question: str
    report_type: ReportType
    output_format: OutputFormat
    sections: _containers.RepeatedScalarFieldContainer[SectionKind]
    period: Period
    dry_run: bool
    seed: int
    def __init__(self, name: _Optional[str] = ..., data_source_ids: _Optional[_Iterable[str]] = ..., question: _Optional[str] = ..., report_type: _Optional[_Union[ReportType, str]] = ..., output_format: _Optional[_Union[OutputFormat, str]] = ..., sections: _Optional[_Iterable[_Union[SectionKind, str]]] = ..., period: _Optional[_Union[Period, _Mapping]] = ..., dry_run: _Optional[bool] = ..., seed: _Optional[int] = ...) -> None: ...

class GenerateReportEvent(_message.Message):
    __slots__ = ("progress", "report")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    progress: ReportProgress
    report: Report
    def __init__(self, progress: _Optional[_Union[ReportProgress, _Mapping]] = ..., report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class CancelReportRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DownloadReportRequest(_message.Message):
    __slots__ = ("id", "format")
    ID_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    id: str
    format: OutputFormat
    def __init__(self, id: _Optional[str] = ..., format: _Optional[_Union[OutputFormat, str]] = ...) -> None: ...

class DeleteReportRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetEvidenceRequest(_message.Message):
    __slots__ = ("id", "evidence_id")
    ID_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    evidence_id: str
    def __init__(self, id: _Optional[str] = ..., evidence_id: _Optional[str] = ...) -> None: ...

class VerifyReportRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class VerifiedEvidence(_message.Message):
    __slots__ = ("evidence", "verdict", "value_now", "message", "rows")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    VALUE_NOW_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    evidence: _insights_pb2.Evidence
    verdict: Verdict
    value_now: float
    message: str
    rows: _containers.RepeatedCompositeFieldContainer[VerifiedRow]
    def __init__(self, evidence: _Optional[_Union[_insights_pb2.Evidence, _Mapping]] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., value_now: _Optional[float] = ..., message: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[VerifiedRow, _Mapping]]] = ...) -> None: ...

class Verification(_message.Message):
    __slots__ = ("report_id", "total", "matched", "data_changed", "failed", "numbers", "verified_at")
    REPORT_ID_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    MATCHED_FIELD_NUMBER: _ClassVar[int]
    DATA_CHANGED_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_AT_FIELD_NUMBER: _ClassVar[int]
    report_id: str
    total: int
    matched: int
    data_changed: int
    failed: int
    numbers: _containers.RepeatedCompositeFieldContainer[VerifiedNumber]
    verified_at: _timestamp_pb2.Timestamp
    def __init__(self, report_id: _Optional[str] = ..., total: _Optional[int] = ..., matched: _Optional[int] = ..., data_changed: _Optional[int] = ..., failed: _Optional[int] = ..., numbers: _Optional[_Iterable[_Union[VerifiedNumber, _Mapping]]] = ..., verified_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class VerifiedRow(_message.Message):
    __slots__ = ("x", "value", "value_now", "low", "low_now", "high", "high_now")
    X_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_NOW_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    LOW_NOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    HIGH_NOW_FIELD_NUMBER: _ClassVar[int]
    x: str
    value: float
    value_now: float
    low: float
    low_now: float
    high: float
    high_now: float
    def __init__(self, x: _Optional[str] = ..., value: _Optional[float] = ..., value_now: _Optional[float] = ..., low: _Optional[float] = ..., low_now: _Optional[float] = ..., high: _Optional[float] = ..., high_now: _Optional[float] = ...) -> None: ...

class VerifiedNumber(_message.Message):
    __slots__ = ("evidence_id", "verdict", "value", "value_now", "message", "rows")
    EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    VALUE_NOW_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    evidence_id: str
    verdict: Verdict
    value: float
    value_now: float
    message: str
    rows: _containers.RepeatedCompositeFieldContainer[VerifiedRow]
    def __init__(self, evidence_id: _Optional[str] = ..., verdict: _Optional[_Union[Verdict, str]] = ..., value: _Optional[float] = ..., value_now: _Optional[float] = ..., message: _Optional[str] = ..., rows: _Optional[_Iterable[_Union[VerifiedRow, _Mapping]]] = ...) -> None: ...

class CompareReportsRequest(_message.Message):
    __slots__ = ("id", "other")
    ID_FIELD_NUMBER: _ClassVar[int]
    OTHER_FIELD_NUMBER: _ClassVar[int]
    id: str
    other: str
    def __init__(self, id: _Optional[str] = ..., other: _Optional[str] = ...) -> None: ...

class ReportComparison(_message.Message):
    __slots__ = ("before", "after", "summary", "notes", "same", "moved", "only_before", "only_after", "numbers", "findings", "splits", "evidence", "compared_at")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    SAME_FIELD_NUMBER: _ClassVar[int]
    MOVED_FIELD_NUMBER: _ClassVar[int]
    ONLY_BEFORE_FIELD_NUMBER: _ClassVar[int]
    ONLY_AFTER_FIELD_NUMBER: _ClassVar[int]
    NUMBERS_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    SPLITS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    COMPARED_AT_FIELD_NUMBER: _ClassVar[int]
    before: ComparedRun
    after: ComparedRun
    summary: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    same: int
    moved: int
    only_before: int
    only_after: int
    numbers: _containers.RepeatedCompositeFieldContainer[ComparedNumber]
    findings: _containers.RepeatedCompositeFieldContainer[ComparedFinding]
    splits: _containers.RepeatedCompositeFieldContainer[DifferenceSplit]
    evidence: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Evidence]
    compared_at: _timestamp_pb2.Timestamp
    def __init__(self, before: _Optional[_Union[ComparedRun, _Mapping]] = ..., after: _Optional[_Union[ComparedRun, _Mapping]] = ..., summary: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ..., same: _Optional[int] = ..., moved: _Optional[int] = ..., only_before: _Optional[int] = ..., only_after: _Optional[int] = ..., numbers: _Optional[_Iterable[_Union[ComparedNumber, _Mapping]]] = ..., findings: _Optional[_Iterable[_Union[ComparedFinding, _Mapping]]] = ..., splits: _Optional[_Iterable[_Union[DifferenceSplit, _Mapping]]] = ..., evidence: _Optional[_Iterable[_Union[_insights_pb2.Evidence, _Mapping]]] = ..., compared_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ComparedRun(_message.Message):
    __slots__ = ("id", "name", "question", "period", "content_hash", "data_sources", "completed_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    PERIOD_FIELD_NUMBER: _ClassVar[int]
    CONTENT_HASH_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCES_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    question: str
    period: Period
    content_hash: str
    data_sources: _containers.RepeatedCompositeFieldContainer[ComparedSource]
    completed_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., question: _Optional[str] = ..., period: _Optional[_Union[Period, _Mapping]] = ..., content_hash: _Optional[str] = ..., data_sources: _Optional[_Iterable[_Union[ComparedSource, _Mapping]]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ComparedSource(_message.Message):
    __slots__ = ("id", "name", "snapshot_hash", "available")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_HASH_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    snapshot_hash: str
    available: bool
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., snapshot_hash: _Optional[str] = ..., available: _Optional[bool] = ...) -> None: ...

class ComparedNumber(_message.Message):
    __slots__ = ("label", "unit", "verdict", "before_evidence_id", "after_evidence_id", "value_before", "value_after", "difference", "relative", "reason", "before_query_after_data", "after_query_before_data", "label_before")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    VALUE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    VALUE_AFTER_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BEFORE_QUERY_AFTER_DATA_FIELD_NUMBER: _ClassVar[int]
    AFTER_QUERY_BEFORE_DATA_FIELD_NUMBER: _ClassVar[int]
    LABEL_BEFORE_FIELD_NUMBER: _ClassVar[int]
    label: str
    unit: str
    verdict: ComparedVerdict
    before_evidence_id: str
    after_evidence_id: str
    value_before: float
    value_after: float
    difference: float
    relative: float
    reason: DifferenceReason
    before_query_after_data: float
    after_query_before_data: float
    label_before: str
    def __init__(self, label: _Optional[str] = ..., unit: _Optional[str] = ..., verdict: _Optional[_Union[ComparedVerdict, str]] = ..., before_evidence_id: _Optional[str] = ..., after_evidence_id: _Optional[str] = ..., value_before: _Optional[float] = ..., value_after: _Optional[float] = ..., difference: _Optional[float] = ..., relative: _Optional[float] = ..., reason: _Optional[_Union[DifferenceReason, _Mapping]] = ..., before_query_after_data: _Optional[float] = ..., after_query_before_data: _Optional[float] = ..., label_before: _Optional[str] = ...) -> None: ...

class DifferenceReason(_message.Message):
    __slots__ = ("data", "question", "together")
    DATA_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    TOGETHER_FIELD_NUMBER: _ClassVar[int]
    data: float
    question: float
    together: float
    def __init__(self, data: _Optional[float] = ..., question: _Optional[float] = ..., together: _Optional[float] = ...) -> None: ...

class DifferenceSplit(_message.Message):
    __slots__ = ("kind", "data_source_id", "table", "measure", "dimension", "value_before", "value_after", "difference", "relative", "reason", "parts", "offsetting", "rate", "mix", "narrative", "evidence_ids")
    KIND_FIELD_NUMBER: _ClassVar[int]
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    DIMENSION_FIELD_NUMBER: _ClassVar[int]
    VALUE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    VALUE_AFTER_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    RELATIVE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    OFFSETTING_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    NARRATIVE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_IDS_FIELD_NUMBER: _ClassVar[int]
    kind: SplitKind
    data_source_id: str
    table: str
    measure: _insights_pb2.Measure
    dimension: str
    value_before: float
    value_after: float
    difference: float
    relative: float
    reason: DifferenceReason
    parts: _containers.RepeatedCompositeFieldContainer[SplitPart]
    offsetting: _containers.RepeatedScalarFieldContainer[str]
    rate: float
    mix: float
    narrative: str
    evidence_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, kind: _Optional[_Union[SplitKind, str]] = ..., data_source_id: _Optional[str] = ..., table: _Optional[str] = ..., measure: _Optional[_Union[_insights_pb2.Measure, _Mapping]] = ..., dimension: _Optional[str] = ..., value_before: _Optional[float] = ..., value_after: _Optional[float] = ..., difference: _Optional[float] = ..., relative: _Optional[float] = ..., reason: _Optional[_Union[DifferenceReason, _Mapping]] = ..., parts: _Optional[_Iterable[_Union[SplitPart, _Mapping]]] = ..., offsetting: _Optional[_Iterable[str]] = ..., rate: _Optional[float] = ..., mix: _Optional[float] = ..., narrative: _Optional[str] = ..., evidence_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SplitPart(_message.Message):
    __slots__ = ("member", "value_before", "value_after", "contribution", "rate", "mix", "before_evidence_id", "after_evidence_id", "others")
    MEMBER_FIELD_NUMBER: _ClassVar[int]
    VALUE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    VALUE_AFTER_FIELD_NUMBER: _ClassVar[int]
    CONTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    MIX_FIELD_NUMBER: _ClassVar[int]
    BEFORE_EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    OTHERS_FIELD_NUMBER: _ClassVar[int]
    member: str
    value_before: float
    value_after: float
    contribution: float
    rate: float
    mix: float
    before_evidence_id: str
    after_evidence_id: str
    others: bool
    def __init__(self, member: _Optional[str] = ..., value_before: _Optional[float] = ..., value_after: _Optional[float] = ..., contribution: _Optional[float] = ..., rate: _Optional[float] = ..., mix: _Optional[float] = ..., before_evidence_id: _Optional[str] = ..., after_evidence_id: _Optional[str] = ..., others: _Optional[bool] = ...) -> None: ...

class ComparedFinding(_message.Message):
    __slots__ = ("verdict", "type", "title", "before_insight_id", "after_insight_id", "rank_before", "rank_after", "magnitude_before", "magnitude_after", "direction_before", "direction_after")
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    BEFORE_INSIGHT_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_INSIGHT_ID_FIELD_NUMBER: _ClassVar[int]
    RANK_BEFORE_FIELD_NUMBER: _ClassVar[int]
    RANK_AFTER_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    MAGNITUDE_AFTER_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_BEFORE_FIELD_NUMBER: _ClassVar[int]
    DIRECTION_AFTER_FIELD_NUMBER: _ClassVar[int]
    verdict: ComparedVerdict
    type: _insights_pb2.InsightType
    title: str
    before_insight_id: str
    after_insight_id: str
    rank_before: int
    rank_after: int
    magnitude_before: _insights_pb2.Magnitude
    magnitude_after: _insights_pb2.Magnitude
    direction_before: _insights_pb2.Direction
    direction_after: _insights_pb2.Direction
    def __init__(self, verdict: _Optional[_Union[ComparedVerdict, str]] = ..., type: _Optional[_Union[_insights_pb2.InsightType, str]] = ..., title: _Optional[str] = ..., before_insight_id: _Optional[str] = ..., after_insight_id: _Optional[str] = ..., rank_before: _Optional[int] = ..., rank_after: _Optional[int] = ..., magnitude_before: _Optional[_Union[_insights_pb2.Magnitude, _Mapping]] = ..., magnitude_after: _Optional[_Union[_insights_pb2.Magnitude, _Mapping]] = ..., direction_before: _Optional[_Union[_insights_pb2.Direction, str]] = ..., direction_after: _Optional[_Union[_insights_pb2.Direction, str]] = ...) -> None: ...
