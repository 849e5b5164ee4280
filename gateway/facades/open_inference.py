"""The Open Inference Protocol over REST, with Triton's extensions that `GET /v2` names."""

from core.errors import TidegateError, UnsupportedOperation
from core.http import Reply
from core.oip import documents
from core.oip import exchange as oip
from core.oip.paths import Call, Operation, parse_path
from core.release import RELEASE
from gateway.facade import Exchange
from gateway.plane import DataPlane
from gateway.scribe import Scribe


class OpenInferenceFacade:
    """`/v2`."""

    prefix = "/v2"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe

    async def answer(self, exchange: Exchange) -> Reply:
        """Answer one operation of the protocol."""
        call = parse_path(exchange.path)
        if call is None:
            return oip.not_found()
        if call.method and call.method != exchange.method:
            return oip.wrong_method()
        if call.operation is Operation.INFER:
            return await self._infer(exchange, call)
        if call.model:
            return self._describe(exchange, call)
        return self._describe_server(call.operation)

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": "..."}` with the error's status."""
        return oip.write_error(error)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return oip.write_document({"error": f"internal error, request {request_id}"}, 500)

    async def _infer(self, exchange: Exchange, call: Call) -> Reply:
        asked = exchange.call(call.model, call.version)
        # Whoever may not come in is told before a body is read.
        admitted = self._plane.admit(asked, "infer")
        body = await exchange.read(self._scribe.limits.body_bytes)
        request = await self._scribe.read_infer(body, exchange.headers, exchange.take)
        response = await self._plane.answer(asked, admitted, request)
        return await self._scribe.write_infer(request, response, exchange.headers)

    def _describe(self, exchange: Exchange, call: Call) -> Reply:
        asked = exchange.call(call.model, call.version)
        if call.operation is Operation.MODEL_READY:
            ready = self._plane.is_model_ready(asked)
            return oip.write_document({"name": call.model, "ready": ready}, 200 if ready else 503)
        if call.operation not in (Operation.MODEL_METADATA, Operation.MODEL_CONFIG):
            self._plane.admit(asked, "metadata")
            raise UnsupportedOperation(call.operation.value)
        described = self._plane.describe(asked)
        resident = described.resident
        if call.operation is Operation.MODEL_METADATA:
            document = documents.describe_model(
                described.name, str(resident.version), resident.platform, resident.signature
            )
        else:
            rows = resident.spec.batching.max_rows
            document = documents.configure_model(
                described.name, resident.platform, resident.signature, rows
            )
        return oip.write_document(document)

    def _describe_server(self, operation: Operation) -> Reply:
        match operation:
            case Operation.SERVER_LIVE:
                return oip.write_document({"live": True})
            case Operation.SERVER_READY:
                ready = self._plane.is_ready
                return oip.write_document({"ready": ready}, 200 if ready else 503)
            case Operation.SERVER_METADATA:
                return oip.write_document(documents.describe_server(RELEASE))
            case _:
                raise UnsupportedOperation(operation.value)
