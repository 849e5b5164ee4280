import pickle

import pytest

from core.errors import InvalidSpec
from serving.blueprint import ReplicaPlan, read_plan, write_plan
from serving.surroundings import Surroundings
from tests.fakes.gateway import make_resident

AROUND = Surroundings("sqlite://", "127.0.0.1", 5, "/logs", frozenset({"python", "remote", "a"}))


def test_equal_plans_are_equal_text_wherever_they_come_from() -> None:
    plan = ReplicaPlan.of(make_resident(), AROUND)
    text = write_plan(plan)
    assert read_plan(text) == plan
    # One that went through the tables is made of other objects.
    copied = pickle.loads(pickle.dumps(plan))  # noqa: S301 - our own bytes
    assert write_plan(copied) == write_plan(read_plan(text)) == text


def test_what_is_no_plan_is_refused() -> None:
    with pytest.raises(InvalidSpec):
        read_plan("{}")
