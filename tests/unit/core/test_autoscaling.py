from datetime import UTC, datetime

import pytest

from core.autoscaling import Autoscaling, Minimum
from core.errors import InvalidSpec

OFFICE = {"replicas": 3, "start": "08:00", "end": "18:00", "days": ["mon", "tue"]}
NIGHT = {"replicas": 2, "start": "22:00", "end": "02:00", "days": ["mon"]}


def at(day: int, hour: int) -> float:
    """2026-11-23 is a Monday."""
    return datetime(2026, 11, day, hour, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("document", "day", "hour", "is_due"),
    [
        (OFFICE, 23, 8, True),
        (OFFICE, 23, 18, False),
        (OFFICE, 25, 9, False),
        (NIGHT, 23, 23, True),
        (NIGHT, 24, 1, True),
        (NIGHT, 24, 2, False),
        (NIGHT, 24, 23, False),
        (NIGHT, 23, 1, False),
        ({**OFFICE, "timezone": "America/New_York"}, 23, 8, False),
        ({**OFFICE, "timezone": "America/New_York"}, 23, 13, True),
    ],
)
def test_a_minimum_holds_by_its_own_clock(
    document: dict[str, object], day: int, hour: int, *, is_due: bool
) -> None:
    assert Minimum.read(document).is_due(at(day, hour)) is is_due


def test_the_floor_is_the_highest_of_what_holds() -> None:
    scaling = Autoscaling.read({"max_replicas": 4, "min_replicas": 0, "schedule": [OFFICE]})
    assert scaling.floor(at(23, 9), asked_at=0.0) == 3
    assert scaling.floor(at(25, 9), asked_at=0.0) == 0
    assert scaling.floor(at(25, 9), asked_at=at(25, 9) - scaling.idle_s + 1) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"max_replicas": 1, "min_replicas": 2},
        {"max_replicas": 2, "schedule": [OFFICE]},
        {"max_replicas": 2, "metric": "cpu", "target": 70},
        {"max_replicas": 4, "schedule": [{**OFFICE, "timezone": "Mars/Base"}]},
        {},
    ],
)
def test_what_cannot_be_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(InvalidSpec):
        Autoscaling.read(document)
