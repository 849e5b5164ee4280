"""The client's calls about endpoints."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.endpoint import EndpointSpec
from core.errors import Conflict, Unavailable
from core.refs import ModelRef
from registry.records import EndpointState, ResidentState
from tidegate.client.connection import Connection
from tidegate.client.waiting import Waiting
from tidegate.control.documents import (
    AliasDocument,
    EndpointDocument,
    EventDocument,
    ModelDocument,
    ProofDocument,
    TruthReceipt,
    TruthRecord,
    TruthRequest,
)
from tidegate.control.measures import RolloutDocument, ShadowDocument

_BROKEN = (EndpointState.FAILED, EndpointState.DEGRADED)
# After an alias has moved, or the platform has started, the reconciler takes a turn to notice: until
# then an endpoint still says how it stood before.
_SETTLE_S = 3.0


class Endpoints:
    """Endpoints, how they stand, and ground truth for what they answered."""

    def __init__(self, connection: Connection, waiting: Waiting) -> None:
        self._connection, self._waiting = connection, waiting

    def apply(self, spec: EndpointSpec | Mapping[str, Any]) -> EndpointDocument:
        """Create an endpoint or replace its spec; returns at once, `wait` tells when it is so."""
        wanted = spec if isinstance(spec, EndpointSpec) else EndpointSpec.read(spec)
        body = wanted.model_dump(mode="json")
        return self._connection.put(EndpointDocument, "endpoints", wanted.name, body=body)

    def list(self) -> tuple[EndpointDocument, ...]:
        """All endpoints."""
        return self._connection.list(EndpointDocument, "endpoints")

    def get(self, name: str) -> EndpointDocument:
        """One endpoint; raises NotFound."""
        return self._connection.get(EndpointDocument, "endpoints", name)

    def remove(self, name: str, *, with_routes: bool = False) -> None:
        """Begin to take an endpoint down; it is gone once `get` raises NotFound.

        Raises Conflict while routes lead to it, unless they are to go `with_routes`.
        """
        wanted = {"with_routes": "true"} if with_routes else {}
        self._connection.delete("endpoints", name, query=wanted)

    def events(self, name: str) -> tuple[EventDocument, ...]:
        """What happened to it, newest first."""
        return self._connection.list(EventDocument, "endpoints", name, "events")

    def rollout(self, name: str) -> RolloutDocument:
        """How far a rollout is, and how each version does; raises NotFound."""
        return self._connection.get(RolloutDocument, "endpoints", name, "rollout")

    def shadows(self, name: str, window_s: float = 3600.0) -> tuple[ShadowDocument, ...]:
        """How shadow variants compare with the live ones in the last seconds; raises NotFound."""
        query = {"window_s": f"{window_s:g}"}
        return self._connection.list(ShadowDocument, "endpoints", name, "shadows", query=query)

    def rollback(self, name: str) -> tuple[AliasDocument, ...]:
        """Move each alias that the endpoint's variants name back to where it stood before.

        Raises EndpointNotFound, and Conflict for an endpoint that names versions only, or an alias that
        has not moved.
        """
        refs = [ModelRef.parse(variant.model) for variant in self.get(name).spec.variants]
        named = dict.fromkeys((ref.model, ref.alias) for ref in refs if ref.alias is not None)
        if not named:
            told = "versions; apply the spec with the version before"
            raise Conflict("endpoint", name, "an alias to move back", told)
        movable = [pair for pair in named if self._has_moved(*pair)]
        # Where nothing can go back, the server says why of each.
        return tuple(
            self._connection.post(AliasDocument, "models", model, "aliases", str(alias), "rollback")
            for model, alias in movable or named
        )

    def _has_moved(self, model: str, alias: str | None) -> bool:
        known = self._connection.get(ModelDocument, "models", model).aliases
        return any(one.name == alias and one.previous is not None for one in known)

    def logs(self, name: str, lines: int = 200) -> str:
        """The last lines of each of its replicas' logbooks; raises EndpointNotFound."""
        wanted = {"lines": str(lines)}
        return self._connection.send("GET", "endpoints", name, "logs", query=wanted).text

    def wait(
        self,
        name: str,
        timeout_s: float = 120.0,
        progress: Callable[[EndpointDocument], None] | None = None,
        *,
        version: int | None = None,
    ) -> EndpointDocument:
        """Wait until the endpoint is ready and a replica answers; with `version`, until it is live too.

        `progress` is called with what was seen, whenever it has changed. Raises Unavailable with the
        reason when the wanted version failed, DeadlineExceeded when the time ran out.
        """
        began = self._waiting.clock.monotonic()

        def is_there(seen: EndpointDocument) -> bool:
            if seen.state in _BROKEN and self._waiting.clock.monotonic() - began >= _SETTLE_S:
                raise Unavailable(name, seen.reason or seen.state)
            live = {one.version for one in seen.residents if one.state is ResidentState.LIVE}
            may_sleep = any(one.autoscaling or one.pool for one in seen.spec.variants)
            is_ready = seen.state is EndpointState.READY and (bool(seen.replicas) or may_sleep)
            return is_ready and (version is None or version in live)

        return self._waiting.until(
            lambda: self.get(name),
            is_there,
            subject=f"endpoint {name}",
            timeout_s=timeout_s,
            progress=progress,
        )

    def prove(self, name: str, ttl_s: float = 300.0) -> ProofDocument:
        """A header that opens the endpoint's replicas directly; raises NotFound, NoReplica."""
        return self._connection.post(
            ProofDocument, "endpoints", name, "proof", body={"ttl_s": ttl_s}
        )

    def add_truth(self, name: str, records: Iterable[TruthRecord | Mapping[str, Any]]) -> int:
        """Say what the right answers were: `inference_id`, `label` and, of many rows, `row`.

        Returns how many were kept; raises NotFound, InvalidSpec.
        """
        wanted = TruthRequest.read({"records": [_write(record) for record in records]})
        body = wanted.model_dump(mode="json")
        answer = self._connection.post(TruthReceipt, "endpoints", name, "ground-truth", body=body)
        return answer.accepted


def _write(record: TruthRecord | Mapping[str, Any]) -> Any:
    return record.model_dump(mode="json") if isinstance(record, TruthRecord) else record
