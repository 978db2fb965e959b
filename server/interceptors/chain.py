"""The order of the chain, and why.

recover       first, so that nothing escapes as a stack trace.
access_log    next, so that every answer is logged, refusals too.
authenticate  finds out who calls; it does not refuse yet, so that a failure can be counted.
rate_limit    counts, then refuses: 401 against the address, everything else against the key or session.
authorize     scope before role: a key without the scope learns nothing about roles.
validate      after the rights, so that strangers cannot probe the rules; carries refusals of the bridge.
idempotency   only requests that are valid and allowed may claim a key.
transaction   innermost: opened late, held short, committed before the answer.

Each interceptor says which ones must stand before it; the server refuses to start on a wrong order.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from server.call import Call
from server.methods import ContractError, Method

Handler = Callable[[Call, Any], Awaitable[Any]]


class Interceptor(Protocol):
    """One step of the chain."""

    @property
    def name(self) -> str:
        """What others call it."""
        ...

    @property
    def after(self) -> tuple[str, ...]:
        """Those that must stand before it."""
        ...

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        """The handler with this step in front; `proceed` itself when the step does not concern the method."""
        ...


def check_order(interceptors: Sequence[Interceptor]) -> None:
    """Raise ContractError when an interceptor stands before one it needs."""
    seen: set[str] = set()
    for interceptor in interceptors:
        missing = [name for name in interceptor.after if name not in seen]
        if missing:
            raise ContractError(f"interceptor {interceptor.name} must stand after {', '.join(missing)}")
        seen.add(interceptor.name)


def compose(interceptors: Sequence[Interceptor], method: Method, handler: Handler) -> Handler:
    """The chain of one method, composed once at start."""
    for interceptor in reversed(interceptors):
        handler = interceptor.wrap(method, handler)
    return handler
