"""The dispatcher: gets a request answered by some replica of a resident, within its time.

A replica that is gone costs the request another try, not its answer: inference is idempotent. When no
replica is there the request waits for one, in a bounded queue, so that a pool which heals in seconds
answers everybody.
"""

from core.clock import Clock
from core.errors import DeadlineExceeded, NoReplica, QueueFull, ReplicaLost, TidegateError
from core.wire import Message
from gateway.balancer import Balancer
from gateway.envelope import Sealer, read_error
from gateway.follower import Follower
from gateway.upstream import Broken, Upstream, UpstreamReply
from registry.records import Lease, Resident

MAX_ATTEMPTS = 4
MAX_WAITING = 2048
_RETRY_AFTER_S = 1.0


class Dispatcher:
    """Chooses, sends, and tries again. Belongs to one event loop."""

    def __init__(
        self, follower: Follower, upstream: Upstream, balancer: Balancer, clock: Clock
    ) -> None:
        self._follower = follower
        self._upstream = upstream
        self._balancer = balancer
        self._clock = clock
        self._sealer = Sealer(clock)
        self._waiting = 0

    async def dispatch(
        self, resident: Resident, message: Message, timeout_s: float
    ) -> UpstreamReply:
        """The answer of one of the resident's replicas.

        Raises NoReplica when none came in time, DeadlineExceeded, ReplicaLost after several tries,
        QueueFull, and what the replica itself answered with.
        """
        ends_at = self._clock.monotonic() + timeout_s
        failure: TidegateError | None = None
        for _ in range(MAX_ATTEMPTS):
            lease = await self._find_lease(resident, ends_at)
            left_s = ends_at - self._clock.monotonic()
            if left_s <= 0:
                raise failure or DeadlineExceeded(resident.endpoint, timeout_s)
            try:
                reply = await self._ask(resident, lease, message, left_s)
            except Broken as error:
                if error.is_refused:
                    self._balancer.forget(self._clock.now())
                    self._balancer.eject(lease)
                failure = ReplicaLost(resident.endpoint, str(error))
                continue
            except TimeoutError as error:
                raise DeadlineExceeded(resident.endpoint, timeout_s) from error
            if reply.status == 200:
                return reply
            failure = read_error(resident.endpoint, reply, timeout_s)
            if not isinstance(failure, QueueFull) or self._is_alone(resident):
                raise failure
        raise failure or NoReplica(resident.endpoint)

    async def _ask(
        self, resident: Resident, lease: Lease, message: Message, left_s: float
    ) -> UpstreamReply:
        secret = self._follower.directory.secret
        sealed = self._sealer.seal(resident, secret, message, left_s)
        self._balancer.start(lease)
        try:
            return await self._upstream.ask(lease.address, sealed, left_s)
        finally:
            self._balancer.finish(lease)

    async def _find_lease(self, resident: Resident, ends_at: float) -> Lease:
        lease = self._choose(resident)
        return lease if lease is not None else await self._wait_for_lease(resident, ends_at)

    async def _wait_for_lease(self, resident: Resident, ends_at: float) -> Lease:
        if self._waiting >= MAX_WAITING:
            raise QueueFull(resident.endpoint, _RETRY_AFTER_S)
        self._waiting += 1
        try:
            while (left_s := ends_at - self._clock.monotonic()) > 0:
                await self._follower.wait_for_change(left_s)
                lease = self._choose(resident)
                if lease is not None:
                    return lease
        finally:
            self._waiting -= 1
        raise NoReplica(resident.endpoint)

    def _choose(self, resident: Resident) -> Lease | None:
        return self._balancer.choose(self._follower.directory.leases.get(resident.id, ()))

    def _is_alone(self, resident: Resident) -> bool:
        return len(self._follower.directory.leases.get(resident.id, ())) < 2
