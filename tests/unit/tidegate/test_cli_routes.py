from typing import Any

import pytest

from tests.fakes.command import fail, read, tell
from tests.fakes.control import FakeControl


@pytest.fixture
def deployed(served: FakeControl) -> FakeControl:
    """`iris` is an endpoint."""
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    return served


def test_a_route_asks_for_a_key_unless_told_otherwise(deployed: FakeControl) -> None:
    exposed = read("routes", "expose", "flowers", "--endpoint", "iris")
    assert (exposed["spec"]["endpoint"], exposed["spec"]["auth"]) == ("iris", ["api_key"])
    told = tell("routes", "expose", "open", "--endpoint", "iris", "--anonymous")
    assert "/v2/models/open" in told
    assert [one["spec"]["auth"] for one in read("routes", "list")] == [["api_key"], ["anonymous"]]
    assert "flowers" in tell("routes", "list")


def test_a_route_is_taken_back(deployed: FakeControl) -> None:
    read("routes", "expose", "flowers", "--endpoint", "iris")
    assert read("routes", "delete", "flowers") == {"deleted": "flowers"}
    assert read("routes", "list") == []


def test_a_route_to_nowhere_is_refused(served: FakeControl) -> None:
    failure = fail("routes", "expose", "flowers", "--endpoint", "nobody")
    assert (failure.code, "nobody" in failure.text, "list" in failure.advice) == (1, True, True)


def test_a_route_offers_what_was_named(served: FakeControl) -> None:
    served.publish()
    served.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    wanted = ("--operation", "infer", "--operation", "async")
    route: Any = read("routes", "expose", "flowers", "--endpoint", "iris", *wanted)
    assert route["spec"]["operations"] == ["infer", "async"]
