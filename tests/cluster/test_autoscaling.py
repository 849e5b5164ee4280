"""Ray Serve's own autoscaler, moved by our loads, between floors that the reconciler sets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import tritonclient.http as triton

from registry.records import EndpointState, Lease, Traffic
from tests.cluster.conftest import CLOCK, World

SCALING = {
    "min_replicas": 0,
    "max_replicas": 2,
    "metric": "requests",
    "target": 5,
    "upscale_delay_s": 0,
    "downscale_delay_s": 1,
    "idle_s": 10,
}


@contextmanager
def asking(world: World, name: str, lease: Lease) -> Iterator[None]:
    """Ask one replica again and again, much more often than five times a second."""
    enough = threading.Event()
    tensor = triton.InferInput("features", [1, 4], "FP32")
    tensor.set_data_from_numpy(np.ones((1, 4), np.float32))
    headers = world.proof(lease)

    def ask() -> None:
        with triton.InferenceServerClient(lease.address) as client:
            while not enough.is_set():
                client.infer(name, [tensor], headers=headers)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        enough.set()
        thread.join()


def meter(world: World, name: str, requests: int = 0, waiting: int = 0) -> None:
    """What a gateway would write."""
    row = Traffic("g", world.live(name).id, int(CLOCK.now()), requests, waiting=waiting)
    world.platform.traffic.put([row])


def test_replicas_follow_the_load_sleep_and_wake(world: World) -> None:
    version = world.publish("tidal")
    lease = world.deploy("tidal", f"tidal:{version}", autoscaling=SCALING)
    with asking(world, "tidal", lease):
        meter(world, "tidal", requests=1)
        world.step_until(lambda: len(world.leases("tidal")) == 2, "a second replica")
    world.step_until(lambda: not world.leases("tidal"), "nobody asks, and the last one goes")
    world.step_until(lambda: "zero" in world.endpoint("tidal").reason, "it says that it sleeps")
    assert world.endpoint("tidal").state is EndpointState.READY
    meter(world, "tidal", waiting=1)
    world.step_until(lambda: len(world.leases("tidal")) == 1, "a request that waits wakes it")
    world.remove("tidal")


def test_a_change_of_numbers_restarts_no_replica(world: World) -> None:
    model = f"steady:{world.publish('steady')}"
    first = world.deploy("steady", model, autoscaling={**SCALING, "min_replicas": 1})
    world.apply("steady", model, autoscaling={**SCALING, "min_replicas": 2})
    world.step_until(lambda: len(world.leases("steady")) == 2, "a second replica")
    assert first.replica in {lease.replica for lease in world.leases("steady")}
    world.remove("steady")
