"""Versions come and go in a real cluster; what answers goes on answering."""

import threading
from collections.abc import Callable

import numpy as np
import psutil
import tritonclient.http as triton

from core.refs import ModelName
from registry.records import EndpointState, Lease
from tests.cluster.conftest import World, wait_until

ROWS = np.ones((1, 4), np.float32)


def ask(world: World, name: str, lease: Lease) -> float:
    """The first score of a row of ones: 12, plus the version's offset."""
    tensor = triton.InferInput("features", [1, 4], "FP32")
    tensor.set_data_from_numpy(ROWS)
    with triton.InferenceServerClient(lease.address) as client:
        answer = client.infer(name, [tensor], headers=world.proof(lease))
    return float(answer.as_numpy("scores")[0, 0])


def test_the_alias_moves_the_endpoint_and_back(world: World) -> None:
    for offset in (0.0, 100.0):
        world.publish("moving", offset)
    world.point("moving", 1)
    old = world.deploy("moving", "moving@live", retain_s=600)
    world.point("moving", 2)
    world.step_until(lambda: world.live("moving").version == 2, "version 2 is live")
    assert ask(world, "moving", world.leases("moving")[0]) == 112
    assert ask(world, "moving", old) == 12  # retired, and still loaded
    world.point("moving", 1)
    world.step_until(lambda: world.live("moving").version == 1, "version 1 is live again")
    assert world.leases("moving")[0].replica == old.replica
    world.remove("moving")


def test_a_version_that_does_not_load_leaves_the_old_one(world: World) -> None:
    world.publish("broken", 0.0)
    lease = world.deploy("broken", "broken:1")
    version = world.publish("broken", 5.0)
    stored = world.catalogue.get(ModelName("broken"), version)
    (world.home / stored.location / "model.onnx").write_bytes(b"rotten")
    world.apply("broken", f"broken:{version}")
    world.step_until(
        lambda: world.endpoint("broken").state is EndpointState.DEGRADED, "the failure is noticed"
    )
    reason = world.endpoint("broken").reason
    assert "version 1 still serves; version 2 did not load" in reason
    assert "model.onnx" in reason
    assert ask(world, "broken", lease) == 12
    world.remove("broken")


def test_more_replicas_come_beside_the_first(world: World) -> None:
    version = world.publish("wide")
    first = world.deploy("wide", f"wide:{version}")
    world.apply("wide", f"wide:{version}", replicas=2)
    world.step_until(lambda: len(world.leases("wide")) == 2, "two replicas answer")
    assert first.replica in {lease.replica for lease in world.leases("wide")}
    world.remove("wide")


def test_a_killed_replica_is_replaced(world: World) -> None:
    version = world.publish("killed")
    lease = world.deploy("killed", f"killed:{version}")
    find_process(lease).kill()

    def is_replaced() -> bool:
        return any(one.replica != lease.replica for one in world.leases("killed"))

    world.step_until(is_replaced, "another replica answers")
    fresh = next(one for one in world.leases("killed") if one.replica != lease.replica)
    assert ask(world, "killed", fresh) == 12
    world.remove("killed")


def test_what_is_in_flight_is_finished_while_a_replica_drains(world: World) -> None:
    version = world.publish("drained")
    lease = world.deploy("drained", f"drained:{version}")
    failures: list[str] = []
    answered = threading.Event()
    leaving = threading.Event()
    caller = threading.Thread(
        target=lambda: call_until(leaving, answered, failures, lambda: ask(world, "drained", lease))
    )
    caller.start()
    assert answered.wait(30)
    world.platform.endpoints.take_down(world.endpoint("drained").name)
    world.step_until(
        lambda: lease.replica not in {one.replica for one in world.platform.leases.list()},
        "the lease is withdrawn",
    )
    # From now on gateways send nothing new; what came before must have been answered.
    leaving.set()
    caller.join(30)
    assert failures == []
    wait_until(lambda: not is_listening(lease), "the port is closed")
    world.step_until(lambda: not world.platform.residents.list(), "nothing is left")


def call_until(
    leaving: threading.Event,
    answered: threading.Event,
    failures: list[str],
    call: Callable[[], float],
) -> None:
    while not leaving.is_set():
        try:
            call()
            answered.set()
        except Exception as error:  # noqa: BLE001 - whatever a client may meet is a failure here
            failures.append(repr(error))
            return


def find_process(lease: Lease) -> psutil.Process:
    """The process that listens at the lease's address."""
    for process in list_listeners(lease):
        return psutil.Process(process)
    raise AssertionError(f"nobody listens at {lease.address}")


def is_listening(lease: Lease) -> bool:
    return bool(list_listeners(lease))


def list_listeners(lease: Lease) -> list[int]:
    """Process ids that listen at the lease's port."""
    port = int(lease.address.rpartition(":")[2])
    return [
        one.pid
        for one in psutil.net_connections("tcp")
        if one.status == psutil.CONN_LISTEN and one.laddr[1:2] == (port,) and one.pid
    ]
