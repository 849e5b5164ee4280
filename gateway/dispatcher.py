"""The dispatcher: gets a request answered by some replica of a resident, within its time.

A replica that is gone costs the request another try, not its answer: inference is idempotent unless the
request says otherwise. When no replica is there the request waits for one, in a bounded queue, so that a
pool which heals in seconds answers everybody.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from core.clock import Clock
from core.errors import (
    DeadlineExceeded,
    NoReplica,
    QueueFull,
    ReplicaLost,
    TidegateError,
    Unavailable,
)
from core.refs import ReplicaId
from core.wire import Message
from gateway.answering import Answering, begin_answering, read_error_frame
from gateway.balancer import Balancer
from gateway.envelope import Sealer, read_error
from gateway.follower import Follower
from gateway.meter import Meter
from gateway.spread import spread
from gateway.stickiness import Stickiness
from gateway.trace import Trace
from gateway.upstream import Broken, Upstream, UpstreamReply
from registry.records import Lease, Resident

MAX_ATTEMPTS = 4
# A request that two replicas died of may be the cause: no third one is risked.
MAX_DEATHS = 2
MAX_WAITING = 2048
MAX_WAITING_BYTES = 256 * 2**20
_RETRY_AFTER_S = 1.0
Answer = TypeVar("Answer", bound=Answering | UpstreamReply)


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be answered, by whose replicas, within which time.

    One that is not `idempotent` is sent again only when it certainly never arrived. One that is not
    `is_patient` waits for no replica. Steps of one `sequence` go to one replica; the one that
    `begins` it may go to any.
    """

    resident: Resident
    message: Message
    timeout_s: float
    idempotent: bool = True
    rows: int = 1
    is_patient: bool = True
    sequence: str = ""
    begins: bool = False
    trace: Trace | None = None


class Dispatcher:
    """Chooses, sends, and tries again. Belongs to one event loop."""

    def __init__(
        self,
        follower: Follower,
        upstream: Upstream,
        balancer: Balancer,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._meter = meter
        self._stickiness = Stickiness()
        self._follower = follower
        self._upstream = upstream
        self._balancer = balancer
        self._clock = clock
        self._sealer = Sealer(clock)
        self._waiting = 0
        self._waiting_bytes = 0

    async def dispatch(self, errand: Errand) -> UpstreamReply:
        """The answer of one of the resident's replicas.

        Raises NoReplica when none came in time, DeadlineExceeded, ReplicaLost after several tries,
        QueueFull, and what the replica itself answered with.
        """
        with self._meter.watch(errand.resident.id, errand.rows):
            return await self._try(errand, self._ask)

    async def stream(self, errand: Errand) -> AsyncGenerator[Message, None]:
        """The pieces of the answer as they come; one, where the model does not stream.

        Raises as `dispatch` does; the request is sent again only before the first piece. The errand's
        time bounds the wait for each piece. Closing the iterator ends the replica's work.
        """
        with self._meter.watch(errand.resident.id, errand.rows):
            answer = await self._try(errand, self._begin)
        if isinstance(answer, UpstreamReply):
            yield answer.message
            return
        try:
            async for frame in answer:
                if frame.is_error:
                    reply = read_error_frame(frame)
                    raise read_error(errand.resident.endpoint, reply, errand.timeout_s)
                yield frame.message
        except Broken as error:
            raise ReplicaLost(errand.resident.endpoint, str(error)) from error
        except TimeoutError as error:
            raise DeadlineExceeded(errand.resident.endpoint, errand.timeout_s) from error
        finally:
            answer.close()

    async def _try(
        self, errand: Errand, ask: Callable[[Errand, Lease, float], Awaitable[Answer]]
    ) -> Answer:
        resident = errand.resident
        ends_at = self._clock.monotonic() + errand.timeout_s
        failure: TidegateError | None = None
        deaths = 0
        tried: tuple[ReplicaId, ...] = ()
        for _ in range(MAX_ATTEMPTS):
            lease = await self._find_lease(errand, ends_at, tried)
            tried = (*tried, lease.replica)
            left_s = ends_at - self._clock.monotonic()
            if left_s <= 0:
                raise failure or DeadlineExceeded(resident.endpoint, errand.timeout_s)
            try:
                answer = await ask(errand, lease, left_s)
            except Broken as error:
                deaths += error.was_sent
                failure = self._judge_break(errand, lease, error, deaths)
                continue
            except TimeoutError as error:
                raise DeadlineExceeded(resident.endpoint, errand.timeout_s) from error
            if not isinstance(answer, UpstreamReply) or answer.status == 200:
                return answer
            failure = self._judge_refusal(errand, lease, answer)
        raise failure or NoReplica(resident.endpoint)

    async def _ask(self, errand: Errand, lease: Lease, left_s: float) -> UpstreamReply:
        sealed = self._seal(errand, left_s, streams=False)
        self._balancer.start(lease)
        try:
            once = not errand.idempotent
            return await self._upstream.ask(lease.address, sealed, left_s, once=once)
        finally:
            self._balancer.finish(lease)

    async def _begin(
        self, errand: Errand, lease: Lease, left_s: float
    ) -> Answering | UpstreamReply:
        sealed = self._seal(errand, left_s, streams=True)
        self._balancer.start(lease)
        answer: Answering | UpstreamReply | None = None
        try:
            once = not errand.idempotent
            flow = await self._upstream.stream(lease.address, sealed, left_s, once=once)
            answer = await begin_answering(flow, partial(self._balancer.finish, lease))
            return answer
        finally:
            if not isinstance(answer, Answering):
                self._balancer.finish(lease)

    def _seal(self, errand: Errand, left_s: float, *, streams: bool) -> bytes:
        secret = self._follower.directory.secret
        return self._sealer.seal(
            errand.resident, secret, errand.message, left_s, errand.trace, streams=streams
        )

    def _judge_break(
        self, errand: Errand, lease: Lease, broken: Broken, deaths: int
    ) -> ReplicaLost:
        """The failure if this was the last try; raised at once when another would be wrong."""
        if broken.is_refused:
            self._balancer.forget(self._clock.now())
            self._balancer.eject(lease)
        failure = ReplicaLost(errand.resident.endpoint, str(broken))
        if broken.was_sent and (deaths >= MAX_DEATHS or not errand.idempotent):
            raise failure from broken
        return failure

    def _judge_refusal(self, errand: Errand, lease: Lease, reply: UpstreamReply) -> TidegateError:
        """The failure if this was the last try; raised at once when another would be in vain."""
        failure = read_error(errand.resident.endpoint, reply, errand.timeout_s)
        match failure:
            case QueueFull():
                if not self._is_alone(errand.resident):
                    return failure
            case DeadlineExceeded():
                pass
            case Unavailable():
                # It will not compute this nor the next: left out until it renews its lease.
                self._balancer.eject(lease)
                return failure
        raise failure

    async def _find_lease(
        self, errand: Errand, ends_at: float, tried: tuple[ReplicaId, ...]
    ) -> Lease:
        resident, size = errand.resident, len(errand.message.body)
        lease = self._choose(errand, tried)
        if lease is not None:
            return lease
        if not errand.is_patient:
            raise NoReplica(resident.endpoint)
        if self._waiting >= MAX_WAITING or self._waiting_bytes + size > MAX_WAITING_BYTES:
            raise QueueFull(resident.endpoint, _RETRY_AFTER_S)
        self._waiting += 1
        self._waiting_bytes += size
        self._meter.wait(resident.id)
        try:
            while (left_s := ends_at - self._clock.monotonic()) > 0:
                await self._follower.wait_for_change(left_s)
                lease = self._choose(errand, tried)
                if lease is not None:
                    return lease
        finally:
            self._waiting -= 1
            self._waiting_bytes -= size
            self._meter.leave(resident.id)
        raise NoReplica(resident.endpoint)

    def _choose(self, errand: Errand, tried: tuple[ReplicaId, ...]) -> Lease | None:
        """One that was not tried before, where there is one."""
        resident = errand.resident
        directory, choose = self._follower.directory, self._balancer.choose
        leases = directory.leases.get(resident.id, ())
        if errand.sequence:
            # A replica that has no room for one more sequence leaves room elsewhere.
            roomy = _leave_out(leases, tried) if errand.begins else leases
            return choose(self._stickiness.choose(resident.id, errand.sequence, roomy or leases))
        pool = directory.pools.get(resident.spec.pool or "")
        if pool is not None:
            leases = spread(resident.id, leases, pool, self._balancer.in_flight)
        found = choose(_leave_out(leases, tried)) or (choose(leases) if tried else None)
        if found is None and pool is not None:
            found = choose(_leave_out(pool.leases, tried))
        return found

    def _is_alone(self, resident: Resident) -> bool:
        return len(self._follower.directory.find_leases(resident)) < 2


def _leave_out(leases: tuple[Lease, ...], tried: tuple[ReplicaId, ...]) -> tuple[Lease, ...]:
    return tuple(one for one in leases if one.replica not in tried) if tried else leases
