"""What operators may ask by gRPC: statistics and the repository, as `gateway.operator` offers them."""

from typing import Any

from google.protobuf import json_format
from tritonclient.grpc import service_pb2 as pb

from core.errors import UnsupportedOperation
from gateway.operator import Operator
from gateway.plane import DataPlane
from gateway.rpc.exchange import Exchange


class Operations:
    """One listener's. Each RPC raises UnsupportedOperation where there is no operator: publicly."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane = plane

    async def model_statistics(self, exchange: Exchange, request: Any) -> Any:
        """What one model's replicas have counted, or those of all for a request without a name."""
        operator = self._find_operator("ModelStatistics")
        if request.name:
            call = exchange.call(request.name, request.version)
            admitted = self._plane.admit(call, "metadata")
            counted = await operator.count(admitted.name, admitted.served, request.version)
        else:
            operator.authenticate(exchange, exchange.arrived_at)
            counted = await operator.count_all()
        return json_format.ParseDict({"model_stats": counted}, pb.ModelStatisticsResponse())

    async def repository_index(self, exchange: Exchange, request: Any) -> Any:
        """Each version of each endpoint with its state."""
        operator = self._find_operator("RepositoryIndex", request)
        operator.authenticate(exchange, exchange.arrived_at)
        found = operator.repository.index(ready_only=request.ready)
        models = [pb.RepositoryIndexResponse.ModelIndex(**one) for one in found]
        return pb.RepositoryIndexResponse(models=models)

    async def model_load(self, exchange: Exchange, request: Any) -> Any:
        """Wait until the model answers; it is brought up where it has to be."""
        repository = self._find_operator("RepositoryModelLoad", request).repository
        await repository.load(request.model_name, exchange.headers, dict(request.parameters))
        return pb.RepositoryModelLoadResponse()

    async def model_unload(self, exchange: Exchange, request: Any) -> Any:
        """Begin to take the model down."""
        repository = self._find_operator("RepositoryModelUnload", request).repository
        await repository.unload(request.model_name, exchange.headers)
        return pb.RepositoryModelUnloadResponse()

    def _find_operator(self, name: str, request: Any = None) -> Operator:
        if self._plane.operator is None:
            raise UnsupportedOperation(name)
        if request is not None and request.repository_name:
            # One repository is there, and it has no name.
            raise UnsupportedOperation(f"repository '{request.repository_name[:80]}'")
        return self._plane.operator
