import pytest

import tidegate
from core.errors import DeadlineExceeded, Unavailable
from core.refs import ReplicaId
from registry.records import EndpointState, JobState, Lease
from tests.contracts.recipe import ask
from tests.fakes.control import URL, FakeControl
from tidegate import Client
from tidegate.control.documents import EndpointDocument

IRIS = {"name": "iris", "variants": [{"model": "iris@live"}]}


@pytest.fixture
def deployed(control: FakeControl) -> FakeControl:
    control.publish(0.0)
    control.publish(1.0)
    control.client.models.point("iris", "live", 1)
    control.client.endpoints.apply(IRIS)
    return control


def mark(control: FakeControl, state: EndpointState, reason: str = "") -> None:
    (endpoint,) = control.platform.endpoints.list()
    assert control.platform.endpoints.mark(endpoint, state, reason)


def answer(control: FakeControl, version: int = 1) -> None:
    """Load the version, and one replica of it answers."""
    resident, now = control.load("iris", version), control.clock.now()
    control.platform.leases.take(Lease(ReplicaId("r1"), resident.id, "127.0.0.1:9000", now + 60))


def test_the_package_names_the_client_only_when_it_is_asked_for() -> None:
    assert tidegate.Client is Client
    with pytest.raises(AttributeError):
        tidegate.NoSuch  # noqa: B018 - the look-up is the test


def test_a_client_closes_with_its_block() -> None:
    with Client("http://127.0.0.1:1", "token") as client:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        client.status()


def test_waiting_ends_when_the_endpoint_is_ready(deployed: FakeControl) -> None:
    seen: list[EndpointDocument] = []

    def progress(endpoint: EndpointDocument) -> None:
        seen.append(endpoint)
        mark(deployed, EndpointState.READY)
        if len(seen) == 2:
            answer(deployed)

    done = deployed.client.endpoints.wait("iris", progress=progress)
    assert done.state is EndpointState.READY
    assert [one.state for one in seen] == ["creating", "ready", "ready"]
    assert [len(one.replicas) for one in seen] == [0, 0, 1]


def test_waiting_for_a_version_ends_when_it_is_live(deployed: FakeControl) -> None:
    mark(deployed, EndpointState.READY)
    answer(deployed)

    def promote(endpoint: EndpointDocument) -> None:
        if len(endpoint.residents) == 1:
            deployed.load("iris", 2)

    done = deployed.client.endpoints.wait("iris", progress=promote, version=2)
    assert {one.version: one.state.value for one in done.residents} == {1: "retired", 2: "live"}


@pytest.mark.parametrize("state", [EndpointState.FAILED, EndpointState.DEGRADED])
def test_waiting_for_what_failed_says_why(state: EndpointState, deployed: FakeControl) -> None:
    mark(deployed, state, "no such runtime")
    with pytest.raises(Unavailable, match="no such runtime"):
        deployed.client.endpoints.wait("iris")


def test_a_failure_of_before_is_not_taken_for_one_of_now(deployed: FakeControl) -> None:
    mark(deployed, EndpointState.DEGRADED, "version 2 did not load")
    answer(deployed)

    def notice(_seen: EndpointDocument) -> None:
        mark(deployed, EndpointState.READY)

    assert deployed.client.endpoints.wait("iris", progress=notice).state is EndpointState.READY


def test_waiting_ends_with_its_time(deployed: FakeControl) -> None:
    began = deployed.clock.now()
    with pytest.raises(DeadlineExceeded, match="endpoint iris"):
        deployed.client.endpoints.wait("iris", timeout_s=5.0)
    assert deployed.clock.now() - began == 5.0


def test_waiting_for_a_job_ends_with_it(control: FakeControl) -> None:
    job = control.client.jobs.submit(ask("sklearn_classifier", "sklearn:iris"))
    known = control.platform.jobs.list()[0].id

    def finish(_seen: object) -> None:
        control.platform.jobs.mark(known, JobState.FAILED, "no data", 2.0)

    done = control.client.jobs.wait(job.id, progress=finish)
    assert (done.state, done.message) == (JobState.FAILED, "no data")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with Client("http://127.0.0.1:1", "token") as client, pytest.raises(Unavailable, match=":1"):
        client.status()


def test_the_address_is_the_listeners(control: FakeControl) -> None:
    assert URL == "http://control"
    assert control.client.status().state == "ok"
