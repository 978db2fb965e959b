"""One call on its way through the rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.rpc import status_pb2

from server.caller import Caller
from server.errors import ApiError
from server.methods import Method
from server.stores.session import Transaction


@dataclass(slots=True)
class Call:
    """One call on its way through the chain. `deadline` is on the event loop's clock, in seconds."""

    method: Method
    metadata: Mapping[str, str]
    address: str
    request_id: str
    base_url: str = ""
    deadline: float | None = None
    refusal: status_pb2.Status | None = None
    reply: dict[str, str] = field(default_factory=dict)
    identity: Caller | None = None
    rejection: ApiError | None = None
    transaction: Transaction | None = None

    @property
    def caller(self) -> Caller:
        """The authenticated caller; only methods with credentials may ask."""
        if self.identity is None:
            raise RuntimeError(f"{self.method.path} asked for a caller it never authenticated")
        return self.identity

    @property
    def tx(self) -> Transaction:
        """The request's one transaction; only methods whose policy opens one may ask."""
        if self.transaction is None:
            raise RuntimeError(f"{self.method.path} asked for a transaction its policy does not open")
        return self.transaction
