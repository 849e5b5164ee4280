import pytest

from core.endpoint import EndpointSpec
from core.errors import Conflict, NotFound
from core.pool import PoolSpec
from registry.platform import Platform
from registry.records import Pool

SMALL = PoolSpec(name="small")


def test_a_pool_is_kept_and_changed(platform: Platform) -> None:
    assert platform.pools.apply(SMALL, 1.0) == Pool(SMALL, 1.0)
    larger = PoolSpec(name="small", memory_mb=9)
    assert platform.pools.apply(larger, 2.0) == Pool(larger, 1.0)
    assert platform.pools.list() == (Pool(larger, 1.0),)


def test_a_pool_that_is_used_stays(platform: Platform) -> None:
    platform.pools.apply(SMALL, 1.0)
    variant = {"model": "iris:1", "pool": "small"}
    platform.endpoints.apply(EndpointSpec.read({"name": "iris", "variants": [variant]}), 1.0)
    with pytest.raises(Conflict, match="iris"):
        platform.pools.remove("small")
    platform.endpoints.apply(
        EndpointSpec.read({"name": "iris", "variants": [{"model": "iris:1"}]}), 2.0
    )
    platform.pools.remove("small")
    assert platform.pools.list() == ()


def test_what_is_not_there_is_not_found(platform: Platform) -> None:
    for call in (platform.pools.get, platform.pools.remove):
        with pytest.raises(NotFound):
            call("nothing")
