"""A replica without Ray: a real server on loopback that checks proofs and multiplies by WEIGHTS."""

import asyncio
import socket
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn

from core import frames
from core.http import (
    Receive,
    Scope,
    Send,
    Streamed,
    header,
    read_body,
    send_reply,
    send_streamed,
)
from core.oip import exchange
from core.oip.statistics import KINDS, Counts, Duration
from core.signing import Secret, verify
from core.tensor import InferRequest, InferResponse, Tensor
from core.wire import Message, encode_response

WEIGHTS = np.array([[1, 10], [2, 20]], np.float32)


class FakeReplica:
    """Raw ASGI; `asked` counts the inferences. Parameter `pieces` asks for so many frames."""

    def __init__(self, audience: str, secret: Secret, now: float) -> None:
        self._audience = audience
        self._secrets = {secret.id: secret}
        self._now = now
        self.asked = 0
        self._counts = Counts()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        verify(
            (header(headers, b"x-tidegate-proof") or b"").decode(),
            self._secrets,
            self._audience,
            self._now,
        )
        if scope["method"] == "GET":
            counted = self._counts.to_json("iris", "1")
            await send_reply(send, exchange.write_document({"model_stats": [counted]}))
            return
        self.asked += 1
        request = exchange.read_infer(await read_body(receive, headers, 2**26), headers, 2**26)
        self._counts += count_one(request.rows)
        response = answer(request)
        pieces = request.parameters.get("pieces")
        if isinstance(pieces, int) and header(headers, b"accept") == frames.CONTENT_TYPE:
            message = encode_response(response, lambda _name: True)
            await send_streamed(send, stream_frames(message, pieces))
        else:
            await send_reply(send, exchange.write_infer(request, response, headers))


def answer(request: InferRequest) -> InferResponse:
    """The rows multiplied by WEIGHTS."""
    with np.errstate(invalid="ignore"):
        scores = request.inputs[0].array @ WEIGHTS
    outputs = (Tensor.of("label", scores.argmax(axis=1)), Tensor.of("scores", scores))
    wanted = {output.name for output in request.outputs}
    kept = tuple(one for one in outputs if not wanted or one.name in wanted)
    return InferResponse("iris", "1", kept, request.id)


def count_one(rows: int) -> Counts:
    """One run of the model, which took a microsecond of each kind."""
    once = Duration(1, 1000)
    return Counts(int(time.time() * 1000), rows, 1, dict.fromkeys(KINDS[:6], once))


def stream_frames(message: Message, pieces: int) -> Streamed:
    """So many frames of the same message."""

    async def write() -> AsyncGenerator[bytes, None]:
        for _ in range(pieces):
            yield frames.write_frame(frames.Frame(message))

    return Streamed(200, [(b"content-type", frames.CONTENT_TYPE)], write())


@contextmanager
def serve_replica(app: FakeReplica) -> Iterator[int]:
    """Serve it from a thread; yields the port."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    bound = config.bind_socket()
    # Headers and body are two packets here; the second must not wait for the first one's receipt.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    thread = threading.Thread(target=asyncio.run, args=(server.serve([bound]),), daemon=True)
    thread.start()
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
