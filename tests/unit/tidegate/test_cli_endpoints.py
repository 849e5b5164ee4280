from pathlib import Path

import pytest

from core.refs import EndpointName, ReplicaId
from registry.records import EndpointState, Lease
from tests.fakes.command import fail, read, run, tell
from tests.fakes.control import FakeControl

CREATE = ("endpoints", "create", "iris", "--model", "iris:1")


@pytest.fixture
def deployed(served: FakeControl) -> FakeControl:
    """`iris` is created; nothing is loaded yet."""
    served.publish()
    read(*CREATE)
    return served


def mark(control: FakeControl, state: EndpointState, reason: str = "") -> None:
    seen = control.platform.endpoints.get(EndpointName("iris"))
    assert control.platform.endpoints.mark(seen, state, reason)


def answer(control: FakeControl) -> None:
    resident, now = control.load("iris"), control.clock.now()
    control.platform.leases.take(Lease(ReplicaId("r1"), resident.id, "127.0.0.1:9000", now + 60))


def test_options_become_a_spec(deployed: FakeControl) -> None:
    load = ("--replicas", "2", "--cpus", "0.5", "--device", "cpu")
    batch = ("--max-rows", "8", "--max-delay-ms", "2", "--retain-s", "5", "--capture", "0.5")
    spec = read(*CREATE, *load, *batch)["spec"]
    (variant,) = spec["variants"]
    assert (variant["replicas"], spec["retain_s"], spec["capture"]["share"]) == (2, 5.0, 0.5)
    assert (variant["resources"]["num_cpus"], variant["resources"]["device"]) == (0.5, "cpu")
    assert (variant["batching"]["max_rows"], variant["batching"]["max_delay_ms"]) == (8, 2.0)


def test_a_file_becomes_a_spec(deployed: FakeControl, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("name: iris\nvariants:\n  - model: iris:1\n    replicas: 3\n")
    applied = read("endpoints", "apply", "-f", str(spec))
    assert applied["spec"]["variants"][0]["replicas"] == 3


def test_an_endpoint_is_listed_and_shown_with_who_answers(deployed: FakeControl) -> None:
    answer(deployed)
    assert "iris:1" in tell("endpoints", "list")
    assert [one["name"] for one in read("endpoints", "list")] == ["iris"]
    shown = tell("endpoints", "show", "iris")
    assert "creating" in shown
    assert "live" in shown


def test_waiting_ends_when_it_answers_with_progress_aside(deployed: FakeControl) -> None:
    mark(deployed, EndpointState.READY)
    answer(deployed)
    result = run("endpoints", "wait", "iris")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "iris: ready" in result.stderr
    assert read("endpoints", "wait", "iris")["state"] == "ready"


def test_waiting_for_what_failed_is_no_outage(
    deployed: FakeControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidegate.client.endpoints._SETTLE_S", 0.0)
    mark(deployed, EndpointState.FAILED, "no such runtime")
    failure = fail("endpoints", "wait", "iris")
    assert (failure.code, "no such runtime" in failure.text) == (1, True)


def test_waiting_ends_with_its_time(deployed: FakeControl) -> None:
    failure = fail("endpoints", "wait", "iris", "--timeout", "0")
    assert (failure.code, "--timeout" in failure.advice) == (1, True)


def test_a_proof_is_for_those_who_answer(deployed: FakeControl) -> None:
    assert fail("endpoints", "proof", "iris").code == 1
    answer(deployed)
    proof = read("endpoints", "proof", "iris", "--ttl", "60")
    assert (proof["replicas"], proof["header"]) == (["127.0.0.1:9000"], "x-tidegate-proof")
    assert proof["proof"]
    assert "127.0.0.1:9000" in tell("endpoints", "proof", "iris")


def test_a_removal_says_what_becomes_of_it(deployed: FakeControl) -> None:
    deployed.client.routes.apply({"name": "flowers", "endpoint": "iris"})
    failure = fail("endpoints", "delete", "iris")
    assert (failure.code, "flowers" in failure.text) == (1, True)
    assert "iris answers no more" in tell("endpoints", "delete", "iris", "--with-routes")
    assert fail("endpoints", "show", "no-such").text == "unknown endpoint 'no-such'"


def test_what_happened_stays_after_a_removal(deployed: FakeControl) -> None:
    read("endpoints", "delete", "iris")
    assert read("endpoints", "show", "iris")["state"] == "deleting"
    assert read("endpoints", "events", "iris")[0]["message"] == "removal asked for"
    assert "spec applied" in tell("endpoints", "events", "iris")


def test_each_fault_of_a_spec_is_named(served: FakeControl) -> None:
    failure = fail("endpoints", "create", "iris", "--model", "iris", "--replicas", "0")
    assert failure.code == 1
    assert "variants.0.model" in failure.text
    assert "variants.0.replicas" in failure.text


def test_going_back_moves_each_alias_back(served: FakeControl) -> None:
    for offset in (0.0, 1.0):
        served.publish(offset)
    for version in (1, 2):
        read("models", "alias", "iris", "live", str(version))
    read("endpoints", "create", "iris", "--model", "iris@live")
    assert "iris@live is version 1 again" in tell("endpoints", "rollback", "iris")


def test_an_endpoint_of_versions_cannot_go_back_by_itself(served: FakeControl) -> None:
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    assert "the version before" in fail("endpoints", "rollback", "iris").text
