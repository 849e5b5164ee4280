"""Charges: what a request costs under each plan that it falls under, and the words that tell callers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor

from core.calendar import find_period
from core.http import Headers
from core.plan import PlanSpec

_PERIOD_S = {"day": 86_400, "week": 7 * 86_400, "month": 31 * 86_400}


@dataclass(frozen=True, slots=True)
class Charge:
    """One plan's cost of one request; `subject` is whose bucket pays."""

    plan: PlanSpec
    subject: str
    cost: float = 1.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left of a bucket and of a quota; None where the plan has none of it."""

    tokens: float | None = None
    quota: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether all charges were taken; else nothing was, and `limit` of charge `refused` was the reason."""

    standings: tuple[Standing, ...]
    refused: int | None = None
    limit: str = ""
    retry_after_s: float = 0.0


def write_policies(charges: Sequence[Charge]) -> bytes:
    """The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10)."""
    return b", ".join([told for charge in charges if (told := _POLICIES.find(charge.plan))])


class _Policies:
    """Each plan's own words, written once: a plan never changes, another deployment has others."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[PlanSpec, bytes]] = {}

    def find(self, plan: PlanSpec) -> bytes:
        held = self._known.get(id(plan))
        # An id may be another plan's by now.
        if held is None or held[0] is not plan:
            if len(self._known) >= _MANY_PLANS:
                self._known.clear()
            held = self._known[id(plan)] = (plan, write_policy(plan))
        return held[1]


def write_policy(plan: PlanSpec) -> bytes:
    """One plan's part of it; empty where it has neither a rate nor a quota."""
    items: list[str] = []
    unit = "" if plan.unit == "requests" else f';qu="{_UNITS[plan.unit]}"'
    if plan.rate is not None:
        window = max(1, ceil(plan.depth / plan.rate))
        items.append(f'"{plan.name}";q={floor(plan.depth)};w={window}{unit}')
    if plan.quota is not None:
        quota = plan.quota
        items.append(
            f'"{plan.name}-{quota.period}";q={quota.limit};w={_PERIOD_S[quota.period]}{unit}'
        )
    return ", ".join(items).encode()


def write_standings(charges: Sequence[Charge], standings: Sequence[Standing], now: float) -> bytes:
    """The value of `RateLimit`: what remains (`r`), and seconds until more of it is there (`t`)."""
    items: list[str] = []
    for charge, standing in zip(charges, standings, strict=True):
        plan = charge.plan
        if standing.tokens is not None and plan.rate is not None:
            refill = max(0, ceil((plan.depth - standing.tokens) / plan.rate))
            items.append(f'"{plan.name}";r={max(0, floor(standing.tokens))};t={refill}')
        if standing.quota is not None and plan.quota is not None:
            ends = find_period(plan.quota.period, now)[1]
            left = max(0, floor(standing.quota))
            items.append(f'"{plan.name}-{plan.quota.period}";r={left};t={ceil(ends - now)}')
    return ", ".join(items).encode()


def write_headers(charges: Sequence[Charge], verdict: Verdict, now: float) -> Headers:
    """Both headers; none of them where no plan has a rate or a quota."""
    policies = write_policies(charges)
    if not policies:
        return []
    standings = write_standings(charges, verdict.standings, now)
    return [(b"ratelimit-policy", policies), (b"ratelimit", standings)]


_UNITS = {"rows": "rows", "bytes": "content-bytes"}
_MANY_PLANS = 10_000
_POLICIES = _Policies()
