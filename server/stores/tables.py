"""Every table. Times are microseconds since the epoch; messages are serialized protobuf; ids are UUID version 7.

A change here needs a migration; a test compares the two.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(36)


def _id() -> Column[str]:
    return Column("id", ID, primary_key=True)


def _organization() -> Column[str]:
    return Column("organization_id", ID, ForeignKey("organizations.id", ondelete="CASCADE"), nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


organizations = Table(
    "organizations",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("tier", Integer, nullable=False),
    _time("created_at"),
    _time("trial_ends_at", nullable=True),
)

users = Table(
    "users",
    metadata,
    _id(),
    _organization(),
    Column("email", String(254), nullable=False),
    # Lower-cased with full case folding: the unique, compared form.
    Column("email_folded", String(254), nullable=False, unique=True),
    Column("first_name", String(120), nullable=False, server_default=""),
    Column("last_name", String(120), nullable=False, server_default=""),
    Column("role", Integer, nullable=False),
    Column("password_hash", String(200), nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("last_login_at", nullable=True),
    Index(None, "organization_id", "created_at"),
)

# A session is a sign-in: its refresh tokens form one family. Access tokens carry its id and end with it.
sessions = Table(
    "sessions",
    metadata,
    _id(),
    Column("user_id", ID, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True),
    _time("created_at"),
    _time("expires_at"),
    _time("ended_at", nullable=True),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("session_id", ID, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    _time("created_at"),
    _time("expires_at"),
    # Set when rotation replaced it; a later use ends the whole session.
    _time("replaced_at", nullable=True),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _organization(),
    Column("user_id", ID, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(120), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("prefix", String(32), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    # Scope numbers, comma-separated, in order.
    Column("scopes", String(100), nullable=False),
    Column("expiry", Integer, nullable=False),
    _time("created_at"),
    _time("expires_at", nullable=True),
    _time("last_used_at", nullable=True),
    Column("usage_count", Integer, nullable=False, server_default="0"),
    _time("revoked_at", nullable=True),
    Index(None, "organization_id", "created_at"),
    Index(None, "user_id"),
)

# One row a period and organization: the balance every reservation is checked against in one statement.
credit_periods = Table(
    "credit_periods",
    metadata,
    _id(),
    _organization(),
    _time("starts_at"),
    _time("ends_at"),
    Column("granted", Integer, nullable=False),
    # Settled and reserved together; never above granted.
    Column("used", Integer, nullable=False, server_default="0"),
    Index("uq_credit_periods_organization_id_starts_at", "organization_id", "starts_at", unique=True),
)

# The ledger: every reservation and what became of it.
credit_entries = Table(
    "credit_entries",
    metadata,
    _id(),
    _organization(),
    Column("period_id", ID, ForeignKey("credit_periods.id", ondelete="CASCADE"), nullable=False),
    Column("operation", String(60), nullable=False),
    Column("resource_id", ID, nullable=False),
    Column("credits", Integer, nullable=False),
    # reserved | settled | refunded
    Column("state", String(10), nullable=False),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "period_id", "state"),
    Index(None, "resource_id"),
)

data_sources = Table(
    "data_sources",
    metadata,
    _id(),
    _organization(),
    Column("name", String(200), nullable=False),
    # Case-folded, for the substring filter.
    Column("name_folded", String(400), nullable=False),
    Column("source_type", Integer, nullable=False),
    Column("engine", String(20), nullable=False),
    Column("status", Integer, nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("schema", LargeBinary, nullable=True),
    Column("quality", LargeBinary, nullable=True),
    Column("snapshot_hash", String(64), nullable=True),
    _time("snapshot_taken_at", nullable=True),
    Column("snapshot_bytes", Float, nullable=True),
    Column("rows", Integer, nullable=False, server_default="0"),
    _time("last_synced_at", nullable=True),
    Column("sync_error", Text, nullable=True),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "organization_id", "created_at", "id"),
)

reports = Table(
    "reports",
    metadata,
    _id(),
    _organization(),
    Column("name", String(200), nullable=False),
    Column("name_folded", String(400), nullable=False),
    Column("status", Integer, nullable=False),
    # What was asked for (GenerateReportRequest) and the lean half of the answer (ReportSummary).
    Column("request", LargeBinary, nullable=False),
    Column("summary", LargeBinary, nullable=False),
    # The whole content (Report), once completed.
    Column("content", LargeBinary, nullable=True),
    Column("file_name", String(300), nullable=True),
    Column("created_by", ID, nullable=False),
    Column("created_by_email", String(254), nullable=False),
    Column("credit_entry_id", ID, nullable=True),
    Column("phase", String(60), nullable=False, server_default=""),
    Column("fraction", Float, nullable=False, server_default="0"),
    # The work was last heard of; a report under way with an old heartbeat was left behind.
    _time("heartbeat_at", nullable=True),
    _time("created_at"),
    _time("started_at", nullable=True),
    _time("completed_at", nullable=True),
    _time("updated_at"),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "status", "heartbeat_at"),
)

dashboards = Table(
    "dashboards",
    metadata,
    _id(),
    _organization(),
    Column("name", String(200), nullable=False),
    Column("name_folded", String(400), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("status", Integer, nullable=False),
    # DashboardConfig.
    Column("config", LargeBinary, nullable=False),
    # A Dashboard message holding widgets, insights and evidence.
    Column("content", LargeBinary, nullable=False),
    Column("widget_count", Integer, nullable=False, server_default="0"),
    Column("refresh_frequency", Integer, nullable=False, server_default="0"),
    # What the refreshes so far have tested and found, as JSON: see server/analysis/online.py.
    Column("tested", LargeBinary, nullable=True),
    Column("created_by", ID, nullable=False),
    Column("created_by_email", String(254), nullable=False),
    _time("last_refreshed_at", nullable=True),
    _time("data_as_of", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "organization_id", "created_at", "id"),
)

goals = Table(
    "goals",
    metadata,
    _id(),
    _organization(),
    Column("name", String(200), nullable=False),
    Column("name_folded", String(400), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("hierarchy_type", Integer, nullable=False),
    Column("status", Integer, nullable=False),
    Column("goal_type", Integer, nullable=False),
    Column("unit", String(40), nullable=False, server_default=""),
    Column("baseline_value", Float, nullable=True),
    Column("current_value", Float, nullable=True),
    Column("target_value", Float, nullable=True),
    Column("start_date", String(10), nullable=True),
    Column("target_date", String(10), nullable=True),
    Column("priority", Integer, nullable=False),
    Column("parent_id", ID, ForeignKey("goals.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("owner_id", ID, nullable=False),
    Column("owner_email", String(254), nullable=False),
    # GoalBinding.
    Column("binding", LargeBinary, nullable=True),
    Column("weight", Float, nullable=False, server_default="1"),
    Column("created_by", ID, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "organization_id", "created_at", "id"),
)

milestones = Table(
    "milestones",
    metadata,
    _id(),
    _organization(),
    Column("goal_id", ID, ForeignKey("goals.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("due_date", String(10), nullable=True),
    Column("target_value", Float, nullable=True),
    Column("completed", Boolean, nullable=True),
    _time("completed_at", nullable=True),
    _time("created_at"),
)

check_ins = Table(
    "check_ins",
    metadata,
    _id(),
    _organization(),
    Column("goal_id", ID, ForeignKey("goals.id", ondelete="CASCADE"), nullable=False),
    Column("date", String(10), nullable=False),
    Column("value", Float, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("created_by", ID, nullable=False),
    _time("created_at"),
    Index(None, "goal_id", "date", "created_at"),
)

# What a goal's measure was, asked of its source: a GoalProgress message with current value, history and evidence.
goal_measurements = Table(
    "goal_measurements",
    metadata,
    Column("goal_id", ID, ForeignKey("goals.id", ondelete="CASCADE"), primary_key=True),
    _organization(),
    Column("content", LargeBinary, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    _time("measured_at"),
)

public_links = Table(
    "public_links",
    metadata,
    _id(),
    _organization(),
    # report | dashboard
    Column("kind", String(10), nullable=False),
    Column("resource_id", ID, nullable=False),
    # The token is derived from the link's id by a keyed hash; only its hash is looked up.
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("password_hash", String(200), nullable=True),
    Column("allow_download", Boolean, nullable=False, server_default="0"),
    Column("mode", Integer, nullable=False),
    # The resource as it was when shared, for mode snapshot.
    Column("content", LargeBinary, nullable=True),
    Column("view_count", Integer, nullable=False, server_default="0"),
    _time("last_viewed_at", nullable=True),
    _time("created_at"),
    _time("expires_at", nullable=True),
    Index("uq_public_links_kind_resource_id", "kind", "resource_id", unique=True),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    _id(),
    _organization(),
    # Who used it: the same key of another caller is another key.
    Column("bucket", String(60), nullable=False),
    Column("method", String(120), nullable=False),
    Column("key", String(255), nullable=False),
    Column("request_hash", String(64), nullable=False),
    # Serialized google.rpc.Status or response; null while the first call runs.
    Column("response", LargeBinary, nullable=True),
    Column("failed", Boolean, nullable=False, server_default="0"),
    _time("created_at"),
    _time("lease_until"),
    Index("uq_idempotency_keys_bucket_method_key", "bucket", "method", "key", unique=True),
    Index(None, "created_at"),
)
