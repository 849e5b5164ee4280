from tests.fakes.command import fail, read, tell
from tests.fakes.control import FakeControl


def test_a_plan_is_set_listed_and_deleted(served: FakeControl) -> None:
    read("plans", "set", "gold", "--rate", "5", "--burst", "20", "--quota", "1000/day")
    told = tell("plans", "list")
    assert "5/s" in told
    assert "1000/day" in told
    assert "in force" in tell("plans", "set", "few", "--concurrency", "2")
    assert read("plans", "delete", "few") == {"deleted": "few"}
    assert [one["spec"]["name"] for one in read("plans", "list")] == ["gold"]


def test_a_plan_that_limits_nothing_is_refused(served: FakeControl) -> None:
    assert "name a rate" in fail("plans", "set", "gold").text
    assert "period" in fail("plans", "set", "gold", "--quota", "5/year").text
