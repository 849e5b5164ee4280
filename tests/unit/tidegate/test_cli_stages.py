import pytest

from tests.fakes.command import fail, read, tell
from tests.fakes.control import FakeControl


@pytest.fixture
def exposed(served: FakeControl) -> FakeControl:
    """Deployment 1 has a route, deployment 2 another one beside."""
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    read("routes", "expose", "flowers", "--endpoint", "iris")
    read("routes", "expose", "garden", "--endpoint", "iris")
    return served


def test_history_is_shown_and_undone(exposed: FakeControl) -> None:
    assert [one["number"] for one in read("stages", "history")] == [2, 1]
    assert "route garden" in tell("stages", "history")
    assert "+ route garden" in tell("stages", "diff", "1", "2")
    assert read("stages", "rollback")["deployment"] == 1
    assert [one["spec"]["name"] for one in read("routes", "list")] == ["flowers"]


def test_a_canary_comes_and_goes(exposed: FakeControl) -> None:
    assert read("stages", "move", "prod", "1", "--share", "0.2")["canary"] == 1
    assert "20%" in tell("stages", "list")
    assert read("stages", "abort", "prod")["canary"] is None
    read("stages", "move", "prod", "1", "--share", "0.2")
    assert read("stages", "promote", "prod")["deployment"] == 1
    assert read("stages", "hosts", "prod", "api.example.com")["hosts"] == ["api.example.com"]


def test_a_stage_is_deleted(exposed: FakeControl) -> None:
    assert read("stages", "delete", "prod") == {"deleted": "prod"}
    assert "unknown stage" in fail("stages", "delete", "prod").text
