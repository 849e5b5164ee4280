import os
from collections.abc import Iterator

import pytest

from tests.fakes.gateway_process import Running, run_gateway
from tests.system.stand import Exposed, Stand, choose_settings
from tidegate.supervisor.process import find


@pytest.fixture(scope="session")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One platform for all stories, started and stopped by its command."""
    settings = choose_settings(tmp_path_factory.mktemp("platform") / "home")
    chosen = {"TIDEGATE_CAPTURE_ROTATE_S": "1", "TIDEGATE_TRUSTED_RUNTIMES": "remote"}
    environ = {**os.environ, **settings.to_environ(), **chosen}  # noqa: TID251 - a process edge
    stand = Stand(settings, environ)
    up = stand.run("up", "--json")
    assert up.returncode == 0, up.stderr
    try:
        yield stand
        processes = stand.state.list_processes()
    finally:
        down = stand.run("down")
    assert down.returncode == 0, down.stderr
    assert [child for child in processes if find(child) is not None] == []


@pytest.fixture(scope="session")
def scores(stand: Stand) -> Exposed:
    """The endpoint `scores` on two replicas, public with a key; `scores@live` is version 1 of two."""
    first, _ = stand.publish("scores", offset=0.0)
    stand.publish("scores", offset=100.0)
    stand.read("models", "alias", "scores", "live", str(first))
    stand.deploy("scores", "scores@live", replicas=2)
    return stand.expose("scores")


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A gateway process in front of a replica without Ray: `iris`, public as `flowers` with a key."""
    with run_gateway(tmp_path_factory.mktemp("gateway")) as running:
        yield running
