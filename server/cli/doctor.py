"""What would stop this server from working here, found before it does."""

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from urllib.parse import urlsplit

from server.errors import ApiError
from server.methods import ContractError, load_methods
from server.settings import Settings
from server.stores import migrate
from server.stores.files import Files
from server.stores.session import Database

LEAST_FREE_BYTES = 1 << 30
LEAST_PYTHON = (3, 11)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Finding:
    """One check."""

    subject: str
    ok: bool
    message: str


def examine(settings: Settings) -> list[Finding]:
    """Every check; none of them changes anything but an empty data folder."""
    return list(_findings(settings))


def _findings(settings: Settings) -> Iterator[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("python", sys.version_info >= LEAST_PYTHON, version)
    yield _data_dir(settings)
    yield _disk(settings)
    yield _database(settings)
    yield _contract()
    for name, host, port in (
        ("REST port", settings.host, settings.port),
        ("gRPC port", settings.grpc_host, settings.grpc_port),
    ):
        yield _port(name, host, port)
    yield _jobs()
    yield _language_model(settings)


def _data_dir(settings: Settings) -> Finding:
    path = settings.data_dir.resolve()
    try:
        Files(path).prepare()
    except OSError as error:
        return Finding("data folder", False, f"{path} cannot be made: {error.strerror}")
    if not os.access(path, os.W_OK):
        return Finding("data folder", False, f"{path} is not writable")
    if path.stat().st_mode & 0o077:
        return Finding("data folder", False, f"{path} is readable by others; chmod 700 {path}")
    return Finding("data folder", True, str(path))


def _disk(settings: Settings) -> Finding:
    free = shutil.disk_usage(settings.data_dir.resolve()).free
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / (1 << 30):.1f} GiB free")


def _database(settings: Settings) -> Finding:
    try:
        database = Database(settings)
    except ValueError as error:
        return Finding("database", False, str(error))
    current, head = migrate.current(database.engine), migrate.head()
    database.close()
    if current is None:
        return Finding("database", True, "empty; the first start makes it")
    if current != head:
        return Finding("database", True, f"schema {current}; the next start brings it to {head}")
    return Finding("database", True, f"schema {current}")


def _contract() -> Finding:
    try:
        methods = load_methods()
    except (ContractError, ApiError) as error:
        return Finding("contract", False, str(error))
    return Finding("contract", True, f"{len(methods)} methods")


def _port(name: str, host: str, port: int) -> Finding:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return Finding(name, False, f"{host}:{port} cannot be opened: {error.strerror}")
    return Finding(name, True, f"{host}:{port} is free")


def _jobs() -> Finding:
    missing = [name for name in ("duckdb", "numpy", "scipy", "typst", "vl_convert") if not _importable(name)]
    if missing:
        return Finding("libraries", False, f"missing: {', '.join(missing)}")
    return Finding("libraries", True, "analysis and rendering can start")


def _language_model(settings: Settings) -> Finding:
    """Whether one is set; nothing is asked of it."""
    url = urlsplit(settings.language_model_url)
    if not url.hostname:
        return Finding("language model", True, "none; reports use the engine's own words")
    with_key = bool(settings.language_model_key.get_secret_value())
    if with_key and url.scheme == "http" and url.hostname not in LOOPBACK:
        return Finding("language model", False, f"the key would go to {url.hostname} unencrypted; use https")
    return Finding("language model", True, f"{settings.language_model_name} at {url.hostname}")


def _importable(name: str) -> bool:
    return find_spec(name) is not None
