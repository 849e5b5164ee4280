"""A replica's lease: taken when it can answer, renewed while it lives, released when it leaves."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from core.clock import Clock
from core.oip.statistics import Counts
from core.refs import EndpointName, ReplicaId, ResidentId
from registry.platform import Platform
from registry.records import Lease

log = logging.getLogger(__name__)
RENEW_S = 1.0
LIFETIME_S = 5.0


class Leaseholder:
    """Holds the lease of one replica. Its methods are called from one thread at a time."""

    def __init__(
        self, platform: Platform, replica: ReplicaId, resident: ResidentId, clock: Clock
    ) -> None:
        self._platform = platform
        self._replica = replica
        self._resident = resident
        self._clock = clock
        self._address = ""
        self._reported = Counts()
        self._renewed_at = clock.monotonic()

    @property
    def age_s(self) -> float:
        """Seconds since the tables last took our word."""
        return self._clock.monotonic() - self._renewed_at

    def take(self, address: str) -> None:
        """Announce the replica at `address` (host:port)."""
        self._address = address
        ends = self._clock.now() + LIFETIME_S
        self._platform.leases.take(Lease(self._replica, self._resident, address, ends))
        self._renewed_at = self._clock.monotonic()

    def renew(self) -> None:
        """Move the lease's end on, taking it again when somebody swept it.

        Tables that cannot be written are only logged: gateways keep what they last read.
        """
        try:
            if not self._platform.leases.renew(self._replica, self._clock.now() + LIFETIME_S):
                self.take(self._address)
            self._renewed_at = self._clock.monotonic()
        except SQLAlchemyError as error:
            log.warning("lease not renewed: %s", type(error).__name__)

    def report(self, endpoint: EndpointName, version: int, counts: Counts) -> None:
        """Write what the replica has counted, where it outlives the replica; nothing new is no write."""
        if counts == self._reported:
            return
        try:
            self._platform.counters.put(
                self._replica, endpoint, self._resident, version, counts, self._clock.now()
            )
            self._reported = counts
        except SQLAlchemyError as error:
            log.warning("counts not written: %s", type(error).__name__)

    def release(self) -> None:
        """Withdraw the lease, so that gateways send nothing new."""
        try:
            self._platform.leases.release(self._replica)
        except SQLAlchemyError as error:
            log.warning("lease not released, it will end by itself: %s", type(error).__name__)
