import pytest

from core.errors import InvalidSpec
from core.pool import PoolSpec, read_pool

SMALL = PoolSpec(name="small.models")


def test_its_application_is_known_by_its_name() -> None:
    assert read_pool(SMALL.app) == "small.models"
    assert read_pool("iris-main-0123") is None
    assert read_pool("pool-main-0123") is None


def test_what_replicas_are_started_with_names_another_application() -> None:
    assert PoolSpec(name="small.models", memory_mb=9).app != SMALL.app
    assert PoolSpec(name="small.models", spread_at=2).app == SMALL.app


def test_names_leave_room_for_what_is_named_after_them() -> None:
    assert len(PoolSpec(name="p" * 40).app) <= 60
    with pytest.raises(InvalidSpec):
        PoolSpec.read({"name": "p" * 41})
