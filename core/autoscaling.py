"""How many replicas a variant has: what is measured, and the least that must be there. Pure."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from core.spec import Spec

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _is_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}; one is 'Europe/Berlin'") from error
    return name


class Minimum(Spec):
    """At least so many replicas from `start` to `end` on these days, by the clocks of `timezone`.

    An end at or before the start is one on the next day.
    """

    replicas: int = Field(ge=1, le=1000)
    start: time
    end: time
    days: tuple[Day, ...] = Field(default=_DAYS, min_length=1, max_length=7)
    timezone: Annotated[str, AfterValidator(_is_zone)] = "UTC"

    def is_due(self, now: float) -> bool:
        """Whether it holds at this time (Unix seconds)."""
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(self.timezone))
        clock = local.time()
        if self.start < self.end:
            return self._is_on(local) and self.start <= clock < self.end
        began_today = self._is_on(local) and clock >= self.start
        return began_today or (self._is_on(local - timedelta(days=1)) and clock < self.end)

    def _is_on(self, local: datetime) -> bool:
        return _DAYS[local.weekday()] in self.days


class Autoscaling(Spec):
    """Between `min_replicas` and `max_replicas`, so many that each has about `target` of `metric`.

    `rows`: rows that wait or are computed. `requests`: requests a second. `cpu`, `gpu`: the share of its
    processors that is busy, 0 to 1. More are started once the load was high for `upscale_delay_s`, some
    stopped once it was low for `downscale_delay_s`. With a minimum of 0 the last one goes when nobody has
    asked for `idle_s`; the next request starts one and waits for it.
    """

    min_replicas: int = Field(default=1, ge=0, le=1000)
    max_replicas: int = Field(ge=1, le=1000)
    metric: Literal["rows", "requests", "cpu", "gpu"] = "rows"
    target: float = Field(default=32.0, gt=0, le=1e9)
    upscale_delay_s: float = Field(default=5.0, ge=0, le=3600)
    downscale_delay_s: float = Field(default=60.0, ge=0, le=86_400)
    idle_s: float = Field(default=300.0, gt=0, le=86_400)
    schedule: tuple[Minimum, ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("min_replicas is above max_replicas")
        if any(one.replicas > self.max_replicas for one in self.schedule):
            raise ValueError("a scheduled minimum is above max_replicas")
        if self.metric in ("cpu", "gpu") and self.target > 1:
            raise ValueError(f"target of {self.metric} is a share from 0 to 1, such as 0.7")
        return self

    def floor(self, now: float, asked_at: float) -> int:
        """The least replicas at this time, when the last request came at `asked_at` (Unix seconds)."""
        scheduled = (one.replicas for one in self.schedule if one.is_due(now))
        least = max((self.min_replicas, *scheduled))
        return max(least, int(now < asked_at + self.idle_s))
