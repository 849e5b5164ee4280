"""Usage plans."""

import pytest

from core.errors import InvalidSpec
from core.plan import PlanSpec


def test_a_bucket_holds_a_second_unless_it_says() -> None:
    assert PlanSpec(name="a", rate=2.5).depth == 3.0
    assert PlanSpec(name="a", rate=0.1).depth == 1.0
    assert PlanSpec(name="a", rate=2, burst=50).depth == 50.0
    assert PlanSpec(name="a", concurrency=3).depth == 0.0


@pytest.mark.parametrize(
    ("fields", "told"),
    [({}, "name a rate"), ({"burst": 3, "concurrency": 1}, "burst needs a rate")],
)
def test_a_plan_limits_something(fields: dict[str, int], told: str) -> None:
    with pytest.raises(InvalidSpec, match=told):
        PlanSpec.read({"name": "a", **fields})
