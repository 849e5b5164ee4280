from pathlib import Path

import pytest

from core.errors import NotFound
from tests.fakes.command import read, tell
from tests.fakes.control import FakeControl


@pytest.fixture
def logged(served: FakeControl) -> FakeControl:
    """`iris` has one replica that has said something."""
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    resident = served.load("iris")
    place = served.home / "logs" / resident.id
    place.mkdir(parents=True)
    (place / "r1.log").write_text("one\ntwo\nthree\n")
    return served


def test_the_last_lines_of_each_replica_are_read(logged: FakeControl) -> None:
    assert logged.client.endpoints.logs("iris", 2) == "==> r1 <==\ntwo\nthree\n"


def test_the_command_shows_them(logged: FakeControl) -> None:
    assert "three" in tell("endpoints", "logs", "iris")
    assert read("endpoints", "logs", "iris", "--lines", "1")["logs"].endswith("three\n")


def test_an_endpoint_that_is_not_there_has_none(served: FakeControl, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        served.client.endpoints.logs("nobody")
