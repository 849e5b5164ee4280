import threading
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.running import FakeSpawner
from tidegate.settings import Settings
from tidegate.supervisor.__main__ import describe, supervise
from tidegate.supervisor.restart import RestartPolicy
from tidegate.supervisor.state import Child, State, read_remains
from tidegate.supervisor.watch import Watch


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings(home=tmp_path)


@pytest.fixture
def spawner() -> FakeSpawner:
    return FakeSpawner()


@pytest.fixture
def watch(spawner: FakeSpawner) -> Watch:
    return Watch((spawner.part("ray"),), spawner.spawn, FakeClock(), RestartPolicy())


def test_that_the_state_tells_what_runs(spawner: FakeSpawner, watch: Watch) -> None:
    spawner.ready.add("ray")
    watch.step()
    watch.step()
    state = describe(State(Child(5, 0), 0, {}, (), (), (), {}), watch)
    assert state.children == {"ray": Child(1, 1.0)}
    assert state.descendants == (Child(1001, 0.0),)
    assert state.ready == ("ray",)
    assert state.failing == ()


def test_that_stopping_ends_the_parts_and_the_state(
    settings: Settings, spawner: FakeSpawner, watch: Watch
) -> None:
    stopping = threading.Event()
    thread = threading.Thread(target=supervise, args=(settings, watch, FakeClock(), stopping))
    spawner.started.clear()
    thread.start()
    assert spawner.started.wait(5)
    stopping.set()
    thread.join()
    assert spawner.log == ["start ray", "end ray 5"]
    assert read_remains(settings) is None


def test_that_a_full_disk_stops_nothing(settings: Settings, watch: Watch) -> None:
    stopping = threading.Event()
    refused = OSError(28, "No space left on device")
    broken = BrokenWatch(watch, refused, stopping)
    supervise(settings, broken, FakeClock(), stopping)
    assert broken.steps == 2


class BrokenWatch(Watch):
    """Fails at the first step and asks for the end at the second."""

    def __init__(self, watch: Watch, error: OSError, stopping: threading.Event) -> None:
        self.keepers = watch.keepers
        self.steps = 0
        self._error = error
        self._stopping = stopping

    def step(self) -> None:
        self.steps += 1
        if self.steps == 1:
            raise self._error
        self._stopping.set()
