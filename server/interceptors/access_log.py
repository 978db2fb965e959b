"""One line for each call."""

import asyncio
from time import perf_counter
from typing import Any

import structlog

from server.call import Call
from server.errors import ApiError
from server.interceptors.chain import Handler
from server.methods import Method

log = structlog.get_logger("access")
MS = 1000


class AccessLog:
    """Logs method, outcome, caller and duration; never a body, a token or a key."""

    name = "access_log"
    after = ("recover",)

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        path = method.path

        async def access_log(call: Call, request: Any) -> Any:
            start = perf_counter()
            outcome = "internal_error"
            try:
                response = await proceed(call, request)
                outcome = "ok"
                return response
            except ApiError as error:
                outcome = error.word
                raise
            except asyncio.CancelledError:
                outcome = "cancelled"
                raise
            finally:
                _write(path, call, outcome, perf_counter() - start)

        return access_log


def _write(path: str, call: Call, outcome: str, seconds: float) -> None:
    identity = call.identity
    log.info(
        path,
        outcome=outcome,
        ms=round(seconds * MS, 2),
        request_id=call.request_id,
        address=call.address,
        organization=identity.organization_id if identity else None,
        caller=identity.bucket if identity else None,
    )
