"""What was measured of an endpoint's versions, as the control API answers it. Times are in seconds."""

from collections.abc import Iterable, Sequence
from functools import reduce
from math import isfinite
from operator import add
from typing import Self

from core.agreement import Agreement
from core.latencies import NO_LATENCIES, Latencies
from core.rollout import Rollout, Seen
from registry.records import Comparison, Endpoint, Resident, ResidentState
from tidegate.control.documents import Document


class LatencyDocument(Document):
    """Quantiles of a span of time; None where nothing was answered."""

    p50_s: float | None
    p95_s: float | None
    p99_s: float | None

    @classmethod
    def of(cls, found: Latencies) -> Self:
        """Those of a histogram."""
        return cls(
            p50_s=found.quantile(0.5), p95_s=found.quantile(0.95), p99_s=found.quantile(0.99)
        )


class AnsweringDocument(Document):
    """A version that answers: its share of its variant's traffic, and what became of its requests."""

    variant: str
    version: int
    state: ResidentState
    share: float
    requests: int
    errors: int
    latency: LatencyDocument

    @classmethod
    def of(cls, resident: Resident, share: float, seen: Seen) -> Self:
        """The document of a resident."""
        return cls(
            variant=resident.variant,
            version=resident.version,
            state=resident.state,
            share=share,
            requests=seen.requests,
            errors=seen.errors,
            latency=LatencyDocument.of(seen.latencies),
        )


class RolloutDocument(Document):
    """How far a rollout is. `step` counts from 1, and is 0 where no version is being rolled out."""

    endpoint: str
    rollout: Rollout
    step: int
    steps: int
    step_ends_at: float | None
    since: float
    versions: tuple[AnsweringDocument, ...]

    @classmethod
    def of(
        cls,
        endpoint: Endpoint,
        canary: Resident | None,
        since: float,
        versions: Iterable[AnsweringDocument],
    ) -> Self:
        """The document of an endpoint; `canary` is the version that is furthest behind."""
        rollout = endpoint.spec.rollout
        ends = None if canary is None else (canary.stepped_at or 0.0) + rollout.step_s
        return cls(
            endpoint=endpoint.name,
            rollout=rollout,
            step=0 if canary is None else canary.step + 1,
            steps=len(rollout.shares),
            step_ends_at=ends,
            since=since,
            versions=tuple(versions),
        )


class OutputDocument(Document):
    """One output of a shadow: rows compared, rows that agree, and the largest difference of numbers.

    No `largest` where values cannot be compared: another shape, or one of two is not finite.
    """

    name: str
    rows: int
    agreed: int
    largest: float | None


class ShadowDocument(Document):
    """A shadow beside the live answers: requests compared, which agree, fail or were dropped."""

    variant: str
    version: int
    compared: int
    agreed: int
    failed: int
    dropped: int
    outputs: tuple[OutputDocument, ...]
    latency: LatencyDocument
    live_latency: LatencyDocument

    @classmethod
    def of(cls, resident: Resident, found: Sequence[Comparison]) -> Self:
        """The sum of a resident's spans."""
        outputs: dict[str, Agreement] = {}
        for name, one in ((name, one) for span in found for name, one in span.outputs.items()):
            outputs[name] = outputs.get(name, Agreement()) + one
        return cls(
            variant=resident.variant,
            version=resident.version,
            compared=sum(one.compared for one in found),
            agreed=sum(one.agreed for one in found),
            failed=sum(one.failed for one in found),
            dropped=sum(one.dropped for one in found),
            outputs=tuple(
                OutputDocument(
                    name=name,
                    rows=one.rows,
                    agreed=one.agreed,
                    largest=one.largest if isfinite(one.largest) else None,
                )
                for name, one in outputs.items()
            ),
            latency=LatencyDocument.of(_sum(one.latencies for one in found)),
            live_latency=LatencyDocument.of(_sum(one.live_latencies for one in found)),
        )


def _sum(found: Iterable[Latencies]) -> Latencies:
    return reduce(add, found, NO_LATENCIES)
