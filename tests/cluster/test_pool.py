"""Many models in one group of replicas, loaded when they are asked for."""

import httpx

from core.pool import PoolSpec
from core.refs import ModelName
from registry.records import EndpointState, Lease, Resident
from tests.cluster.conftest import CLOCK, World

SPEC = PoolSpec.read({"name": "small", "max_models": 2, "resources": {"num_cpus": 0.2}})
BODY = {"inputs": [{"name": "features", "datatype": "FP32", "shape": [1, 4], "data": [1, 1, 1, 1]}]}


def ask(world: World, resident: Resident) -> httpx.Response:
    """Ask a replica of the pool as a gateway does: the host names the resident."""
    lease = find_pool(world)[0]
    proof = world.proof(Lease(lease.replica, resident.id, lease.address, 0.0))
    url = f"http://{lease.address}/v2/models/{resident.endpoint}/infer"
    return httpx.post(url, json=BODY, headers={"host": resident.id, **proof}, timeout=30)


def find_pool(world: World) -> list[Lease]:
    now = CLOCK.now()
    leases = world.platform.leases.list()
    return [one for one in leases if one.resident == SPEC.app and one.expires_at > now]


def apply(world: World, name: str, model: str) -> None:
    world.apply(name, model, pool="small", resources={})


def test_a_pool_serves_more_models_than_it_holds(world: World) -> None:
    world.platform.pools.apply(SPEC, CLOCK.now())
    names = ("pooled-a", "pooled-b", "pooled-c")
    for offset, name in enumerate(names):
        apply(world, name, f"{name}:{world.publish(name, float(offset))}")
    world.step_until(
        lambda: all(world.endpoint(name).state is EndpointState.READY for name in names),
        "all three are ready",
    )
    for _ in range(2):
        for offset, name in enumerate(names):
            answer = ask(world, world.live(name))
            assert answer.json()["outputs"][0]["data"][0] == 12 + offset
    assert sum(len(world.leases(name)) for name in names) <= 2
    check_strangers(world, names[0])
    check_broken(world, names[0])
    for name in names:
        world.remove(name)
    world.platform.pools.remove("small")
    world.step_until(lambda: not find_pool(world), "the pool is gone")


def check_strangers(world: World, name: str) -> None:
    """Without a proof nothing is loaded, and other residents are not this pool's."""
    lease, resident = find_pool(world)[0], world.live(name)
    url = f"http://{lease.address}/v2/models/{name}/infer"
    assert httpx.post(url, json=BODY, headers={"host": resident.id}).status_code == 401
    stranger = Lease(lease.replica, SPEC.app, lease.address, 0.0)
    headers = {"host": stranger.resident, **world.proof(stranger)}
    assert httpx.post(url, json=BODY, headers=headers).status_code == 404


def check_broken(world: World, name: str) -> None:
    """A version that does not load leaves the old one, and says why."""
    version = world.publish(name, 50.0)
    stored = world.catalogue.get(ModelName(name), version)
    (world.home / stored.location / "model.onnx").write_bytes(b"rotten")
    apply(world, name, f"{name}:{version}")
    world.step_until(
        lambda: world.endpoint(name).state is EndpointState.DEGRADED, "the failure is noticed"
    )
    assert "model.onnx" in world.endpoint(name).reason
    assert ask(world, world.live(name)).status_code == 200
