"""What a child process's job and its parent agree on: progress, and a failure the caller is told about."""

from collections.abc import Callable, Mapping
from typing import Any

Progress = Callable[[str, float], None]


class JobFailed(Exception):
    """A failure the caller is told about: an error-code word, a message, and details by field or name."""

    def __init__(self, code: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details: dict[str, Any] = dict(details or {})
