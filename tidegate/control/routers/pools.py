"""Pools: groups of replicas that hold many models each."""

from fastapi import APIRouter

from core.clock import Clock
from core.pool import PoolSpec, read_pool
from registry.platform import Platform
from registry.records import Lease, Pool
from tidegate.control.documents import Listing, PoolDocument
from tidegate.control.naming import require_same


class PoolOperations:
    """The operations on pools."""

    def __init__(self, platform: Platform, clock: Clock) -> None:
        self._platform, self._clock = platform, clock

    def list(self) -> Listing[PoolDocument]:
        """All pools by name."""
        return Listing(items=tuple(map(self._show, self._platform.pools.list())))

    def get(self, name: str) -> PoolDocument:
        """One pool: its replicas, and what each holds now."""
        return self._show(self._platform.pools.get(name))

    def apply(self, name: str, spec: PoolSpec) -> PoolDocument:
        """Create the pool or replace its spec; new replicas answer before old ones go."""
        require_same("PoolSpec", name, spec.name)
        return self._show(self._platform.pools.apply(spec, self._clock.now()))

    def remove(self, name: str) -> None:
        """Take a pool down; raises Conflict while an endpoint names it."""
        self._platform.pools.remove(name)

    def _show(self, pool: Pool) -> PoolDocument:
        now = self._clock.now()
        leases = [one for one in self._platform.leases.list() if one.expires_at > now]
        mine = [one for one in leases if read_pool(one.resident) == pool.spec.name]
        addresses = {one.address for one in mine}
        held = [one for one in leases if one.address in addresses and one not in mine]
        return PoolDocument(
            name=pool.spec.name,
            spec=pool.spec,
            created_at=pool.created_at,
            replicas={one.address: _hold(one.address, held) for one in mine},
        )


def _hold(address: str, held: list[Lease]) -> tuple[str, ...]:
    return tuple(sorted(one.resident for one in held if one.address == address))


def build_router(operations: PoolOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/pools", tags=["pools"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("/{name}", operations.get, methods=["GET"])
    router.add_api_route("/{name}", operations.apply, methods=["PUT"])
    router.add_api_route("/{name}", operations.remove, methods=["DELETE"], status_code=204)
    return router
