"""The scribe: reads and writes big bodies beside the event loop, so that nobody else waits for them.

Reading 8 MiB of nested JSON takes 0.1 to 0.5 s in which Python's lock is held throughout, so that a thread
would not help: JSON goes to a process. Compression lets go of the lock, and lists of strings are read by
Python code that can be interrupted: they go to a thread. Raw numbers are not copied and go nowhere.
"""

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core import wire
from core.dtypes import DataType
from core.errors import MalformedRequest, ModelError, PayloadTooLarge, QueueFull, Unavailable
from core.http import Headers, Reply, header
from core.oip import exchange as oip
from core.tensor import InferRequest, InferResponse, Tensor

# Up to here a body is read at once: about 2 ms of JSON, less than sending it elsewhere would spare.
INLINE_BYTES = 256 * 2**10
INLINE_PACKED_BYTES = 8 * 2**10
INLINE_NUMBERS = 32 * 2**10
INLINE_TEXTS = 4 * 2**10
MAX_PENDING = 64
_RETRY_AFTER_S = 1.0
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest body, also after inflating, and the largest JSON in it, both in bytes."""

    body_bytes: int
    json_bytes: int


class Scribe:
    """Belongs to one event loop. Its process starts with the first big JSON body."""

    def __init__(self, limits: Limits, processes: int = 1) -> None:
        self.limits = limits
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None
        self._pending = 0

    async def read_infer(
        self, body: bytes, headers: Headers, take: Callable[[int], None]
    ) -> InferRequest:
        """The request in a body, as `core.oip.exchange.read_infer` gives it and raises.

        Raises QueueFull when too many wait. `take` is told of what a body grew by when it was inflated.
        """
        limits = self.limits
        json_bytes = count_json(body, headers)
        if json_bytes > limits.json_bytes:
            raise PayloadTooLarge(limits.json_bytes)
        arguments = body, headers, limits.body_bytes, limits.json_bytes
        if header(headers, b"content-encoding") is not None:
            if len(body) <= INLINE_PACKED_BYTES:
                return oip.read_infer(*arguments)
            request = await self.run(oip.read_infer, *arguments)
            take(max(0, count_bytes(request.inputs) - len(body)))
            return request
        if len(body) <= INLINE_BYTES:
            return oip.read_infer(*arguments)
        if json_bytes > INLINE_BYTES:
            return await self.run(oip.read_infer, *arguments)
        if b'"BYTES"' in body[:json_bytes]:
            return await asyncio.to_thread(oip.read_infer, *arguments)
        return oip.read_infer(*arguments)

    async def write_infer(
        self, request: InferRequest, response: InferResponse, headers: Headers
    ) -> Reply:
        """The reply to a request, as `core.oip.exchange.write_infer` gives it and raises."""
        plain = [one for one in response.outputs if not request.wants_binary(one.name)]
        if count_numbers(plain) > INLINE_NUMBERS:
            asked = replace(request, inputs=())
            return await self.run(oip.write_infer, asked, response, headers)
        is_packed = header(headers, b"accept-encoding") is not None
        if (is_packed and count_bytes(response.outputs) > INLINE_BYTES) or has_many_texts(
            response.outputs
        ):
            return await asyncio.to_thread(oip.write_infer, request, response, headers)
        return oip.write_infer(request, response, headers)

    async def run(self, function: Callable[..., Value], *arguments: Any) -> Value:
        """Call a function of a module in the scribe's process; raises QueueFull, Unavailable."""
        if self._pending >= MAX_PENDING:
            raise QueueFull("big bodies", _RETRY_AFTER_S)
        if self._pool is None:
            self._pool = start_pool(self._processes)
        self._pending += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        except BrokenProcessPool as error:
            # Killed, most likely for its memory; the next big body gets a new one.
            self._drop()
            raise Unavailable("gateway", "reading a big body failed") from error
        finally:
            self._pending -= 1

    async def aclose(self) -> None:
        """End the process, if there is one; what it works on is given up."""
        self._drop()

    def _drop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


async def write_request(request: InferRequest) -> wire.Message:
    """The request as it goes to a replica."""
    if has_many_texts(request.inputs):
        return await asyncio.to_thread(wire.encode_request, request)
    return wire.encode_request(request)


async def read_response(message: wire.Message) -> InferResponse:
    """The response in a replica's answer; raises ModelError, since its fault is not the caller's."""
    body, length = message.body, message.header_length
    try:
        if len(body) > INLINE_BYTES and b'"BYTES"' in body[:length]:
            return await asyncio.to_thread(wire.decode_response, body, length)
        return wire.decode_response(body, length)
    except MalformedRequest as error:
        raise ModelError("the replica's answer cannot be read") from error


def count_json(body: bytes, headers: Headers) -> int:
    """Bytes of JSON that a body holds as it came."""
    said = header(headers, oip.HEADER_LENGTH)
    if said is None or not said.isdigit() or len(said) > 18:
        return len(body)
    return min(int(said), len(body))


def count_bytes(tensors: tuple[Tensor, ...]) -> int:
    """Bytes that the arrays hold; texts count as their references."""
    return sum(tensor.array.nbytes for tensor in tensors)


def count_numbers(tensors: Sequence[Tensor]) -> int:
    """Elements of all tensors but texts."""
    return sum(one.array.size for one in tensors if one.datatype is not DataType.BYTES)


def has_many_texts(tensors: tuple[Tensor, ...]) -> bool:
    """Whether a tensor holds so many strings that going through them takes long."""
    return any(
        tensor.datatype is DataType.BYTES and tensor.array.size > INLINE_TEXTS for tensor in tensors
    )


def start_pool(processes: int) -> ProcessPoolExecutor:
    """Processes that know nothing of ours: not forked from a process with threads and sockets."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(processes, mp_context=context, initializer=_settle)


def _settle() -> None:
    # The gateway decides when its scribes end; one whose gateway was killed ends by itself.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()


def _follow_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)
