"""A loaded package behind a port: its runtime, batcher and server on an event loop in a thread of its own.

Ray's own loop stays free, so that health checks and shutdown never wait for a model.
"""

import asyncio
import socket
import threading
from collections.abc import Sequence
from time import monotonic, perf_counter

import numpy as np
import uvicorn
import uvloop

from core.batching import Batching
from core.departure import WhileThere
from core.errors import PredictionFailed, RuntimeUnavailable, Unavailable
from core.listening import BACKLOG, OPTIONS
from core.oip.statistics import Counts
from core.signature import Signature
from core.tensor import Array, InferRequest
from serving.batcher import Batcher
from serving.connection import GatewayConnection
from serving.door import Door
from serving.runtime import Runtime, StreamingRuntime
from serving.server import ReplicaServer, Served
from serving.streamer import Streamer

_UNKNOWN_S = 0.01
_START_S = 30.0


class Engine:
    """Serves one package, loaded once for each of its instances.

    `start` and `stop` are called from one other thread. Raises RuntimeUnavailable when a request that
    the package warms up with fails.
    """

    def __init__(
        self,
        served: Served,
        runtimes: Sequence[Runtime],
        batching: Batching,
        door: Door,
        release: str,
        warmups: Sequence[InferRequest] = (),
    ) -> None:
        self._served = served
        self._runtimes = tuple(runtimes)
        self._batching = batching
        self._door = door
        self._release = release
        self._typical_s = max(
            warm_up(runtime, served.signature, warmups) for runtime in self._runtimes
        )
        self._batcher: Batcher | None = None
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._beat_at = monotonic()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._app: ReplicaServer | None = None
        self._server: uvicorn.Server | None = None
        self._socket = socket.socket()

    def start(self, host: str) -> str:
        """Listen on a free port of `host`; returns the address. Raises Unavailable."""
        self._socket.bind((host, 0))
        # From here on callers wait in the backlog instead of being refused.
        self._socket.listen(BACKLOG)
        self._thread.start()
        if not self._running.wait(_START_S):
            raise Unavailable(self._served.endpoint, "the replica's server did not start")
        return f"{host}:{self._socket.getsockname()[1]}"

    def beat(self) -> float:
        """Ask the loop for a sign of life; returns seconds since it last gave one."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._keep_time)
        return monotonic() - self._beat_at

    @property
    def counts(self) -> Counts:
        """What was counted since the start."""
        return Counts() if self._batcher is None else self._batcher.tally.counts()

    @property
    def outstanding_rows(self) -> int:
        """Rows that wait or are computed."""
        return 0 if self._batcher is None else self._batcher.outstanding_rows

    @property
    def is_stuck(self) -> bool:
        """Whether a run of the model has gone on for longer than any should."""
        batcher = self._batcher
        return batcher is not None and batcher.longest_run_s > self._batching.run_timeout_s

    def abandon(self) -> None:
        """Tell those who wait for a stuck model to ask elsewhere."""
        if self._loop is not None and self._batcher is not None:
            self._loop.call_soon_threadsafe(self._batcher.abandon, "the model hangs")

    def drain(self, grace_s: float, limit_s: float) -> None:
        """Say not ready, let gateways go for `grace_s`, then finish what is in flight within `limit_s`."""
        if self._app is None:
            return
        self._app.is_draining = True
        waiting = threading.Event()
        waiting.wait(grace_s)
        ends = monotonic() + limit_s
        while self._app.in_flight and monotonic() < ends:
            waiting.wait(0.02)

    def stop(self) -> None:
        """Close the port and end the thread."""
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join(_START_S)
        for runtime in self._runtimes:
            runtime.close()

    def _keep_time(self) -> None:
        self._beat_at = monotonic()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        batcher = self._batcher = Batcher(
            self._served.endpoint,
            [runtime.predict for runtime in self._runtimes],
            self._batching,
            batched=self._served.signature.batched,
            typical_s=self._typical_s,
        )
        streamer = open_streamer(self._served, self._runtimes[0], self._batching)
        self._app = ReplicaServer(self._served, batcher, self._door, self._release, streamer)
        config = uvicorn.Config(WhileThere(self._app), http=GatewayConnection, **OPTIONS)
        self._server = uvicorn.Server(config)
        self._keep_time()
        self._running.set()
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            batcher.close()
            if streamer is not None:
                streamer.close()


def open_streamer(served: Served, runtime: Runtime, batching: Batching) -> Streamer | None:
    """A streamer for a model that answers in pieces; None for the others."""
    if not served.signature.streaming or not isinstance(runtime, StreamingRuntime):
        return None
    workers = getattr(runtime, "concurrent_streams", 1)
    return Streamer(served.endpoint, runtime.stream, workers=workers, limit=batching.max_queue_rows)


def warm_up(runtime: Runtime, signature: Signature, warmups: Sequence[InferRequest] = ()) -> float:
    """Run the package's own warm-up requests, then one row of zeros a few times.

    Returns the typical run time of a small batch in seconds. A model that refuses zeros is no fault: its
    time is then unknown, and taken for slow. Raises RuntimeUnavailable when a warm-up request fails.
    """
    for request in warmups:
        try:
            runtime.predict({tensor.name: tensor.array for tensor in request.inputs})
        except Exception as error:  # a model may raise anything
            raise RuntimeUnavailable("warm-up", str(error)) from error
    inputs = {
        spec.name: _zeros(tuple(1 if dim < 0 else dim for dim in spec.shape), spec.datatype.numpy)
        for spec in signature.inputs
        if not spec.optional
    }
    times: list[float] = []
    try:
        for _ in range(5):
            started = perf_counter()
            runtime.predict(inputs)
            times.append(perf_counter() - started)
    except PredictionFailed:
        return _UNKNOWN_S
    return min(times)


def _zeros(shape: tuple[int, ...], dtype: "np.dtype[np.generic]") -> Array:
    if dtype.kind == "O":
        return np.full(shape, b"", np.object_)
    return np.zeros(shape, dtype)
