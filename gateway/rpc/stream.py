"""One ModelStreamInfer: requests and answers on one RPC, each with its own errors."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from tritonclient.grpc import service_pb2 as pb

from core.errors import TidegateError
from core.tensor import InferResponse
from gateway.call import Call
from gateway.entrance import Admitted
from gateway.plane import DataPlane
from gateway.rpc import codec
from gateway.rpc.codec import Parcel
from gateway.rpc.exchange import Exchange
from gateway.rpc.intake import Intake
from gateway.rpc.reception import CLIENT_LEFT, Reception, judge, name_ids
from gateway.rpc.turns import Question, in_turn

_EMPTY_FINAL = "triton_enable_empty_final_response"
_FINAL = "triton_final_response"


class Stream:
    """Lives as long as its RPC. The n-th request's inference id is the stream's with `-n` after it."""

    def __init__(
        self, plane: DataPlane, intake: Intake, reception: Reception, context: Any
    ) -> None:
        self._plane = plane
        self._intake = intake
        self._reception = reception
        self._context = context
        self._headers, *self._ids = reception.identify(context)
        self._count = 0
        self._open: dict[str, Exchange] = {}

    async def answer(self, bodies: AsyncIterator[bytes]) -> None:
        """Answer all requests; the caller may go on sending while it is answered."""
        await self._context.send_initial_metadata(name_ids(*self._ids))
        try:
            async with aclosing(in_turn(self._ask(bodies))) as answers:
                async for answer in answers:
                    await self._context.write(answer)
        finally:
            for exchange in self._open.values():
                self._reception.end(exchange, CLIENT_LEFT)

    async def _ask(self, bodies: AsyncIterator[bytes]) -> AsyncIterator[Question[bytes]]:
        async for body in bodies:
            self._count += 1
            inference_id = f"{self._ids[1].decode('ascii')}-{self._count}"
            exchange = self._reception.begin(self._context, self._headers, inference_id)
            self._open[inference_id] = exchange
            yield self._read_question(exchange, body)

    def _read_question(self, exchange: Exchange, body: bytes) -> Question[bytes]:
        message = pb.ModelInferRequest()
        try:
            exchange.take(len(body))
            parcel = codec.open_request(body)
            message = parcel.message
            call = exchange.call(message.model_name, message.model_version)
            admitted = self._plane.admit(call, "infer")
            streams = self._plane.resolve(call, admitted).signature.streaming
        except TidegateError as error:
            return Question(self._refuse(exchange, message, error))
        pieces = self._answer(exchange, call, admitted, parcel, streams=streams)
        # What streams may go on for long, and nobody else's answers wait for it.
        return Question(pieces, not streams, read_sequence(message))

    async def _answer(
        self, exchange: Exchange, call: Call, admitted: Admitted, parcel: Parcel, *, streams: bool
    ) -> AsyncGenerator[bytes, None]:
        status = 200
        try:
            request = await self._intake.read(parcel, exchange.left_s)
            pieces = self._plane.stream_admitted(call, admitted, request)
            async with aclosing(pieces) as responses:
                async for response in responses:
                    marked = mark_final(response, is_final=not streams)
                    yield codec.seal_streamed(await self._intake.write(marked))
            if streams and asks_for_final(parcel.message):
                yield write_final(parcel.message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the stream goes on
            _, text, status = judge(error, exchange.inference_id)
            yield write_failure(parcel.message, text)
        self._end(exchange, status)

    async def _refuse(
        self, exchange: Exchange, message: Any, error: TidegateError
    ) -> AsyncGenerator[bytes, None]:
        _, text, status = judge(error, exchange.inference_id)
        yield write_failure(message, text)
        self._end(exchange, status)

    def _end(self, exchange: Exchange, status: int) -> None:
        del self._open[exchange.inference_id]
        self._reception.end(exchange, status)


def mark_final(response: InferResponse, *, is_final: bool) -> InferResponse:
    """The response with Triton's mark of a request's last one."""
    return replace(response, parameters={**response.parameters, _FINAL: is_final})


def asks_for_final(message: Any) -> bool:
    """Whether the client wants an empty response after the last one of a model that streams."""
    return _EMPTY_FINAL in message.parameters and message.parameters[_EMPTY_FINAL].bool_param


def read_sequence(message: Any) -> object:
    """What the requests of one sequence have in common; None for a request of no sequence."""
    if "sequence_id" not in message.parameters:
        return None
    parameter = message.parameters["sequence_id"]
    found = getattr(parameter, parameter.WhichOneof("parameter_choice") or "string_param")
    return (message.model_name, found) if found else None


def write_final(message: Any) -> bytes:
    """The empty response that ends the answer to a request."""
    response = pb.ModelInferResponse(
        model_name=message.model_name,
        model_version=message.model_version,
        id=message.id,
        parameters={_FINAL: pb.InferParameter(bool_param=True)},
    )
    return codec.seal_streamed(response.SerializeToString())


def write_failure(message: Any, text: str) -> bytes:
    """An error that is one request's: the response in it says whose."""
    whose = pb.ModelInferResponse(model_name=message.model_name, id=message.id)
    failure = pb.ModelStreamInferResponse(error_message=text, infer_response=whose)
    written: bytes = failure.SerializeToString()
    return written
