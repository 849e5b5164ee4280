from core.refs import EndpointName, ReplicaId
from registry.records import EndpointState, Lease
from tests.fakes.control import FakeControl
from tidegate.control.awakening import doubt_ready

IRIS = EndpointName("iris")


def make_ready(control: FakeControl, lasts_s: float) -> None:
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    resident, now = control.load("iris"), control.clock.now()
    control.platform.leases.take(Lease(ReplicaId("r1"), resident.id, "h:1", now + lasts_s))
    control.platform.endpoints.mark(control.platform.endpoints.get(IRIS), EndpointState.READY)


def test_what_answers_is_ready_still(control: FakeControl) -> None:
    make_ready(control, 5)
    assert doubt_ready(control.platform, control.clock.now()) == 0
    assert control.platform.endpoints.get(IRIS).state is EndpointState.READY


def test_what_was_ready_in_the_last_session_is_on_its_way(control: FakeControl) -> None:
    make_ready(control, 5)
    assert doubt_ready(control.platform, control.clock.now() + 60) == 1
    found = control.platform.endpoints.get(IRIS)
    assert (found.state, found.reason) == (EndpointState.UPDATING, "no replica answers yet")


def test_what_had_failed_says_so_still(control: FakeControl) -> None:
    make_ready(control, -1)
    known = control.platform.endpoints.get(IRIS)
    control.platform.endpoints.mark(known, EndpointState.FAILED, "no such runtime")
    assert doubt_ready(control.platform, control.clock.now()) == 0
