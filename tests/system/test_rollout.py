"""Versions come and go under constant load, and no request is lost."""

from pathlib import Path

import pytest

from core.errors import Unavailable
from registry.records import EndpointState
from tests.system.stand import Exposed, Stand, listening_on, live_replicas, write_body
from tidegate.demo.promotion import Load

ROW = [[1.0, 2.0, 3.0, 4.0]]
SCORES = {1: [40.0, 50.0], 2: [140.0, 150.0]}


def make_load(exposed: Exposed) -> Load:
    return Load(f"{exposed.url}/infer", write_body(ROW), exposed.headers)


def scores_of(exposed: Exposed) -> list[float]:
    answer = exposed.infer(ROW)
    assert answer.status_code == 200, answer.text
    data: list[float] = answer.json()["outputs"][0]["data"]
    return data


def test_an_alias_moves_forward_and_back_without_a_lost_request(
    stand: Stand, scores: Exposed
) -> None:
    with make_load(scores) as load:
        load.await_version(1)
        stand.read("models", "alias", "scores", "live", "2", "--expected", "1")
        stand.read("endpoints", "wait", "scores", "--version", "2")
        load.await_version(2)
        assert scores_of(scores) == SCORES[2]
        stand.read("models", "rollback", "scores", "live")
        load.await_version(1)
    assert load.failures == []
    assert scores_of(scores) == SCORES[1]


def test_a_moved_alias_is_not_moved_by_who_expected_otherwise(
    stand: Stand, scores: Exposed
) -> None:
    ran = stand.run("models", "alias", "scores", "live", "2", "--expected", "2")
    assert ran.returncode == 1
    assert "expected" in ran.stderr
    assert scores_of(scores) == SCORES[1]


def test_a_version_that_does_not_load_leaves_the_old_one_serving(
    stand: Stand, scores: Exposed
) -> None:
    broken, package = stand.publish("scores", offset=7.0)
    spoil(package / "model.onnx")
    with make_load(scores) as load, stand.connect() as client:
        load.await_version(1)
        stand.read("models", "alias", "scores", "live", str(broken))
        with pytest.raises(Unavailable, match=r"model\.onnx"):
            client.endpoints.wait("scores", version=broken)
        degraded = client.endpoints.get("scores")
        load.await_version(1)
        stand.read("models", "rollback", "scores", "live")
        client.endpoints.wait("scores", version=1)
    assert degraded.state is EndpointState.DEGRADED
    assert f"version 1 still serves; version {broken} did not load" in degraded.reason
    assert load.failures == []
    assert set(load.answers) == {"1"}


def spoil(model: Path) -> None:
    """Change one byte of a published file, as a bad disk would."""
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 0xFF
    model.chmod(0o644)
    model.write_bytes(content)


def test_a_killed_replica_costs_nobody_else_a_request_and_is_replaced(
    stand: Stand, scores: Exposed
) -> None:
    victim, _ = live_replicas(stand.await_pool("scores", 2))
    with make_load(scores) as load:
        load.await_version(1)
        listening_on(stand.state, victim.address).kill()
        load.await_version(1, more=200)
        stand.await_pool("scores", 2, without=victim.replica)
        load.await_version(1)
    # A request that was on the killed replica is asked again elsewhere: inference can be repeated.
    assert load.failures == []
