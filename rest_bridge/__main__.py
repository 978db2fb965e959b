"""The bridge as a process of its own, in front of a core elsewhere: `python -m rest_bridge`."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import grpc
import uvicorn

from rest_bridge.app import Bridge
from rest_bridge.channel import GrpcChannel
from rest_bridge.limits import MIB, HttpLimits

ENVIRONMENT_PREFIX = "CLARIBI_"
SECRET_KEY = "x-bridge-secret"  # noqa: S105 - the name, not the secret
KEEP_ALIVE_SECONDS = 15
GRACE_SECONDS = 90


class SettingsError(ValueError):
    """An environment variable has a value that is not one."""


@dataclass(frozen=True)
class Settings:
    """What the process is told; each field is the environment variable CLARIBI_<FIELD>."""

    core_address: str = "127.0.0.1:8001"
    core_ca_file: str = ""  # PEM; empty: the core is reached without TLS
    bridge_secret: str = ""  # shared with the core, which then believes the client addresses given
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()
    public_requests_per_hour: int = 60
    max_body_bytes: int = 4 * MIB
    max_upload_bytes: int = 256 * MIB
    max_deadline_seconds: float = 120.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the variables that are set.

        Raises:
            SettingsError: naming the variable and what was expected.
        """
        values: dict[str, Any] = {}
        for field in fields(cls):
            name = ENVIRONMENT_PREFIX + field.name.upper()
            if name in environment:
                values[field.name] = _parsed(name, environment[name], kind=type(field.default))
        return cls(**values)


def _parsed(name: str, text: str, *, kind: type) -> Any:
    if kind is tuple:
        return _names(name, text)
    if kind is str:
        return text
    try:
        value = kind(text)
    except ValueError:
        raise SettingsError(f"{name} must be a number, not {text!r}.") from None
    if value < 0:
        raise SettingsError(f"{name} must not be negative, but is {text}.")
    return value


def _names(name: str, text: str) -> tuple[str, ...]:
    """Separated by commas, or the JSON list the server's settings take."""
    if not text.strip().startswith("["):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        return tuple(str(part) for part in json.loads(text))
    except ValueError:
        raise SettingsError(f"{name} must be names separated by commas, not {text!r}.") from None


def product_bridge(settings: Settings) -> Bridge:
    """The product's routes over a channel to the core."""
    from rest_bridge.docs import static_pages
    from rest_bridge.product import claribi, method_policy, product_methods

    methods = product_methods()
    credentials = None
    if settings.core_ca_file:
        credentials = grpc.ssl_channel_credentials(Path(settings.core_ca_file).read_bytes())
    channel = GrpcChannel(
        settings.core_address,
        credentials=credentials,
        idempotent=[method for method in methods if method_policy(method.descriptor).idempotent],
        metadata=[(SECRET_KEY, settings.bridge_secret)] if settings.bridge_secret else [],
    )
    limits = HttpLimits(
        body_bytes=settings.max_body_bytes,
        upload_bytes=settings.max_upload_bytes,
        deadline_seconds=settings.max_deadline_seconds,
    )
    product = claribi(
        limits=limits,
        pages=dict(static_pages()),
        public_limit=settings.public_requests_per_hour,
        trusted_proxies=settings.trusted_proxies,
        public_url=settings.public_url,
    )
    return Bridge(methods, channel, product)


def server_config(bridge: Bridge, host: str, *, port: int) -> uvicorn.Config:
    """uvicorn with the parser that refuses ambiguous framing, and nothing that rewrites requests."""
    return uvicorn.Config(
        bridge,
        host=host,
        port=port,
        http="httptools",
        ws="none",
        lifespan="on",
        # The bridge decides itself whose X-Forwarded-For is believed.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def main() -> int:
    """Serve until told to stop."""
    try:
        settings = Settings.from_environment(os.environ)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.Server(server_config(product_bridge(settings), settings.host, port=settings.port)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
