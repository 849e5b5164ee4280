import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import Conflict
from tests.fakes.command import fail, read, run, tell
from tests.fakes.control import TOKEN, FakeControl
from tidegate.settings import read_settings
from tidegate.supervisor.state import Child, State, hold, urls_of, write_state


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home where nothing runs."""
    monkeypatch.setenv("TIDEGATE_HOME", str(tmp_path))
    (tmp_path / "admin.token").write_text(TOKEN)
    return tmp_path


@pytest.fixture
def running(served: FakeControl) -> Iterator[FakeControl]:
    """A home whose lock is held, with a state written and the control API on its port."""
    settings = read_settings()
    settings.run.mkdir(exist_ok=True)
    with hold(settings):
        write_state(settings, State(Child(1, 0.0), 0.0, {}, (), (), ("ray",), urls_of(settings)))
        yield served


def test_a_home_where_nothing_runs(home: Path) -> None:
    result = run("status", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["running"], found["state"]) == (3, False, "stopped")
    assert "tidegate up" in run("status").stdout


def test_that_nothing_is_stopped_where_nothing_runs(home: Path) -> None:
    assert read("down") == {"stopped": False}
    assert tell("down") == "nothing was running\n"


def test_a_running_platform_tells_its_addresses_endpoints_and_trouble(
    running: FakeControl,
) -> None:
    running.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    found = read("status")
    assert (found["running"], found["state"]) == (True, "degraded")
    assert found["endpoints"] == {"iris": "creating"}
    assert found["urls"]["private"] == read_settings().private_url
    told = tell("status")
    assert "creating" in told
    assert "logs/ray.log" in told


def test_a_control_process_that_is_not_there_is_trouble(
    running: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_PRIVATE_PORT", "9")
    found = read("status")
    assert (found["running"], found["state"]) == (True, "degraded")
    assert "logs/gateway.log" in found["trouble"]["gateway"]


@pytest.mark.parametrize("options", [(), ("--foreground",)])
def test_what_runs_is_not_started_again(running: FakeControl, options: tuple[str, ...]) -> None:
    assert fail("up", *options).code == 1
    assert isinstance(run("up", *options).exception, Conflict)


def test_a_variable_that_is_wrong_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_PRIVATE_PORT", "many")
    failure = fail("status")
    assert (failure.code, "TIDEGATE_PRIVATE_PORT" in failure.text) == (1, True)
