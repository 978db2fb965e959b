"""Whatever happens inside, the caller gets a documented error."""

import asyncio
from typing import Any

import structlog

from server.call import Call
from server.errors import ApiError
from server.interceptors.chain import Handler
from server.methods import Method

log = structlog.get_logger(__name__)


class Recover:
    """Turns everything that is not an ApiError into `internal_error`, and logs the cause under the request id."""

    name = "recover"
    after: tuple[str, ...] = ()

    def wrap(self, _method: Method, proceed: Handler) -> Handler:
        async def recover(call: Call, request: Any) -> Any:
            try:
                return await proceed(call, request)
            except (ApiError, asyncio.CancelledError):
                raise
            except Exception as error:
                raise translate(call, error) from error

        return recover


def translate(call: Call, error: Exception) -> ApiError:
    """The error the caller is told; the cause goes to the log."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, TimeoutError):
        return ApiError("deadline_exceeded")
    log.error("unexpected", method=call.method.path, request_id=call.request_id, exc_info=error)
    return ApiError("internal_error")
