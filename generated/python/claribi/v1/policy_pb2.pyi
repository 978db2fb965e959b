from claribi.v1 import errors_pb2 as _errors_pb2
from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Credentials(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CREDENTIALS_UNSPECIFIED: _ClassVar[Credentials]
    CREDENTIALS_NONE: _ClassVar[Credentials]
    CREDENTIALS_SESSION: _ClassVar[Credentials]
    CREDENTIALS_ANY: _ClassVar[Credentials]

class Transaction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSACTION_UNSPECIFIED: _ClassVar[Transaction]
    TRANSACTION_NONE: _ClassVar[Transaction]
    TRANSACTION_READ: _ClassVar[Transaction]
    TRANSACTION_WRITE: _ClassVar[Transaction]
    TRANSACTION_PHASES: _ClassVar[Transaction]

class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SCOPE_UNSPECIFIED: _ClassVar[Scope]
    SCOPE_USAGE_READ: _ClassVar[Scope]
    SCOPE_REPORTS_READ: _ClassVar[Scope]
    SCOPE_REPORTS_GENERATE: _ClassVar[Scope]
    SCOPE_REPORTS_DELETE: _ClassVar[Scope]
    SCOPE_REPORTS_SHARE: _ClassVar[Scope]
    SCOPE_DASHBOARDS_READ: _ClassVar[Scope]
    SCOPE_DASHBOARDS_CREATE: _ClassVar[Scope]
    SCOPE_DASHBOARDS_UPDATE: _ClassVar[Scope]
    SCOPE_DASHBOARDS_DELETE: _ClassVar[Scope]
    SCOPE_DASHBOARDS_REFRESH: _ClassVar[Scope]
    SCOPE_DASHBOARDS_SHARE: _ClassVar[Scope]
    SCOPE_DATA_SOURCES_READ: _ClassVar[Scope]
    SCOPE_GOALS_READ: _ClassVar[Scope]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_VIEWER: _ClassVar[Role]
    ROLE_MEMBER: _ClassVar[Role]
    ROLE_ANALYST: _ClassVar[Role]
    ROLE_ADMINISTRATOR: _ClassVar[Role]
    ROLE_OWNER: _ClassVar[Role]

class RateClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RATE_CLASS_UNSPECIFIED: _ClassVar[RateClass]
    RATE_CLASS_GENERAL: _ClassVar[RateClass]
    RATE_CLASS_GENERATION: _ClassVar[RateClass]
    RATE_CLASS_PUBLIC: _ClassVar[RateClass]

class Tier(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TIER_UNSPECIFIED: _ClassVar[Tier]
    TIER_TRIAL: _ClassVar[Tier]
    TIER_STARTER: _ClassVar[Tier]
    TIER_PROFESSIONAL: _ClassVar[Tier]
    TIER_ENTERPRISE: _ClassVar[Tier]
CREDENTIALS_UNSPECIFIED: Credentials
CREDENTIALS_NONE: Credentials
CREDENTIALS_SESSION: Credentials
CREDENTIALS_ANY: Credentials
TRANSACTION_UNSPECIFIED: Transaction
TRANSACTION_NONE: Transaction
TRANSACTION_READ: Transaction
TRANSACTION_WRITE: Transaction
TRANSACTION_PHASES: Transaction
SCOPE_UNSPECIFIED: Scope
SCOPE_USAGE_READ: Scope
SCOPE_REPORTS_READ: Scope
SCOPE_REPORTS_GENERATE: Scope
SCOPE_REPORTS_DELETE: Scope
SCOPE_REPORTS_SHARE: Scope
SCOPE_DASHBOARDS_READ: Scope
SCOPE_DASHBOARDS_CREATE: Scope
SCOPE_DASHBOARDS_UPDATE: Scope
SCOPE_DASHBOARDS_DELETE: Scope
SCOPE_DASHBOARDS_REFRESH: Scope
SCOPE_DASHBOARDS_SHARE: Scope
SCOPE_DATA_SOURCES_READ: Scope
SCOPE_GOALS_READ: Scope
ROLE_UNSPECIFIED: Role
ROLE_VIEWER: Role
ROLE_MEMBER: Role
ROLE_ANALYST: Role
ROLE_ADMINISTRATOR: Role
ROLE_OWNER: Role
RATE_CLASS_UNSPECIFIED: RateClass
RATE_CLASS_GENERAL: RateClass
RATE_CLASS_GENERATION: RateClass
RATE_CLASS_PUBLIC: RateClass
TIER_UNSPECIFIED: Tier
TIER_TRIAL: Tier
TIER_STARTER: Tier
TIER_PROFESSIONAL: Tier
TIER_ENTERPRISE: Tier
POLICY_FIELD_NUMBER: _ClassVar[int]
policy: _descriptor.FieldDescriptor
WORD_FIELD_NUMBER: _ClassVar[int]
word: _descriptor.FieldDescriptor

class Policy(_message.Message):
    __slots__ = ("credentials", "scope", "least_role", "rate_class", "success_status", "status_rules", "idempotent", "idempotency_key", "transaction", "consumes", "errors", "forms")
    CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    LEAST_ROLE_FIELD_NUMBER: _ClassVar[int]
    RATE_CLASS_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_STATUS_FIELD_NUMBER: _ClassVar[int]
    STATUS_RULES_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENT_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_FIELD_NUMBER: _ClassVar[int]
    CONSUMES_FIELD_NUMBER: _ClassVar[int]
    ERRORS_FIELD_NUMBER: _ClassVar[int]
    FORMS_FIELD_NUMBER: _ClassVar[int]
    credentials: Credentials
    scope: Scope
    least_role: Role
    rate_class: RateClass
    success_status: int
    status_rules: _containers.RepeatedCompositeFieldContainer[StatusRule]
    idempotent: bool
    idempotency_key: bool
    transaction: Transaction
    consumes: str
    errors: _containers.RepeatedScalarFieldContainer[_errors_pb2.ErrorCode]
    forms: bool
    def __init__(self, credentials: _Optional[_Union[Credentials, str]] = ..., scope: _Optional[_Union[Scope, str]] = ..., least_role: _Optional[_Union[Role, str]] = ..., rate_class: _Optional[_Union[RateClass, str]] = ..., success_status: _Optional[int] = ..., status_rules: _Optional[_Iterable[_Union[StatusRule, _Mapping]]] = ..., idempotent: _Optional[bool] = ..., idempotency_key: _Optional[bool] = ..., transaction: _Optional[_Union[Transaction, str]] = ..., consumes: _Optional[str] = ..., errors: _Optional[_Iterable[_Union[_errors_pb2.ErrorCode, str]]] = ..., forms: _Optional[bool] = ...) -> None: ...

class StatusRule(_message.Message):
    __slots__ = ("field", "equals", "status", "location")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    EQUALS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    field: str
    equals: _containers.RepeatedScalarFieldContainer[str]
    status: int
    location: str
    def __init__(self, field: _Optional[str] = ..., equals: _Optional[_Iterable[str]] = ..., status: _Optional[int] = ..., location: _Optional[str] = ...) -> None: ...
