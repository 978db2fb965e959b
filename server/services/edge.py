"""The door for requests that reach no method: the chain counts them, this answers."""

from claribi.v1.monitoring_pb2 import AdmitRequest, RefuseRequest
from google.protobuf.empty_pb2 import Empty

from server.call import Call
from server.errors import invalid
from server.interceptors.validate import refused


class EdgeService:
    """Admits pages the bridge itself serves, and carries its refusals."""

    async def admit(self, _call: Call, _request: AdmitRequest) -> Empty:
        """The chain has counted the request; there is nothing more to do."""
        return Empty()

    async def refuse(self, _call: Call, request: RefuseRequest) -> Empty:
        """Always raises: the refusal as it came."""
        if not request.status.code:
            raise invalid({"status": ["Give the refusal: a google.rpc.Status with a code other than OK."]})
        raise refused(request.status)
