"""Calendar periods in UTC: when the one that a moment lies in begins and ends."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.plan import Period

_HOUR_S = 3600


def find_period(period: Period, now: float) -> tuple[str, float]:
    """The name of the period that `now` (Unix seconds) lies in, and when it ends.

    A week begins on Monday (ISO 8601).
    """
    # Periods begin at whole hours, and every limited request asks.
    return _find(period, int(now // _HOUR_S))


@lru_cache(maxsize=64)
def _find(period: Period, hour: int) -> tuple[str, float]:
    at = datetime.fromtimestamp(hour * _HOUR_S, UTC)
    start = at.replace(hour=0)
    if period == "week":
        start -= timedelta(days=start.weekday())
        ends = start + timedelta(days=7)
    elif period == "month":
        start = start.replace(day=1)
        ends = (start + timedelta(days=32)).replace(day=1)
    else:
        ends = start + timedelta(days=1)
    return f"{start:%Y-%m-%d}/{period}", ends.timestamp()
