import pytest

from core.errors import InvalidSpec, NoReplica, NotFound
from tests.fakes.control import FakeControl

DRIFT = {"name": "drift", "endpoint": "iris"}


@pytest.fixture
def deployed(control: FakeControl) -> FakeControl:
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    return control


def test_a_monitor_is_defined_and_forgotten(deployed: FakeControl) -> None:
    monitor = deployed.client.monitors.apply(DRIFT)
    assert (monitor.endpoint, monitor.spec["window_s"]) == ("iris", 3600.0)
    assert deployed.client.monitors.list() == (monitor,)
    deployed.client.monitors.remove("drift")
    assert deployed.client.monitors.list() == ()


def test_a_monitor_watches_an_endpoint_that_is_there(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="unknown endpoint"):
        control.client.monitors.apply(DRIFT)


def test_a_run_before_anything_is_live_fails_and_is_kept(deployed: FakeControl) -> None:
    deployed.client.monitors.apply(DRIFT)
    with pytest.raises(NoReplica):
        deployed.client.monitors.run("drift")
    (run,) = deployed.client.monitors.runs("drift")
    assert (run.state, run.message) == ("failed", "'iris' is unavailable: no replica is ready")
    with pytest.raises(NotFound, match="no replica is ready"):
        deployed.client.monitors.report(run.id)


def test_a_package_without_a_sample_says_what_to_do(deployed: FakeControl) -> None:
    deployed.load("iris")
    deployed.client.monitors.apply(DRIFT)
    with pytest.raises(InvalidSpec, match="publish its package with `sample`"):
        deployed.client.monitors.run("drift")


def test_what_is_not_there_is_not_found(control: FakeControl) -> None:
    monitors = control.client.monitors
    for ask_for in (monitors.remove, monitors.run, monitors.runs, monitors.report, monitors.html):
        with pytest.raises(NotFound):
            ask_for("drift")
