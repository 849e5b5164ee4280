from pathlib import Path

import pytest

from core.errors import Conflict
from tidegate.settings import Settings
from tidegate.supervisor.state import (
    Child,
    State,
    erase_state,
    hold,
    is_running,
    read_remains,
    read_state,
    state_file,
    urls_of,
    write_state,
)

STATE = State(
    supervisor=Child(10, 1.5),
    started_at=2.0,
    children={"ray": Child(11, 2.25)},
    descendants=(Child(12, 3.0),),
    ready=("ray",),
    failing=("control",),
    urls={"public": "http://127.0.0.1:8080"},
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return Settings(home=tmp_path)


def test_that_a_state_round_trips() -> None:
    assert State.from_json(STATE.to_json()) == STATE
    assert STATE.list_processes() == (Child(10, 1.5), Child(11, 2.25), Child(12, 3.0))


def test_that_a_state_counts_only_under_the_lock(settings: Settings) -> None:
    write_state(settings, STATE)
    assert read_state(settings) is None
    assert read_remains(settings) == STATE
    with hold(settings):
        assert read_state(settings) == STATE


def test_that_one_home_has_one_holder(settings: Settings) -> None:
    assert not is_running(settings)
    with hold(settings):
        assert is_running(settings)
        with pytest.raises(Conflict, match="expected stopped, found running"), hold(settings):
            pass
    assert not is_running(settings)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"supervisor": {"pid": 1}}'])
def test_that_a_broken_state_is_none(settings: Settings, text: str) -> None:
    state_file(settings).write_text(text)
    assert read_remains(settings) is None


def test_that_the_state_is_private_and_can_be_erased(settings: Settings) -> None:
    write_state(settings, STATE)
    assert state_file(settings).stat().st_mode & 0o777 == 0o600
    erase_state(settings)
    erase_state(settings)
    assert read_remains(settings) is None


def test_grpc_is_told_where_it_is_on(settings: Settings) -> None:
    assert urls_of(settings)["public_grpc"] == "127.0.0.1:8090"
    without = settings.model_copy(update={"public_grpc_port": 0, "private_grpc_port": 0})
    assert not any("grpc" in name for name in urls_of(without))
