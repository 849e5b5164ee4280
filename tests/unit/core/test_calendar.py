from datetime import UTC, datetime

import pytest

from core.calendar import find_period
from core.plan import Period

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("period", "name", "ends"),
    [
        ("day", "2026-11-24/day", datetime(2026, 11, 25, tzinfo=UTC)),
        ("week", "2026-11-23/week", datetime(2026, 11, 30, tzinfo=UTC)),
        ("month", "2026-11-01/month", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_periods_are_the_calendars(period: Period, name: str, ends: datetime) -> None:
    assert find_period(period, NOW) == (name, ends.timestamp())
