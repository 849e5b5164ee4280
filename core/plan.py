"""Usage plans: how much callers may ask for."""

from functools import cached_property
from math import ceil
from typing import Literal, Self

from pydantic import Field, model_validator

from core.spec import Named, Spec

Unit = Literal["requests", "rows", "bytes"]
Period = Literal["day", "week", "month"]


class Quota(Spec):
    """At most `limit` units in each calendar `period` (UTC; weeks begin on Monday)."""

    limit: int = Field(ge=1, le=10**15)
    period: Period


class PlanSpec(Spec):
    """Limits, each of which may be left out.

    `rate` refills a token bucket of `burst` units each second (a second's worth unless said); `quota`
    bounds a calendar period, `concurrency` the requests that are answered at once. `unit` is what a
    request costs: one, its rows, or its body's bytes.
    """

    name: Named
    rate: float | None = Field(default=None, gt=0, le=1e9)
    burst: int | None = Field(default=None, ge=1, le=10**12)
    quota: Quota | None = None
    concurrency: int | None = Field(default=None, ge=1, le=100_000)
    unit: Unit = "requests"

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.burst is not None and self.rate is None:
            raise ValueError("a burst needs a rate that refills it")
        if self.rate is None and self.quota is None and self.concurrency is None:
            raise ValueError("name a rate, a quota or a concurrency")
        return self

    @cached_property
    def depth(self) -> float:
        """Units that the bucket holds; 0 without a rate."""
        if self.rate is None:
            return 0.0
        return float(self.burst or max(1, ceil(self.rate)))
