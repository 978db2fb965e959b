"""Every setting of the server, with its default, its unit and its reason."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

MIB = 1 << 20


class Settings(BaseSettings):
    """Read from the environment (`CLARIBI_...`) and from `claribi.env` in the working folder."""

    model_config = SettingsConfigDict(env_prefix="CLARIBI_", env_file="claribi.env", extra="forbid")

    environment: Literal["development", "production"] = Field(
        "production", description="development turns gRPC reflection on and logs for people."
    )
    data_dir: Path = Field(
        Path("data"), description="Folder of the database, uploads, snapshots and report files; mode 0700."
    )
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty means SQLite in the data folder, in WAL mode."
    )
    sqlite_synchronous: Literal["FULL", "NORMAL"] = Field(
        "FULL", description="FULL keeps acknowledged writes through a power cut; NORMAL is faster."
    )
    database_wait_seconds: float = Field(
        5.0, gt=0, description="How long a write waits for another process's write before 503."
    )

    host: str = Field(
        "127.0.0.1", description="Address the REST port listens on; loopback until said otherwise."
    )
    port: int = Field(8000, ge=0, le=65535, description="REST port; 0 takes a free one.")
    grpc_host: str = Field("127.0.0.1", description="Address the gRPC port listens on.")
    grpc_port: int = Field(8001, ge=0, le=65535, description="gRPC port; 0 takes a free one.")
    public_url: str = Field(
        "", description="Address clients see, for links; empty means the Host of the request."
    )
    trusted_proxies: tuple[str, ...] = Field(
        (), description="Addresses whose X-Forwarded-For is believed; nobody's by default."
    )
    bridge_secret: SecretStr = Field(
        SecretStr(""),
        description="Shared with a bridge in another process, whose client addresses are then believed.",
    )
    reflection: bool | None = Field(
        None, description="gRPC reflection; on in development, off in production unless set."
    )

    token_secret: SecretStr = Field(
        SecretStr(""), description="Signs access tokens; empty means a random one kept in the data folder."
    )
    access_token_seconds: int = Field(3600, gt=0, description="Life of an access token, as documented.")
    refresh_token_seconds: int = Field(
        604_800, gt=0, description="Life of a refresh token: 7 days, as documented."
    )
    refresh_rotation: bool = Field(
        False,
        description="Each refresh ends the old token; using an ended one ends the family. "
        "Off, since documented clients reuse theirs.",
    )
    password_hash_concurrency: int = Field(
        2, ge=1, description="Argon2id runs at once; more would let a login flood take all memory and CPU."
    )
    login_attempts_per_hour: int = Field(
        30, ge=1, description="Failed sign-ins per account and address in a rolling hour, then 429."
    )
    public_requests_per_hour: int = Field(
        600, ge=1, description="Calls without credentials per address in a rolling hour."
    )

    max_body_bytes: int = Field(4 * MIB, gt=0, description="JSON body; above it 413.")
    max_upload_bytes: int = Field(1024 * MIB, gt=0, description="Multipart upload or gRPC stream in all.")
    max_deadline_seconds: float = Field(600.0, gt=0, description="Longest deadline a caller may ask for.")
    grace_seconds: float = Field(75.0, gt=0, description="Graceful stop: longer than a usual generation.")

    job_processes: int = Field(2, ge=1, description="Analysis and rendering children at once.")
    job_memory_bytes: int = Field(1024 * MIB, gt=0, description="Memory of one child.")
    job_cpu_seconds: int = Field(
        900, gt=0, description="CPU of one child; 100 million rows take a third of it."
    )
    job_wall_seconds: float = Field(900.0, gt=0, description="Wall time of one child.")
    job_threads: int = Field(2, ge=1, description="DuckDB threads of one child.")
    lease_seconds: float = Field(
        60.0,
        gt=0,
        description="A report whose work has not been heard of for this long is failed and refunded.",
    )

    language_model_url: str = Field(
        "",
        description="Base URL of an OpenAI-compatible endpoint, such as http://127.0.0.1:11434/v1; empty means none.",
    )
    language_model_name: str = Field(
        "", max_length=100, description="Model asked for; named in the report's `engine`."
    )
    language_model_key: SecretStr = Field(
        SecretStr(""),
        description="Sent as a bearer token to that URL alone; empty for servers that want none.",
    )
    language_model_timeout_seconds: float = Field(
        20.0, gt=0, description="Longest wait for one answer of the language model."
    )
    language_model_budget_seconds: float = Field(
        30.0,
        gt=0,
        description="All waiting for the language model in one report; then the engine's own words stand.",
    )
    language_model_budget_tokens: int = Field(
        20_000, ge=500, description="Tokens one report may use, of questions and answers together."
    )
    language_model_retries: int = Field(
        2,
        ge=0,
        le=5,
        description="Further attempts after 429, 5xx or a lost connection, with growing pauses.",
    )
    language_model_proxy: str = Field(
        "", description="Proxy to the language model; those of the environment are not used."
    )

    log_format: Literal["json", "console"] = Field(
        "json", description="json for machines, console for people."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level written."
    )

    @model_validator(mode="after")
    def _language_model_is_whole(self) -> "Settings":
        """A language model needs a URL that holds no secret, and a name."""
        if not self.language_model_url:
            return self
        parts = urlsplit(self.language_model_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
            raise ValueError("language_model_url must be a URL such as https://host/v1")
        if parts.username or parts.password:
            raise ValueError("language_model_url must not hold a name or password; give language_model_key")
        if not self.language_model_name:
            raise ValueError("language_model_name is needed with language_model_url")
        return self

    @property
    def reflection_on(self) -> bool:
        """Whether gRPC reflection is served."""
        return self.environment == "development" if self.reflection is None else self.reflection

    @property
    def sqlalchemy_url(self) -> str:
        """The database, resolved."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'claribi.db').resolve()}"
