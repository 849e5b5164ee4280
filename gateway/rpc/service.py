"""The service: each RPC read, given to the plane, and written. It only translates."""

from collections.abc import AsyncIterator
from typing import Any

from tritonclient.grpc import service_pb2 as pb

from core.errors import EndpointNotFound
from core.oip import documents
from core.release import RELEASE
from gateway.operator import EXTENSIONS
from gateway.plane import DataPlane
from gateway.rpc import messages
from gateway.rpc.codec import open_request
from gateway.rpc.configuration import write_configuration
from gateway.rpc.exchange import Exchange
from gateway.rpc.intake import Intake
from gateway.rpc.operations import Operations
from gateway.rpc.reception import Reception
from gateway.rpc.stream import Stream


class InferenceService:
    """One listener's. Each RPC takes an exchange and a message, and raises only TidegateError."""

    def __init__(self, plane: DataPlane, intake: Intake, reception: Reception) -> None:
        self._plane = plane
        self._intake = intake
        self.operations = Operations(plane)
        self.reception = reception

    @property
    def is_ready(self) -> bool:
        """Whether the tables were read."""
        return self._plane.is_ready

    async def server_live(self, _exchange: Exchange, _request: Any) -> Any:
        """Whether this process answers."""
        return pb.ServerLiveResponse(live=True)

    async def server_ready(self, _exchange: Exchange, _request: Any) -> Any:
        """Whether the tables were read."""
        return pb.ServerReadyResponse(ready=self._plane.is_ready)

    async def server_metadata(self, _exchange: Exchange, _request: Any) -> Any:
        """Name, version, extensions."""
        more = EXTENSIONS if self._plane.operator is not None else ()
        return pb.ServerMetadataResponse(**documents.describe_server(RELEASE, more))

    async def model_ready(self, exchange: Exchange, request: Any) -> Any:
        """Whether a replica answers for the model; an unknown one is not ready, as in Triton."""
        try:
            ready = self._plane.is_model_ready(exchange.call(request.name, request.version))
        except EndpointNotFound:
            exchange.name, ready = "", False
        return pb.ModelReadyResponse(ready=ready)

    async def model_metadata(self, exchange: Exchange, request: Any) -> Any:
        """What the model takes and gives."""
        found = self._plane.describe(exchange.call(request.name, request.version))
        one = found.resident
        return messages.write_metadata(found.name, found.versions, one.platform, one.signature)

    async def model_config(self, exchange: Exchange, request: Any) -> Any:
        """The model's configuration in Triton's form."""
        found = self._plane.describe(exchange.call(request.name, request.version))
        return write_configuration(found.name, found.resident)

    async def model_infer(self, exchange: Exchange, body: bytes) -> bytes:
        """One inference, from bytes to bytes."""
        exchange.take(len(body))
        parcel = open_request(body)
        call = exchange.call(parcel.message.model_name, parcel.message.model_version)
        # Whoever may not come in is told before tensors are read.
        admitted = self._plane.admit(call, "infer")
        request = await self._intake.read(parcel, exchange.left_s)
        return await self._intake.write(await self._plane.answer(call, admitted, request))

    async def model_stream_infer(self, bodies: AsyncIterator[bytes], context: Any) -> None:
        """Many inferences on one stream; an error is its own request's and ends nothing else."""
        await Stream(self._plane, self._intake, self.reception, context).answer(bodies)
