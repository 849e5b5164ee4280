"""What the planner looks at, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import TidegateError
from core.pool import read_pool
from core.refs import EndpointName, ResidentId
from core.rollout import Seen
from registry.catalogue import Version
from registry.records import Endpoint, Lease, Pool, Resident, Traffic
from registry.tables.traffic import SPAN_S
from serving.orchestrator import App

Resolution = Version | TidegateError


@dataclass(frozen=True, slots=True)
class World:
    """What was observed: the tables, the fresh leases, the cluster, and what each reference means."""

    endpoints: tuple[Endpoint, ...]
    residents: tuple[Resident, ...]
    leases: tuple[Lease, ...]
    apps: Mapping[ResidentId, App]
    versions: Mapping[str, Resolution]
    now: float
    traffic: tuple[Traffic, ...] = ()
    pools: tuple[Pool, ...] = ()

    def residents_of(self, endpoint: EndpointName) -> tuple[Resident, ...]:
        """The endpoint's residents."""
        return tuple(known for known in self.residents if known.endpoint == endpoint)

    def answering(self, resident: ResidentId) -> int:
        """How many replicas answer for the resident."""
        return sum(lease.resident == resident for lease in self.leases)

    def is_pool_there(self, pool: str) -> bool:
        """Whether a replica of the pool answers."""
        return any(read_pool(lease.resident) == pool for lease in self.leases)

    def seen(self, resident: ResidentId, since: float) -> Seen:
        """What gateways saw of the resident's answers, in the spans that began since (Unix seconds)."""
        return sum(
            (
                Seen(span.requests, span.errors, span.latencies)
                for span in self.traffic
                if span.resident == resident and span.span >= since
            ),
            Seen(),
        )

    def asked_at(self, resident: ResidentId) -> float:
        """When gateways last had a request for the resident, 0 where that is long ago."""
        spans = (
            span.span + SPAN_S
            for span in self.traffic
            if span.resident == resident and (span.requests or span.waiting or span.outstanding)
        )
        return float(max(spans, default=0))
