"""Calendar periods in UTC: when the one that a moment lies in begins and ends."""

from datetime import UTC, datetime, timedelta

from core.plan import Period


def find_period(period: Period, now: float) -> tuple[str, float]:
    """The name of the period that `now` (Unix seconds) lies in, and when it ends.

    A week begins on Monday (ISO 8601).
    """
    at = datetime.fromtimestamp(now, UTC)
    start = at.replace(hour=0, minute=0, second=0, microsecond=0)
    if period == "week":
        start -= timedelta(days=start.weekday())
        ends = start + timedelta(days=7)
    elif period == "month":
        start = start.replace(day=1)
        ends = (start + timedelta(days=32)).replace(day=1)
    else:
        ends = start + timedelta(days=1)
    return f"{start:%Y-%m-%d}/{period}", ends.timestamp()
