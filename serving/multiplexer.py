"""The multiplexer: many models behind one port, loaded when they are asked for.

The one that was asked for the longest ago, and is idle, makes room for the next. What a model takes is
the size of its package or the growth of the process while it loaded, whichever is more.
"""

import asyncio
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from core.errors import EndpointNotFound, QueueFull, TidegateError
from core.http import Receive, Scope, Send, header, send_reply
from core.oip import exchange
from core.pool import PoolSpec
from core.refs import ResidentId
from serving.door import Door
from serving.engine import Engine, Loaded
from serving.server import PROOF

log = logging.getLogger(__name__)
_MEGABYTE = 2**20
# A model that does not load is not tried at each request.
_FORGIVE_S = 5.0
_RETRY_AFTER_S = 1.0
_DOORS = 4096


@dataclass(frozen=True, slots=True)
class Shelved:
    """A model that was loaded, and the bytes of memory that it takes."""

    loaded: Loaded
    size_bytes: int


class Source(Protocol):
    """Where models come from. Its methods block and are called in a thread."""

    def load(self, resident: ResidentId) -> Shelved:
        """Load a resident of this pool; raises EndpointNotFound, RuntimeUnavailable, PackageCorrupt."""
        ...

    def announce(self, resident: ResidentId) -> None:
        """Tell gateways that the model is here."""
        ...

    def withdraw(self, resident: ResidentId) -> None:
        """Tell gateways that it is not."""
        ...


@dataclass(slots=True)
class _Place:
    engine: Engine
    shelved: Shelved


class Multiplexer:
    """An ASGI app; a request's `host` header names the resident. Belongs to its event loop."""

    def __init__(
        self, spec: PoolSpec, source: Source, open_door: Callable[[ResidentId], Door], release: str
    ) -> None:
        self._spec, self._source, self._open_door, self._release = spec, source, open_door, release
        self._doors: OrderedDict[ResidentId, Door] = OrderedDict()
        self._places: OrderedDict[ResidentId, _Place] = OrderedDict()
        self._loading: dict[ResidentId, asyncio.Task[Engine]] = {}
        self._failed: dict[ResidentId, tuple[float, TidegateError]] = {}
        # One at a time: what a load takes is measured on the whole process.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="load")
        # Requests that wait for a model or are answered by it: as long it stays.
        self._asking: Counter[ResidentId] = Counter()
        self.is_draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request by the model that it is for."""
        if scope["type"] != "http":
            return
        resident = ResidentId((header(scope["headers"], b"host") or b"").decode("latin-1"))
        self._asking[resident] += 1
        try:
            # Before anything is loaded: only a gateway may ask for that.
            self._enter(resident).check(header(scope["headers"], PROOF))
            engine = await self.find(resident)
            await engine(scope, receive, send)
        except TidegateError as error:
            await send_reply(send, exchange.write_error(error))
        finally:
            self._asking[resident] -= 1
            if not self._asking[resident]:
                del self._asking[resident]

    @property
    def in_flight(self) -> int:
        """Requests that are being answered, or wait for a model."""
        return self._asking.total()

    @property
    def engines(self) -> dict[ResidentId, Engine]:
        """What is loaded now, the one that was asked for the longest ago first."""
        return {resident: place.engine for resident, place in tuple(self._places.items())}

    async def find(self, resident: ResidentId) -> Engine:
        """The model, loaded where it is not; raises as `Source.load` does, and QueueFull for no room."""
        place = self._places.get(resident)
        if place is not None:
            self._places.move_to_end(resident)
            return place.engine
        loading = self._loading.get(resident)
        if loading is None:
            self._check_failed(resident)
            loading = self._loading[resident] = asyncio.create_task(self._load(resident))
        # Whoever began it may leave; the others still wait.
        return await asyncio.shield(loading)

    def drop(self, resident: ResidentId) -> None:
        """Unload a model that nobody wants any more, once it is idle."""
        place = self._places.get(resident)
        if place is not None and not self._asking[resident]:
            self._unload(resident)

    def close(self) -> None:
        """Unload everything."""
        for task in self._loading.values():
            task.cancel()
        for place in self._places.values():
            place.engine.close()
            place.shelved.loaded.close()
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _enter(self, resident: ResidentId) -> Door:
        door = self._doors.get(resident)
        if door is None:
            door = self._doors[resident] = self._open_door(resident)
            if len(self._doors) > _DOORS:
                self._doors.popitem(last=False)
        return door

    def _check_failed(self, resident: ResidentId) -> None:
        at, error = self._failed.get(resident, (float("-inf"), None))
        if error is not None and monotonic() - at < _FORGIVE_S:
            raise error
        self._failed.pop(resident, None)

    async def _load(self, resident: ResidentId) -> Engine:
        try:
            return await self._open(resident)
        except TidegateError as error:
            if not isinstance(error, QueueFull | EndpointNotFound):
                self._failed[resident] = (monotonic(), error)
            raise
        finally:
            del self._loading[resident]

    async def _open(self, resident: ResidentId) -> Engine:
        loop = asyncio.get_running_loop()
        shelved = await loop.run_in_executor(self._worker, self._source.load, resident)
        try:
            self._make_room(shelved.size_bytes)
        except QueueFull:
            shelved.loaded.close()
            raise
        engine = Engine(shelved.loaded, self._enter(resident), self._release)
        self._places[resident] = _Place(engine, shelved)
        loop.run_in_executor(self._worker, self._source.announce, resident)
        log.info("%s is loaded: %d MB", resident, shelved.size_bytes // _MEGABYTE)
        return engine

    def _make_room(self, size_bytes: int) -> None:
        """Unload idle models, those first that were asked for the longest ago; raises QueueFull."""
        limit = self._spec.memory_mb * _MEGABYTE
        for resident in tuple(self._places):
            held = sum(place.shelved.size_bytes for place in self._places.values())
            if held + size_bytes <= limit and len(self._places) < self._spec.max_models:
                return
            self.drop(resident)
        # One that is larger than all of it has the replica to itself.
        if self._places:
            held = sum(place.shelved.size_bytes for place in self._places.values())
            if held + size_bytes > limit or len(self._places) >= self._spec.max_models:
                raise QueueFull(f"pool {self._spec.name}", _RETRY_AFTER_S)

    def _unload(self, resident: ResidentId) -> None:
        place = self._places.pop(resident)
        place.engine.close()
        loop = asyncio.get_running_loop()
        loop.run_in_executor(self._worker, self._source.withdraw, resident)
        loop.run_in_executor(self._worker, place.shelved.loaded.close)
        log.info("%s makes room", resident)
