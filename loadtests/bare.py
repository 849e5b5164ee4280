"""The limit: one uvicorn process, a raw ASGI app, ONNX Runtime, and nothing else.

`python -m loadtests.bare MODEL PORT` serves until it is stopped; MODEL `-` answers with nothing at all.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import numpy as np
import onnxruntime
import orjson
import uvicorn

Event = MutableMapping[str, Any]
_HEADERS = [(b"content-type", b"application/json")]


def open_session(model: str) -> onnxruntime.InferenceSession:
    """One thread, as the replica under test has."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def answer(session: onnxruntime.InferenceSession, body: bytes) -> bytes:
    """Read one JSON request, compute it, write one JSON answer."""
    (tensor,) = orjson.loads(body)["inputs"]
    rows = np.array(tensor["data"], np.float32).reshape(tensor["shape"])
    label, probabilities = session.run(None, {tensor["name"]: rows})
    outputs = [
        {"name": "label", "datatype": "INT64", "shape": label.shape, "data": label.ravel()},
        {
            "name": "probabilities",
            "datatype": "FP32",
            "shape": probabilities.shape,
            "data": probabilities.ravel(),
        },
    ]
    return orjson.dumps(
        {"model_name": "bare", "outputs": outputs}, option=orjson.OPT_SERIALIZE_NUMPY
    )


async def serve(model: str, port: int) -> None:
    """Serve until stopped; a model of `-` is none: the handler answers with nothing."""
    session = None if model == "-" else open_session(model)

    async def app(
        _scope: Event,
        receive: Callable[[], Awaitable[Event]],
        send: Callable[[Event], Awaitable[None]],
    ) -> None:
        event = await receive()
        body = b"{}" if session is None else answer(session, event["body"])
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, length]})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(
        app,
        port=port,
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(sys.argv[1], int(sys.argv[2])))
