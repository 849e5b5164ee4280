"""A loaded package that answers: its runtimes behind a batcher, and the server in front of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from core.batching import Batching
from core.errors import InvalidInput, PredictionFailed, RuntimeUnavailable
from core.http import Receive, Scope, Send
from core.oip.statistics import Counts
from core.signature import Signature
from core.tensor import Array, InferRequest
from serving.batcher import Batcher
from serving.door import Door
from serving.instance import Predict
from serving.runtime import Runtime, StreamingRuntime, count_runs
from serving.sequencer import Sequencer, check_states
from serving.server import ReplicaServer, Served
from serving.streamer import Streamer

_UNKNOWN_S = 0.01


@dataclass(frozen=True, slots=True)
class Loaded:
    """A package that is loaded, once for each of its instances, and has warmed up.

    `typical_s` is the time of a small run in seconds. `signature` is the model's own, where callers see
    less of it.
    """

    served: Served
    runtimes: tuple[Runtime, ...]
    batching: Batching
    typical_s: float
    signature: Signature

    @classmethod
    def of(
        cls,
        served: Served,
        runtimes: Sequence[Runtime],
        batching: Batching,
        warmups: Sequence[InferRequest] = (),
        signature: Signature | None = None,
    ) -> "Loaded":
        """Warm the runtimes up; raises RuntimeUnavailable when one of the package's requests fails."""
        own = signature or served.signature
        if batching.sequences is not None:
            check_states(batching.sequences, own)
        typical_s = max(warm_up(runtime, own, warmups) for runtime in runtimes)
        return cls(served, tuple(runtimes), batching, typical_s, own)

    def close(self) -> None:
        """Give memory back."""
        for runtime in self.runtimes:
            runtime.close()


class Engine:
    """An ASGI app that answers for one loaded package. It is made on its event loop, and belongs to it.

    `counts`, `outstanding_rows` and `is_stuck` may be read from any thread.
    """

    def __init__(self, loaded: Loaded, door: Door, release: str) -> None:
        self._loaded = loaded
        served, batching = loaded.served, loaded.batching
        self._batcher = Batcher(
            served.endpoint,
            list_runs(loaded.runtimes),
            batching,
            batched=served.signature.batched,
            typical_s=loaded.typical_s,
        )
        self._streamer = open_streamer(served, loaded.runtimes[0], batching)
        sequencer = None
        if batching.sequences is not None:
            sequencer = Sequencer(
                served.endpoint, batching.sequences, loaded.signature, self._batcher.submit
            )
        self._server = ReplicaServer(
            served, self._batcher, door, release, self._streamer, sequencer
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._server(scope, receive, send)

    @property
    def in_flight(self) -> int:
        """Requests that are being answered."""
        return self._server.in_flight

    @property
    def is_draining(self) -> bool:
        """Whether it says that it is not ready; set it before the port closes."""
        return self._server.is_draining

    @is_draining.setter
    def is_draining(self, value: bool) -> None:
        self._server.is_draining = value

    @property
    def counts(self) -> Counts:
        """What was counted since the start."""
        return self._batcher.tally.counts()

    @property
    def outstanding_rows(self) -> int:
        """Rows that wait or are computed."""
        return self._batcher.outstanding_rows

    @property
    def is_stuck(self) -> bool:
        """Whether a run of the model has gone on for longer than any should."""
        return self._batcher.longest_run_s > self._loaded.batching.run_timeout_s

    def abandon(self) -> None:
        """Tell those who wait for a stuck model to ask elsewhere."""
        self._batcher.abandon("the model hangs")

    def close(self) -> None:
        """End the threads that compute."""
        self._batcher.close()
        if self._streamer is not None:
            self._streamer.close()


def list_runs(runtimes: Sequence[Runtime]) -> list[Predict]:
    """What the batcher may call beside each other: an instance once, or as often as it says."""
    return [runtime.predict for runtime in runtimes for _ in range(count_runs(runtime))]


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
    except (PredictionFailed, InvalidInput):
        return _UNKNOWN_S
    return min(times)


def _zeros(shape: tuple[int, ...], dtype: "np.dtype[np.generic]") -> Array:
    if dtype.kind == "O":
        return np.full(shape, b"", np.object_)
    return np.zeros(shape, dtype)
