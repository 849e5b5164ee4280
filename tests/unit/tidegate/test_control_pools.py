import pytest

from core.errors import Conflict, NotFound
from core.refs import ReplicaId
from registry.records import Lease
from tests.fakes.control import FakeControl

POOLED = {"name": "iris", "variants": [{"model": "iris:1", "pool": "small"}]}


def test_a_pool_is_created_changed_and_removed(served: FakeControl) -> None:
    pools = served.client.pools
    assert pools.apply({"name": "small"}).replicas == {}
    assert pools.apply({"name": "small", "memory_mb": 9}).spec.memory_mb == 9
    assert [one.name for one in pools.list()] == ["small"]
    pools.remove("small")
    with pytest.raises(NotFound):
        pools.get("small")


def test_what_each_replica_holds_is_told(served: FakeControl) -> None:
    app, ends = served.client.pools.apply({"name": "small"}).spec.app, served.clock.now() + 5
    for replica, resident in (("p1", app), ("p1-a", "iris-main-1"), ("elsewhere", "wine-main-1")):
        address = "h:2" if replica == "elsewhere" else "h:1"
        served.platform.leases.take(Lease(ReplicaId(replica), resident, address, ends))  # type: ignore[arg-type]  # any text will do
    assert served.client.pools.get("small").replicas == {"h:1": ("iris-main-1",)}


def test_an_endpoint_names_a_pool_that_is_there_and_keeps_it(served: FakeControl) -> None:
    served.publish()
    with pytest.raises(NotFound, match="small"):
        served.client.endpoints.apply(POOLED)
    served.client.pools.apply({"name": "small"})
    served.client.endpoints.apply(POOLED)
    with pytest.raises(Conflict):
        served.client.pools.remove("small")
