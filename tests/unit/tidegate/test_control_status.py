from tests.fakes.control import FakeControl


def test_a_quiet_platform_is_ok(control: FakeControl) -> None:
    status = control.client.status()
    assert (status.state, status.endpoints) == ("ok", {})
    assert [loop.name for loop in status.loops] == ["reconciler"]


def test_a_loop_in_trouble_degrades_it_and_says_why(control: FakeControl) -> None:
    control.trouble = ConnectionError("no cluster")
    control.loop.turn()
    status = control.client.status()
    assert status.state == "degraded"
    assert status.loops[0].error == "ConnectionError: no cluster"


def test_endpoints_stand_in_it_with_their_state(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    assert control.client.status().endpoints == {"iris": "creating"}
