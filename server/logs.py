"""Structured logs: one line an event, a request id on each, never a secret."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from server.settings import Settings

SECRET_NAMES = frozenset(
    {"password", "authorization", "token", "key", "secret", "access", "refresh", "x-api-key"}
)
HIDDEN = "[hidden]"


def configure(settings: Settings) -> None:
    """Send every log of this process, ours and the libraries', to standard error in one form."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        hide_secrets,
        structlog.processors.format_exc_info,
    ]
    render: Any = (
        structlog.processors.JSONRenderer(sort_keys=True)
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[*shared, render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=render, foreign_pre_chain=shared))
    logging.basicConfig(handlers=[handler], level=max(level, logging.WARNING), force=True)


def hide_secrets(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Values under names that hold secrets do not reach the log."""
    for name in event:
        if name.lower() in SECRET_NAMES:
            event[name] = HIDDEN
    return event
