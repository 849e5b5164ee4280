from dataclasses import replace

import pytest

from core.endpoint import EndpointSpec
from core.pool import PoolSpec
from core.refs import ReplicaId, ResidentId
from registry.records import EndpointState, Lease, Pool, Resident, ResidentState
from serving.action import (
    Action,
    AddResident,
    FailResident,
    MarkEndpoint,
    PromoteResident,
    RemoveResident,
    StartPool,
    StopApp,
)
from serving.orchestrator import App, AppState
from serving.plan import plan
from serving.wish import want_resident
from serving.world import World
from tests.unit.serving.worlds import NOW, make_endpoint, make_lease, make_version

POOL = PoolSpec(name="small", replicas=2)
SPEC = EndpointSpec.read({"name": "iris", "variants": [{"model": "iris@live", "pool": "small"}]})
IRIS = replace(make_endpoint(), spec=SPEC)
V1, V2 = make_version(1), make_version(2)
R1 = want_resident(IRIS, SPEC.variants[0], V1)
R2 = want_resident(IRIS, SPEC.variants[0], V2)
LIVE = replace(R1, state=ResidentState.LIVE)
RUNNING = App(AppState.RUNNING)


def lease(app: ResidentId, number: int = 0) -> Lease:
    return Lease(ReplicaId(f"{app}-{number}"), app, "h:1", NOW + 5)


TWO = (lease(POOL.app), lease(POOL.app, 1))


def world(
    *residents: Resident,
    leases: tuple[Lease, ...] = TWO,
    version: object = V1,
    pools: tuple[PoolSpec, ...] = (POOL,),
    apps: dict[ResidentId, App] | None = None,
) -> World:
    known = tuple(Pool(spec, NOW) for spec in pools)
    running = {POOL.app: RUNNING} if apps is None else apps
    versions = {"iris@live": version}
    return World((IRIS,), residents, leases, running, versions, NOW, (), known)  # type: ignore[arg-type]  # one kind of resolution


def acts(seen: World) -> list[Action]:
    return [one for one in plan(seen) if not isinstance(one, MarkEndpoint)]


def test_a_pool_is_started_and_nothing_for_its_residents() -> None:
    assert acts(world(apps={}, leases=())) == [StartPool(POOL), AddResident(R1, NOW)]


def test_a_resident_is_promoted_when_a_replica_of_the_pool_has_loaded_it() -> None:
    assert acts(world(R1)) == []
    assert acts(world(R1, leases=(*TWO, make_lease(R1)))) == [
        PromoteResident(R1, NOW + SPEC.retain_s)
    ]


def test_one_that_does_not_load_fails_and_the_old_one_stays() -> None:
    failing = replace(R2, reason="rotten")
    assert acts(world(LIVE, failing, version=V2)) == [FailResident(R2.id, "rotten")]
    failed = replace(failing, state=ResidentState.FAILED, created_at=NOW)
    (marked,) = plan(world(LIVE, failed, version=V2))
    assert isinstance(marked, MarkEndpoint)
    assert marked.state is EndpointState.DEGRADED
    again = replace(failed, created_at=NOW - 99)
    assert acts(world(LIVE, again, version=V2)) == [RemoveResident(R2.id)]


def test_going_back_needs_no_loading() -> None:
    retired = replace(R1, state=ResidentState.RETIRED, retire_at=NOW + 9)
    live = replace(R2, state=ResidentState.LIVE)
    assert acts(world(retired, live)) == [PromoteResident(retired, NOW + SPEC.retain_s)]


@pytest.mark.parametrize(("retire_at", "gone"), [(NOW + 1, False), (NOW, True)])
def test_a_retired_one_is_forgotten_after_its_time(retire_at: float, *, gone: bool) -> None:
    retired = replace(R1, state=ResidentState.RETIRED, retire_at=retire_at)
    live = replace(R2, state=ResidentState.LIVE)
    assert (RemoveResident(R1.id) in acts(world(retired, live, version=V2))) is gone


@pytest.mark.parametrize(
    ("leases", "state"), [(TWO, EndpointState.READY), ((), EndpointState.UPDATING)]
)
def test_an_endpoint_is_ready_while_its_pool_answers(
    leases: tuple[Lease, ...], state: EndpointState
) -> None:
    (marked,) = [one for one in plan(world(LIVE, leases=leases)) if isinstance(one, MarkEndpoint)]
    assert marked.state is state


def test_a_pool_that_is_replaced_goes_when_its_successor_answers() -> None:
    new = PoolSpec(name="small", replicas=1, memory_mb=9)
    apps = {POOL.app: RUNNING, new.app: RUNNING}
    seen = world(LIVE, pools=(new,), apps=apps)
    assert acts(seen) == []
    assert acts(replace(seen, leases=(*TWO, lease(new.app)))) == [StopApp(POOL.app)]


def test_a_pool_that_is_not_wanted_goes_and_one_that_failed_begins_again() -> None:
    assert StopApp(POOL.app) in acts(world(pools=()))
    failed = {POOL.app: App(AppState.FAILED, "boom")}
    assert StopApp(POOL.app) in acts(world(LIVE, apps=failed, leases=()))
