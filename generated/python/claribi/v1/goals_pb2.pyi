import datetime

from claribi.v1 import insights_pb2 as _insights_pb2
from claribi.v1 import policy_pb2 as _policy_pb2
from claribi.v1 import reports_pb2 as _reports_pb2
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

class HierarchyType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HIERARCHY_TYPE_UNSPECIFIED: _ClassVar[HierarchyType]
    HIERARCHY_TYPE_EPIC: _ClassVar[HierarchyType]
    HIERARCHY_TYPE_TOPIC: _ClassVar[HierarchyType]
    HIERARCHY_TYPE_TASK: _ClassVar[HierarchyType]

class GoalStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GOAL_STATUS_UNSPECIFIED: _ClassVar[GoalStatus]
    GOAL_STATUS_NOT_STARTED: _ClassVar[GoalStatus]
    GOAL_STATUS_ON_TRACK: _ClassVar[GoalStatus]
    GOAL_STATUS_AT_RISK: _ClassVar[GoalStatus]
    GOAL_STATUS_OFF_TRACK: _ClassVar[GoalStatus]
    GOAL_STATUS_ACHIEVED: _ClassVar[GoalStatus]
    GOAL_STATUS_MISSED: _ClassVar[GoalStatus]
    GOAL_STATUS_CANCELLED: _ClassVar[GoalStatus]

class GoalType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    GOAL_TYPE_UNSPECIFIED: _ClassVar[GoalType]
    GOAL_TYPE_INCREASE: _ClassVar[GoalType]
    GOAL_TYPE_DECREASE: _ClassVar[GoalType]
    GOAL_TYPE_MAINTAIN: _ClassVar[GoalType]
    GOAL_TYPE_ACHIEVE: _ClassVar[GoalType]
    GOAL_TYPE_COMPLETE_TASKS: _ClassVar[GoalType]

class Priority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PRIORITY_UNSPECIFIED: _ClassVar[Priority]
    PRIORITY_LOW: _ClassVar[Priority]
    PRIORITY_MEDIUM: _ClassVar[Priority]
    PRIORITY_HIGH: _ClassVar[Priority]
    PRIORITY_CRITICAL: _ClassVar[Priority]

class MilestoneStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MILESTONE_STATUS_UNSPECIFIED: _ClassVar[MilestoneStatus]
    MILESTONE_STATUS_PENDING: _ClassVar[MilestoneStatus]
    MILESTONE_STATUS_COMPLETED: _ClassVar[MilestoneStatus]
    MILESTONE_STATUS_MISSED: _ClassVar[MilestoneStatus]

class Pace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PACE_UNSPECIFIED: _ClassVar[Pace]
    PACE_AHEAD: _ClassVar[Pace]
    PACE_ON: _ClassVar[Pace]
    PACE_BEHIND: _ClassVar[Pace]
HIERARCHY_TYPE_UNSPECIFIED: HierarchyType
HIERARCHY_TYPE_EPIC: HierarchyType
HIERARCHY_TYPE_TOPIC: HierarchyType
HIERARCHY_TYPE_TASK: HierarchyType
GOAL_STATUS_UNSPECIFIED: GoalStatus
GOAL_STATUS_NOT_STARTED: GoalStatus
GOAL_STATUS_ON_TRACK: GoalStatus
GOAL_STATUS_AT_RISK: GoalStatus
GOAL_STATUS_OFF_TRACK: GoalStatus
GOAL_STATUS_ACHIEVED: GoalStatus
GOAL_STATUS_MISSED: GoalStatus
GOAL_STATUS_CANCELLED: GoalStatus
GOAL_TYPE_UNSPECIFIED: GoalType
GOAL_TYPE_INCREASE: GoalType
GOAL_TYPE_DECREASE: GoalType
GOAL_TYPE_MAINTAIN: GoalType
GOAL_TYPE_ACHIEVE: GoalType
GOAL_TYPE_COMPLETE_TASKS: GoalType
PRIORITY_UNSPECIFIED: Priority
PRIORITY_LOW: Priority
PRIORITY_MEDIUM: Priority
PRIORITY_HIGH: Priority
PRIORITY_CRITICAL: Priority
MILESTONE_STATUS_UNSPECIFIED: MilestoneStatus
MILESTONE_STATUS_PENDING: MilestoneStatus
MILESTONE_STATUS_COMPLETED: MilestoneStatus
MILESTONE_STATUS_MISSED: MilestoneStatus
PACE_UNSPECIFIED: Pace
PACE_AHEAD: Pace
PACE_ON: Pace
PACE_BEHIND: Pace

class Goal(_message.Message):
    __slots__ = ("id", "name", "description", "hierarchy_type", "status", "goal_type", "unit", "baseline_value", "current_value", "target_value", "start_date", "target_date", "priority", "parent_id", "owner", "binding", "progress_percent", "milestones", "ai_insights", "weight", "created_at", "updated_at", "evidence")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HIERARCHY_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    GOAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BASELINE_VALUE_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    TARGET_DATE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_FIELD_NUMBER: _ClassVar[int]
    AI_INSIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    description: str
    hierarchy_type: HierarchyType
    status: GoalStatus
    goal_type: GoalType
    unit: str
    baseline_value: float
    current_value: float
    target_value: float
    start_date: str
    target_date: str
    priority: Priority
    parent_id: str
    owner: _reports_pb2.UserReference
    binding: GoalBinding
    progress_percent: float
    milestones: _containers.RepeatedCompositeFieldContainer[Milestone]
    ai_insights: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Insight]
    weight: float
    created_at: _timestamp_pb2.Timestamp
    updated_at: _timestamp_pb2.Timestamp
    evidence: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Evidence]
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., hierarchy_type: _Optional[_Union[HierarchyType, str]] = ..., status: _Optional[_Union[GoalStatus, str]] = ..., goal_type: _Optional[_Union[GoalType, str]] = ..., unit: _Optional[str] = ..., baseline_value: _Optional[float] = ..., current_value: _Optional[float] = ..., target_value: _Optional[float] = ..., start_date: _Optional[str] = ..., target_date: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., parent_id: _Optional[str] = ..., owner: _Optional[_Union[_reports_pb2.UserReference, _Mapping]] = ..., binding: _Optional[_Union[GoalBinding, _Mapping]] = ..., progress_percent: _Optional[float] = ..., milestones: _Optional[_Iterable[_Union[Milestone, _Mapping]]] = ..., ai_insights: _Optional[_Iterable[_Union[_insights_pb2.Insight, _Mapping]]] = ..., weight: _Optional[float] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., updated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., evidence: _Optional[_Iterable[_Union[_insights_pb2.Evidence, _Mapping]]] = ...) -> None: ...

class GoalBinding(_message.Message):
    __slots__ = ("data_source_id", "table", "measure", "aggregation", "time_column")
    DATA_SOURCE_ID_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    AGGREGATION_FIELD_NUMBER: _ClassVar[int]
    TIME_COLUMN_FIELD_NUMBER: _ClassVar[int]
    data_source_id: str
    table: str
    measure: str
    aggregation: _insights_pb2.Aggregation
    time_column: str
    def __init__(self, data_source_id: _Optional[str] = ..., table: _Optional[str] = ..., measure: _Optional[str] = ..., aggregation: _Optional[_Union[_insights_pb2.Aggregation, str]] = ..., time_column: _Optional[str] = ...) -> None: ...

class Milestone(_message.Message):
    __slots__ = ("id", "name", "due_date", "target_value", "status", "completed_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    due_date: str
    target_value: float
    status: MilestoneStatus
    completed_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., due_date: _Optional[str] = ..., target_value: _Optional[float] = ..., status: _Optional[_Union[MilestoneStatus, str]] = ..., completed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListGoalsRequest(_message.Message):
    __slots__ = ("page", "page_size", "ordering", "status", "name", "created_after", "created_before", "hierarchy_type")
    PAGE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    ORDERING_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CREATED_AFTER_FIELD_NUMBER: _ClassVar[int]
    CREATED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    HIERARCHY_TYPE_FIELD_NUMBER: _ClassVar[int]
    page: int
    page_size: int
    ordering: str
    status: GoalStatus
    name: str
    created_after: str
    created_before: str
    hierarchy_type: HierarchyType
    def __init__(self, page: _Optional[int] = ..., page_size: _Optional[int] = ..., ordering: _Optional[str] = ..., status: _Optional[_Union[GoalStatus, str]] = ..., name: _Optional[str] = ..., created_after: _Optional[str] = ..., created_before: _Optional[str] = ..., hierarchy_type: _Optional[_Union[HierarchyType, str]] = ...) -> None: ...

class ListGoalsResponse(_message.Message):
    __slots__ = ("count", "next", "previous", "results")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    count: int
    next: str
    previous: str
    results: _containers.RepeatedCompositeFieldContainer[Goal]
    def __init__(self, count: _Optional[int] = ..., next: _Optional[str] = ..., previous: _Optional[str] = ..., results: _Optional[_Iterable[_Union[Goal, _Mapping]]] = ...) -> None: ...

class GetGoalRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetGoalProgressRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GoalProgress(_message.Message):
    __slots__ = ("goal_id", "as_of", "current_value", "target_value", "progress_percent", "expected_percent", "pace", "required_rate", "forecast", "history", "milestones", "children", "roll_up", "evidence")
    GOAL_ID_FIELD_NUMBER: _ClassVar[int]
    AS_OF_FIELD_NUMBER: _ClassVar[int]
    CURRENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_PERCENT_FIELD_NUMBER: _ClassVar[int]
    PACE_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_RATE_FIELD_NUMBER: _ClassVar[int]
    FORECAST_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_FIELD_NUMBER: _ClassVar[int]
    CHILDREN_FIELD_NUMBER: _ClassVar[int]
    ROLL_UP_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    goal_id: str
    as_of: _timestamp_pb2.Timestamp
    current_value: float
    target_value: float
    progress_percent: float
    expected_percent: float
    pace: Pace
    required_rate: float
    forecast: GoalForecast
    history: _containers.RepeatedCompositeFieldContainer[GoalHistoryPoint]
    milestones: MilestoneCount
    children: _containers.RepeatedCompositeFieldContainer[GoalChild]
    roll_up: str
    evidence: _containers.RepeatedCompositeFieldContainer[_insights_pb2.Evidence]
    def __init__(self, goal_id: _Optional[str] = ..., as_of: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., current_value: _Optional[float] = ..., target_value: _Optional[float] = ..., progress_percent: _Optional[float] = ..., expected_percent: _Optional[float] = ..., pace: _Optional[_Union[Pace, str]] = ..., required_rate: _Optional[float] = ..., forecast: _Optional[_Union[GoalForecast, _Mapping]] = ..., history: _Optional[_Iterable[_Union[GoalHistoryPoint, _Mapping]]] = ..., milestones: _Optional[_Union[MilestoneCount, _Mapping]] = ..., children: _Optional[_Iterable[_Union[GoalChild, _Mapping]]] = ..., roll_up: _Optional[str] = ..., evidence: _Optional[_Iterable[_Union[_insights_pb2.Evidence, _Mapping]]] = ...) -> None: ...

class GoalForecast(_message.Message):
    __slots__ = ("value_at_target_date", "low", "high", "probability")
    VALUE_AT_TARGET_DATE_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    value_at_target_date: float
    low: float
    high: float
    probability: float
    def __init__(self, value_at_target_date: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., probability: _Optional[float] = ...) -> None: ...

class GoalHistoryPoint(_message.Message):
    __slots__ = ("date", "value", "evidence_id")
    DATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_ID_FIELD_NUMBER: _ClassVar[int]
    date: str
    value: float
    evidence_id: str
    def __init__(self, date: _Optional[str] = ..., value: _Optional[float] = ..., evidence_id: _Optional[str] = ...) -> None: ...

class MilestoneCount(_message.Message):
    __slots__ = ("completed", "total")
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    completed: int
    total: int
    def __init__(self, completed: _Optional[int] = ..., total: _Optional[int] = ...) -> None: ...

class GoalChild(_message.Message):
    __slots__ = ("id", "name", "progress_percent", "weight")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_PERCENT_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    progress_percent: float
    weight: float
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., progress_percent: _Optional[float] = ..., weight: _Optional[float] = ...) -> None: ...

class CreateGoalRequest(_message.Message):
    __slots__ = ("name", "description", "hierarchy_type", "goal_type", "unit", "baseline_value", "target_value", "start_date", "target_date", "priority", "parent_id", "owner_id", "binding", "weight", "milestones")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HIERARCHY_TYPE_FIELD_NUMBER: _ClassVar[int]
    GOAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BASELINE_VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    TARGET_DATE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_ID_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    MILESTONES_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    hierarchy_type: HierarchyType
    goal_type: GoalType
    unit: str
    baseline_value: float
    target_value: float
    start_date: str
    target_date: str
    priority: Priority
    parent_id: str
    owner_id: str
    binding: GoalBinding
    weight: float
    milestones: _containers.RepeatedCompositeFieldContainer[MilestoneInput]
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., hierarchy_type: _Optional[_Union[HierarchyType, str]] = ..., goal_type: _Optional[_Union[GoalType, str]] = ..., unit: _Optional[str] = ..., baseline_value: _Optional[float] = ..., target_value: _Optional[float] = ..., start_date: _Optional[str] = ..., target_date: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., parent_id: _Optional[str] = ..., owner_id: _Optional[str] = ..., binding: _Optional[_Union[GoalBinding, _Mapping]] = ..., weight: _Optional[float] = ..., milestones: _Optional[_Iterable[_Union[MilestoneInput, _Mapping]]] = ...) -> None: ...

class MilestoneInput(_message.Message):
    __slots__ = ("name", "due_date", "target_value", "completed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DUE_DATE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    COMPLETED_FIELD_NUMBER: _ClassVar[int]
    name: str
    due_date: str
    target_value: float
    completed: bool
    def __init__(self, name: _Optional[str] = ..., due_date: _Optional[str] = ..., target_value: _Optional[float] = ..., completed: _Optional[bool] = ...) -> None: ...

class GoalChanges(_message.Message):
    __slots__ = ("name", "description", "hierarchy_type", "goal_type", "unit", "baseline_value", "target_value", "start_date", "target_date", "priority", "parent_id", "owner_id", "binding", "weight", "status")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HIERARCHY_TYPE_FIELD_NUMBER: _ClassVar[int]
    GOAL_TYPE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    BASELINE_VALUE_FIELD_NUMBER: _ClassVar[int]
    TARGET_VALUE_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    TARGET_DATE_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    PARENT_ID_FIELD_NUMBER: _ClassVar[int]
    OWNER_ID_FIELD_NUMBER: _ClassVar[int]
    BINDING_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    hierarchy_type: HierarchyType
    goal_type: GoalType
    unit: str
    baseline_value: float
    target_value: float
    start_date: str
    target_date: str
    priority: Priority
    parent_id: str
    owner_id: str
    binding: GoalBinding
    weight: float
    status: GoalStatus
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ..., hierarchy_type: _Optional[_Union[HierarchyType, str]] = ..., goal_type: _Optional[_Union[GoalType, str]] = ..., unit: _Optional[str] = ..., baseline_value: _Optional[float] = ..., target_value: _Optional[float] = ..., start_date: _Optional[str] = ..., target_date: _Optional[str] = ..., priority: _Optional[_Union[Priority, str]] = ..., parent_id: _Optional[str] = ..., owner_id: _Optional[str] = ..., binding: _Optional[_Union[GoalBinding, _Mapping]] = ..., weight: _Optional[float] = ..., status: _Optional[_Union[GoalStatus, str]] = ...) -> None: ...

class UpdateGoalRequest(_message.Message):
    __slots__ = ("id", "goal", "update_mask")
    ID_FIELD_NUMBER: _ClassVar[int]
    GOAL_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    id: str
    goal: GoalChanges
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., goal: _Optional[_Union[GoalChanges, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteGoalRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class AddMilestoneRequest(_message.Message):
    __slots__ = ("id", "milestone")
    ID_FIELD_NUMBER: _ClassVar[int]
    MILESTONE_FIELD_NUMBER: _ClassVar[int]
    id: str
    milestone: MilestoneInput
    def __init__(self, id: _Optional[str] = ..., milestone: _Optional[_Union[MilestoneInput, _Mapping]] = ...) -> None: ...

class UpdateMilestoneRequest(_message.Message):
    __slots__ = ("id", "milestone_id", "milestone", "update_mask")
    ID_FIELD_NUMBER: _ClassVar[int]
    MILESTONE_ID_FIELD_NUMBER: _ClassVar[int]
    MILESTONE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    id: str
    milestone_id: str
    milestone: MilestoneInput
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, id: _Optional[str] = ..., milestone_id: _Optional[str] = ..., milestone: _Optional[_Union[MilestoneInput, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class AddCheckInRequest(_message.Message):
    __slots__ = ("id", "check_in")
    ID_FIELD_NUMBER: _ClassVar[int]
    CHECK_IN_FIELD_NUMBER: _ClassVar[int]
    id: str
    check_in: CheckIn
    def __init__(self, id: _Optional[str] = ..., check_in: _Optional[_Union[CheckIn, _Mapping]] = ...) -> None: ...

class CheckIn(_message.Message):
    __slots__ = ("value", "date", "note")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    value: float
    date: str
    note: str
    def __init__(self, value: _Optional[float] = ..., date: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...
