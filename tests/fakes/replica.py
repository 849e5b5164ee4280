"""A replica without Ray: a real server on loopback that checks proofs and multiplies by WEIGHTS."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn

from core.http import Receive, Scope, Send, header, read_body, send_reply
from core.oip import exchange
from core.signing import Secret, verify
from core.tensor import InferResponse, Tensor

WEIGHTS = np.array([[1, 10], [2, 20]], np.float32)


class FakeReplica:
    """Raw ASGI; `asked` counts the inferences."""

    def __init__(self, audience: str, secret: Secret, now: float) -> None:
        self._audience = audience
        self._secrets = {secret.id: secret}
        self._now = now
        self.asked = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = scope["headers"]
        verify(
            (header(headers, b"x-tidegate-proof") or b"").decode(),
            self._secrets,
            self._audience,
            self._now,
        )
        self.asked += 1
        request = exchange.read_infer(await read_body(receive, headers, 2**20), headers, 2**20)
        scores = request.inputs[0].array @ WEIGHTS
        outputs = (Tensor.of("label", scores.argmax(axis=1)), Tensor.of("scores", scores))
        wanted = {output.name for output in request.outputs}
        kept = tuple(one for one in outputs if not wanted or one.name in wanted)
        response = InferResponse("iris", "1", kept, request.id)
        await send_reply(send, exchange.write_infer(request, response, headers))


@contextmanager
def serve_replica(app: FakeReplica) -> Iterator[int]:
    """Serve it from a thread; yields the port."""
    config = uvicorn.Config(app, port=0, lifespan="off", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    bound = config.bind_socket()
    thread = threading.Thread(target=asyncio.run, args=(server.serve([bound]),), daemon=True)
    thread.start()
    try:
        yield bound.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
