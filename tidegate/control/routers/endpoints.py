"""Endpoints: what is wanted, how it stands, what happened, and ground truth."""

from collections.abc import Callable

from fastapi import APIRouter

from capture.truth import TruthRecord as KeptTruth
from core.clock import Clock
from core.endpoint import EndpointSpec
from core.errors import NoReplica
from core.headers import PROOF
from core.refs import EndpointName, ModelRef
from core.signing import sign
from registry.catalogue import Catalogue
from registry.platform import Platform
from registry.records import Event, Lease, ResidentState
from tidegate.control.documents import (
    EndpointDocument,
    EventDocument,
    Listing,
    ProofDocument,
    ProofRequest,
    TruthReceipt,
    TruthRequest,
)
from tidegate.control.naming import require_same

# Writes ground truth beside the captures: the endpoint, its records, the time now.
KeepTruth = Callable[[EndpointName, list[KeptTruth], float], None]


class EndpointOperations:
    """The operations on endpoints."""

    def __init__(
        self, platform: Platform, catalogue: Catalogue, keep_truth: KeepTruth, clock: Clock
    ) -> None:
        self._platform, self._catalogue = platform, catalogue
        self._keep_truth, self._clock = keep_truth, clock

    def list(self) -> Listing[EndpointDocument]:
        """All endpoints by name."""
        residents, leases = self._platform.residents.list(), self._fresh_leases()
        known = self._platform.endpoints.list()
        return Listing(items=tuple(EndpointDocument.of(one, residents, leases) for one in known))

    def get(self, name: str) -> EndpointDocument:
        """One endpoint with its residents and replicas."""
        endpoint = self._platform.endpoints.get(EndpointName(name))
        residents, leases = self._platform.residents.list(), self._fresh_leases()
        return EndpointDocument.of(endpoint, residents, leases)

    def apply(self, name: str, spec: EndpointSpec) -> EndpointDocument:
        """Create the endpoint or replace its spec; returns before the cluster has followed."""
        require_same("EndpointSpec", name, spec.name)
        for variant in spec.variants:
            self._catalogue.resolve(ModelRef.parse(variant.model))
            if variant.pool is not None:
                self._platform.pools.get(variant.pool)
        self._platform.endpoints.apply(spec, self._clock.now())
        self._record(name, "spec applied")
        return self.get(name)

    def remove(self, name: str, *, with_routes: bool = False) -> EndpointDocument:
        """Begin to take the endpoint down; it answers no more, and is gone when all is unloaded.

        One that routes lead to is refused, unless they go `with_routes` in the same write.
        """
        taken_back = self._platform.endpoints.take_down(
            EndpointName(name), with_routes=with_routes, now=self._clock.now()
        )
        routes = f", with its routes {', '.join(taken_back)}" if taken_back else ""
        self._record(name, f"removal asked for{routes}")
        return self.get(name)

    def list_events(self, name: str) -> Listing[EventDocument]:
        """What happened to the endpoint, newest first; those of a removed one stay."""
        found = self._platform.events.list("endpoint", name)
        return Listing(items=tuple(EventDocument.of(event) for event in found))

    def add_truth(self, name: str, wanted: TruthRequest) -> TruthReceipt:
        """Keep what the right answers were, by inference id."""
        endpoint, now = self._platform.endpoints.get(EndpointName(name)), self._clock.now()
        kept = [KeptTruth(one.inference_id, one.label, now, one.row) for one in wanted.records]
        self._keep_truth(endpoint.name, kept, now)
        return TruthReceipt(accepted=len(kept))

    def prove(self, name: str, wanted: ProofRequest) -> ProofDocument:
        """A proof that opens the endpoint's replicas directly, for debugging and load tests.

        Raises NotFound, and NoReplica while no live replica answers.
        """
        endpoint, now = self._platform.endpoints.get(EndpointName(name)), self._clock.now()
        live = {
            resident.id: resident.variant
            for resident in self._platform.residents.list()
            if resident.endpoint == endpoint.name and resident.state is ResidentState.LIVE
        }
        leases = [lease for lease in self._fresh_leases() if lease.resident in live]
        if not leases:
            raise NoReplica(name)
        # A proof is for one resident: that of the first variant that answers.
        order = {variant.name: place for place, variant in enumerate(endpoint.spec.variants)}
        resident = min(leases, key=lambda one: order.get(live[one.resident], len(order))).resident
        ends = now + wanted.ttl_s
        proof = sign(self._platform.secrets.rotate(now), resident, ends)
        self._record(name, f"a proof for its replicas was handed out, good for {wanted.ttl_s:g} s")
        return ProofDocument(
            replicas=tuple(lease.address for lease in leases if lease.resident == resident),
            header=PROOF,
            proof=proof,
            expires_at=ends,
        )

    def _fresh_leases(self) -> tuple[Lease, ...]:
        # One that ended is kept for a while, and its replica answers nobody.
        now = self._clock.now()
        return tuple(one for one in self._platform.leases.list() if one.expires_at > now)

    def _record(self, name: str, message: str) -> None:
        self._platform.events.add(Event(self._clock.now(), "endpoint", name, message))


def build_router(operations: EndpointOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/endpoints", tags=["endpoints"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{name}", operations.get, methods=["GET"])
    router.add_api_route("/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/{name}", operations.remove, methods=["DELETE"])
    router.add_api_route("/{name}/events", operations.list_events, methods=["GET"])
    router.add_api_route("/{name}/proof", operations.prove, methods=["POST"])
    router.add_api_route("/{name}/ground-truth", operations.add_truth, methods=["POST"])
    return router
