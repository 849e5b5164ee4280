import pytest

from core.errors import Conflict, InvalidSpec, NoReplica, NotFound
from core.refs import ReplicaId, ResidentId
from core.signing import verify
from registry.records import Lease
from tests.fakes.control import FakeControl

IRIS = {"name": "iris", "variants": [{"model": "iris:1"}]}


def test_an_endpoint_is_applied_and_stands_as_creating(control: FakeControl) -> None:
    control.publish()
    applied = control.client.endpoints.apply(IRIS)
    assert (applied.name, applied.state, applied.residents) == ("iris", "creating", ())
    assert control.client.endpoints.get("iris") == applied
    assert control.client.endpoints.list() == (applied,)


def test_it_shows_what_is_loaded_and_who_answers(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    resident = control.load("iris")
    now = control.clock.now()
    for replica, of, ends in (
        ("r1", resident.id, now + 5),
        ("r2", "other", now + 5),
        ("r3", resident.id, now),
    ):
        lease = Lease(ReplicaId(replica), ResidentId(of), f"{replica}:9000", ends)
        control.platform.leases.take(lease)
    found = control.client.endpoints.get("iris")
    assert [(one.id, one.state, one.version) for one in found.residents] == [
        (resident.id, "live", 1)
    ]
    assert [one.address for one in found.replicas] == ["r1:9000"]


def test_a_model_that_is_not_there_cannot_be_deployed(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="iris:1"):
        control.client.endpoints.apply(IRIS)
    assert control.client.endpoints.list() == ()


def test_the_name_in_the_path_and_in_the_spec_agree(control: FakeControl) -> None:
    control.publish()
    connection = control.client.endpoints._connection
    with pytest.raises(InvalidSpec, match="the path says 'other'"):
        connection.send("PUT", "endpoints", "other", json=IRIS)


def test_every_fault_of_a_spec_is_named_by_its_path(control: FakeControl) -> None:
    connection = control.client.endpoints._connection
    wrong = {"name": "iris", "variants": [{"model": "iris", "weight": -1}], "no_such": 1}
    with pytest.raises(InvalidSpec) as caught:
        connection.send("PUT", "endpoints", "iris", json=wrong)
    assert {"variants.0.model", "variants.0.weight", "no_such"} <= set(caught.value.faults)


def test_removal_marks_it_and_the_reconciler_does_the_rest(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    control.client.endpoints.remove("iris")
    assert control.client.endpoints.get("iris").state == "deleting"
    control.platform.endpoints.remove(control.platform.endpoints.list()[0].name)
    with pytest.raises(NotFound, match="unknown endpoint"):
        control.client.endpoints.get("iris")
    with pytest.raises(NotFound, match="unknown endpoint"):
        control.client.endpoints.remove("iris")


def test_one_that_is_public_is_removed_with_its_routes_only(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    control.client.routes.apply({"name": "flowers", "endpoint": "iris"})
    with pytest.raises(Conflict, match=r"flowers; delete them first.*--with-routes"):
        control.client.endpoints.remove("iris")
    assert control.client.endpoints.get("iris").state == "creating"
    control.client.endpoints.remove("iris", with_routes=True)
    assert control.client.routes.list() == ()
    (told, *_) = control.client.endpoints.events("iris")
    assert told.message == "removal asked for, with its routes flowers"


def test_events_tell_what_was_asked(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    control.client.endpoints.remove("iris")
    messages = [event.message for event in control.client.endpoints.events("iris")]
    assert messages == ["removal asked for", "spec applied"]


def test_a_proof_opens_the_live_replicas_for_a_time(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    with pytest.raises(NoReplica):
        control.client.endpoints.prove("iris")
    resident, now = control.load("iris"), control.clock.now()
    control.platform.leases.take(Lease(ReplicaId("r1"), resident.id, "127.0.0.1:9000", now + 5))
    proof = control.client.endpoints.prove("iris", ttl_s=60.0)
    assert (proof.replicas, proof.header) == (("127.0.0.1:9000",), "x-tidegate-proof")
    secrets = {secret.id: secret for secret in control.platform.secrets.list(now)}
    assert verify(proof.proof, secrets, resident.id, now) == now + 60.0


def test_of_two_variants_the_first_that_answers_is_proved(control: FakeControl) -> None:
    control.publish()
    variants = [{"name": name, "model": "iris:1", "weight": 1} for name in ("main", "canary")]
    control.client.endpoints.apply({"name": "iris", "variants": variants})
    now = control.clock.now()
    for variant in ("canary", "main"):
        resident = control.load("iris", variant=variant)
        lease = Lease(ReplicaId(f"a-{variant}"), resident.id, f"{variant}:9000", now + 5)
        control.platform.leases.take(lease)
    assert control.client.endpoints.prove("iris").replicas == ("main:9000",)


def test_ground_truth_is_kept_by_inference_and_row(control: FakeControl) -> None:
    control.publish()
    control.client.endpoints.apply(IRIS)
    records = [{"inference_id": "a", "label": 1}, {"inference_id": "b", "row": 2, "label": None}]
    assert control.client.endpoints.add_truth("iris", records) == 2
    ((endpoint, kept, _now),) = control.truth
    assert endpoint == "iris"
    assert [(one.inference_id, one.row, one.label) for one in kept] == [("a", 0, 1), ("b", 2, None)]


def test_ground_truth_of_no_endpoint_is_refused(control: FakeControl) -> None:
    with pytest.raises(NotFound, match="unknown endpoint"):
        control.client.endpoints.add_truth("iris", [{"inference_id": "a", "label": 1}])
