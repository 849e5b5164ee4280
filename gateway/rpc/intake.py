"""The intake: reads requests and writes answers; what takes long is done beside the event loop."""

import asyncio
from dataclasses import replace

from core.errors import PayloadTooLarge
from core.reserved import read_reserved
from core.tensor import InferRequest, InferResponse, Tensor
from gateway.rpc import codec, messages
from gateway.rpc.codec import Parcel
from gateway.scribe import INLINE_BYTES, Scribe, has_many_texts


class Intake:
    """Belongs to one event loop. Typed contents cost as JSON does: big ones go to the scribe's process."""

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe

    async def read(self, parcel: Parcel, left_s: float | None) -> InferRequest:
        """The request, whose `timeout` is the RPC's own deadline where that is the shorter one.

        Raises MalformedRequest, UnsupportedOperation, PayloadTooLarge for too many typed contents,
        QueueFull when too many of them wait.
        """
        tensors: tuple[Tensor, ...] | None = None
        limit = self._scribe.limits.json_bytes
        if len(parcel.typed) > limit:
            raise PayloadTooLarge(limit)
        if parcel.typed:
            raws = [bytes(raw) for raw in parcel.raws]
            tensors = await self._scribe.run(read_apart, parcel.typed, raws)
        elif sum(map(len, parcel.raws)) > INLINE_BYTES and has_texts(parcel):
            tensors = await asyncio.to_thread(
                messages.read_inputs, parcel.message.inputs, parcel.raws
            )
        request = messages.read_request(parcel.message, parcel.raws, tensors)
        return request if left_s is None else limit_time(request, left_s)

    async def write(self, response: InferResponse) -> bytes:
        """A ModelInferResponse; all outputs are raw."""
        if has_many_texts(response.outputs):
            return await asyncio.to_thread(write_response, response)
        return write_response(response)


def read_apart(typed: bytes, raws: list[bytes]) -> tuple[Tensor, ...]:
    """The inputs of a message that holds nothing else."""
    return messages.read_inputs(codec.parse_request(typed).inputs, raws)


def write_response(response: InferResponse) -> bytes:
    """A response as bytes."""
    return codec.seal_response(*messages.write_response(response))


def has_texts(parcel: Parcel) -> bool:
    """Whether an input holds BYTES, which Python takes apart one by one."""
    return any(given.datatype == "BYTES" for given in parcel.message.inputs)


def limit_time(request: InferRequest, left_s: float) -> InferRequest:
    """The request with a `timeout` of so many seconds, if its own is not shorter."""
    asked_s = read_reserved(request.parameters).timeout_s or left_s
    timeout = max(1, int(min(asked_s, left_s) * 1e6))
    return replace(request, parameters={**request.parameters, "timeout": timeout})
