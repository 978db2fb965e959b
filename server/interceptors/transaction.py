"""One transaction a request, opened late and committed before the answer."""

from typing import Any

from claribi.v1 import policy_pb2

from server.call import Call
from server.interceptors.chain import Handler
from server.methods import Method
from server.stores.session import Database


class OneTransaction:
    """Opens what the method's policy says; the method itself never commits."""

    name = "transaction"
    after = ("validate", "idempotency")

    def __init__(self, database: Database) -> None:
        self._database = database

    def wrap(self, method: Method, proceed: Handler) -> Handler:
        if method.policy.transaction == policy_pb2.TRANSACTION_READ:
            open_transaction = self._database.read
        elif method.policy.transaction == policy_pb2.TRANSACTION_WRITE:
            open_transaction = self._database.write
        else:
            return proceed

        async def transaction(call: Call, request: Any) -> Any:
            async with open_transaction() as call.transaction:
                return await proceed(call, request)

        return transaction
