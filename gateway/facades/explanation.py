"""Explanations: `POST /v1/explain/{name}[/versions/{v}]` with the body of an inference.

The answer is one of the Open Inference Protocol: `{output}.attributions` and `{output}.base`.
"""

from core.errors import TidegateError
from core.http import Reply
from core.oip import exchange as oip
from gateway.facade import Exchange
from gateway.plane import DataPlane
from gateway.scribe import Scribe


class ExplanationFacade:
    """`/v1/explain/`."""

    prefix = "/v1/explain/"

    def __init__(self, plane: DataPlane, scribe: Scribe) -> None:
        self._plane = plane
        self._scribe = scribe

    async def answer(self, exchange: Exchange) -> Reply:
        """Answer one request."""
        match exchange.path.removeprefix(self.prefix).split("/"):
            case [name] if name:
                version = ""
            case [name, "versions", version] if name and version:
                pass
            case _:
                return oip.not_found()
        if exchange.method != "POST":
            return oip.wrong_method()
        call = exchange.call(name, version)
        admitted = self._plane.admit(call, "infer")
        body = await exchange.read(self._scribe.limits.body_bytes, admitted)
        request = await self._scribe.read_infer(body, exchange.headers, exchange.take)
        response = await self._plane.explain(call, admitted, request)
        return await self._scribe.write_infer(request, response, exchange.headers)

    def write_error(self, error: TidegateError) -> Reply:
        """`{"error": "..."}` with the error's status, as the Open Inference Protocol has it."""
        return oip.write_error(error)

    def write_crash(self, request_id: str) -> Reply:
        """500 with the request's id."""
        return oip.write_document({"error": f"internal error, request {request_id}"}, 500)
