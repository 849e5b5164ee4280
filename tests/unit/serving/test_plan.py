from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dtypes import DataType
from core.endpoint import EndpointSpec
from core.errors import NotFound
from core.refs import EndpointName, ResidentId
from core.signature import Signature, TensorSpec
from registry.catalogue import Version
from registry.records import (
    Endpoint,
    EndpointState,
    Lease,
    Resident,
    ResidentState,
    Role,
    Traffic,
)
from serving.action import (
    AddResident,
    DrainResident,
    FailResident,
    MarkEndpoint,
    PromoteResident,
    RemoveEndpoint,
    RemoveResident,
    ShiftTraffic,
    StartApp,
    StopApp,
)
from serving.orchestrator import App, AppState
from serving.plan import plan
from serving.wish import want_explainer, want_resident
from serving.world import World
from tests.unit.serving.worlds import NOW, Cluster, make_endpoint, make_lease, make_version

IRIS = make_endpoint()
V1, V2 = make_version(1), make_version(2)
R1 = want_resident(IRIS, IRIS.spec.variants[0], V1)
R2 = want_resident(IRIS, IRIS.spec.variants[0], V2)
RUNNING = App(AppState.RUNNING)
TWO = replace(
    IRIS,
    spec=EndpointSpec.read({"name": "iris", "variants": [{"model": "iris@live", "replicas": 2}]}),
)


def world(
    *residents: Resident,
    leases: tuple[Lease, ...] = (),
    apps: dict[ResidentId, App] | None = None,
    version: object = V1,
    endpoint: Endpoint = IRIS,
) -> World:
    return World((endpoint,), residents, leases, apps or {}, {"iris@live": version}, NOW)  # type: ignore[dict-item]  # tests hand in both kinds


def live(resident: Resident) -> Resident:
    return replace(resident, state=ResidentState.LIVE)


def kinds(seen: World) -> list[type]:
    return [type(action) for action in plan(seen)]


def test_a_new_endpoint_loads_its_version() -> None:
    assert kinds(world()) == [AddResident, StartApp, MarkEndpoint]


def test_a_version_is_promoted_when_its_replicas_answer() -> None:
    seen = world(R1, apps={R1.id: RUNNING})
    assert PromoteResident not in kinds(seen)
    seen = replace(seen, leases=(make_lease(R1),))
    assert PromoteResident(R1, NOW + IRIS.spec.retain_s) in plan(seen)


def test_a_version_waits_for_all_its_replicas() -> None:
    wide = replace(R2, spec=TWO.spec.variants[0])
    apps = {R1.id: RUNNING, wide.id: RUNNING}
    one = (make_lease(R1), make_lease(wide))
    seen = world(live(R1), wide, leases=one, apps=apps, version=V2, endpoint=TWO)
    assert PromoteResident not in kinds(seen)
    assert PromoteResident in kinds(replace(seen, leases=(*one, make_lease(wide))))


def test_a_replica_more_that_fails_does_not_fail_the_live_version() -> None:
    failed = {R1.id: App(AppState.FAILED, "no room")}
    serving = live(replace(R1, spec=TWO.spec.variants[0]))
    seen = world(serving, leases=(make_lease(R1),), apps=failed, endpoint=TWO)
    assert kinds(seen) == [MarkEndpoint]
    assert StopApp(R1.id) in plan(replace(seen, leases=()))


def test_a_new_version_loads_beside_the_live_one() -> None:
    actions = plan(world(live(R1), leases=(make_lease(R1),), apps={R1.id: RUNNING}, version=V2))
    assert [type(action) for action in actions] == [AddResident, StartApp, MarkEndpoint]
    assert isinstance(actions[2], MarkEndpoint)
    assert actions[2].state is EndpointState.UPDATING


def test_a_version_that_fails_leaves_the_old_one_and_says_why() -> None:
    failing = replace(R2, reason="no such operator")
    apps = {R1.id: RUNNING, R2.id: App(AppState.FAILED, "Traceback\n boom")}
    seen = world(live(R1), failing, leases=(make_lease(R1),), apps=apps, version=V2)
    assert FailResident(R2.id, "no such operator") in plan(seen)
    failed = replace(failing, state=ResidentState.FAILED, created_at=NOW)
    marked = [
        one
        for one in plan(replace(seen, residents=(live(R1), failed)))
        if isinstance(one, MarkEndpoint)
    ]
    assert marked[0].state is EndpointState.DEGRADED
    assert "version 1 still serves; version 2 did not load: no such operator" in marked[0].reason


def test_a_live_version_that_a_new_cluster_fails_to_start_is_tried_again() -> None:
    failed = {R1.id: App(AppState.FAILED, "no room")}
    seen = world(replace(live(R1), reason="tables are locked"), apps=failed)
    stopped, marked = plan(seen)
    assert stopped == StopApp(R1.id)
    assert isinstance(marked, MarkEndpoint)
    assert marked.state is EndpointState.UPDATING
    assert "0 of 1 replicas answer: tables are locked" in marked.reason
    assert StartApp(live(R1)) in plan(replace(seen, apps={}, residents=(live(R1),)))


def test_applying_again_tries_a_failed_version_again() -> None:
    failed = replace(R1, state=ResidentState.FAILED, created_at=NOW - 10)
    assert RemoveResident(R1.id) in plan(world(failed))
    assert kinds(world(replace(failed, created_at=NOW + 1))) == [MarkEndpoint]


def test_rolling_back_to_a_retired_version_is_immediate() -> None:
    retired = replace(R1, state=ResidentState.RETIRED, retire_at=NOW + 9)
    leases = (make_lease(R1), make_lease(R2))
    seen = world(retired, live(R2), leases=leases, apps={R1.id: RUNNING, R2.id: RUNNING})
    assert kinds(seen)[0] is PromoteResident


@pytest.mark.parametrize(("retire_at", "stopped"), [(NOW + 1, False), (NOW, True)])
def test_a_retired_version_is_kept_until_its_time(retire_at: float, *, stopped: bool) -> None:
    retired = replace(R1, state=ResidentState.RETIRED, retire_at=retire_at)
    leases = (make_lease(R1), make_lease(R2))
    seen = world(
        retired, live(R2), leases=leases, apps={R1.id: RUNNING, R2.id: RUNNING}, version=V2
    )
    assert (StopApp(R1.id) in plan(seen)) is stopped
    assert (DrainResident(R1.id) in plan(seen)) is stopped


def test_a_variant_that_is_renamed_answers_until_its_successor_does() -> None:
    spec = EndpointSpec.read({"name": "iris", "variants": [{"name": "new", "model": "iris@live"}]})
    renamed = replace(IRIS, spec=spec)
    successor = want_resident(renamed, spec.variants[0], V1)
    apps = {R1.id: RUNNING, successor.id: RUNNING}
    loading = world(live(R1), successor, leases=(make_lease(R1),), apps=apps, endpoint=renamed)
    assert StopApp(R1.id) not in plan(loading)
    leases = (make_lease(R1), make_lease(successor))
    ready = world(live(R1), live(successor), leases=leases, apps=apps, endpoint=renamed)
    assert StopApp(R1.id) in plan(ready)


def test_a_lost_cluster_is_made_again() -> None:
    assert StartApp(live(R1)) in plan(world(live(R1)))


def test_what_cannot_be_resolved_changes_nothing_that_is_live() -> None:
    seen = world(
        live(R1), leases=(make_lease(R1),), apps={R1.id: RUNNING}, version=NotFound("alias", "x")
    )
    assert kinds(seen) == [MarkEndpoint]


def test_deletion_unloads_then_forgets() -> None:
    going = replace(IRIS, state=EndpointState.DELETING)
    assert kinds(world(live(R1), apps={R1.id: RUNNING}, endpoint=going)) == [DrainResident, StopApp]
    assert kinds(world(live(R1), endpoint=going)) == [RemoveResident]
    assert kinds(world(endpoint=going)) == [RemoveEndpoint]


def test_an_application_that_nobody_knows_is_stopped() -> None:
    seen = world(live(R1), leases=(make_lease(R1),), apps={R1.id: RUNNING, R2.id: RUNNING})
    assert StopApp(R2.id) in plan(seen)


def test_more_replicas_do_not_restart_the_resident() -> None:
    assert want_resident(TWO, TWO.spec.variants[0], V1).id == R1.id
    seen = world(live(R1), leases=(make_lease(R1),), apps={R1.id: RUNNING}, endpoint=TWO)
    starts = [action for action in plan(seen) if isinstance(action, StartApp)]
    assert starts[0].resident.spec.replicas == 2


moves = st.lists(
    st.sampled_from(
        [
            *("step", "settle", "v1", "v2", "lose", "fail", "later", "crash", "scale", "forget"),
            *("roll", "suffer"),
        ]
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(moves)
def test_whatever_happens_the_plan_leads_to_what_is_wanted(moves: list[str]) -> None:
    cluster = Cluster(EndpointName("iris"))
    for move in moves:
        getattr(cluster, move)()
    assert cluster.come_to_rest()
    state = cluster.endpoint.state
    assert len(cluster.world().leases) >= cluster.endpoint.spec.variants[0].replicas
    assert state is EndpointState.READY, cluster.endpoint.reason
    assert cluster.live_version() == cluster.version.version


@settings(max_examples=60)
@given(moves)
def test_the_live_version_is_never_taken_away_before_its_successor_answers(
    moves: list[str],
) -> None:
    cluster = Cluster(EndpointName("iris"))
    for move in ["step", "settle", "step", *moves]:
        getattr(cluster, move)()
        assert cluster.broken_promises == []


def explained(number: int = 1) -> Version:
    """A version whose package asks to be explained."""
    version = make_version(number)
    given = TensorSpec("features", DataType.FP32, (-1, 4))
    made = TensorSpec("scores", DataType.FP32, (-1, 2))
    manifest = version.manifest.model_copy(
        update={
            "options": {"explain.method": "shap"},
            "signature": Signature((given,), (made,), batched=True),
        }
    )
    return replace(version, manifest=manifest)


def test_a_package_that_asks_for_it_gets_an_explainer() -> None:
    started = [
        one.resident for one in plan(world(version=explained())) if isinstance(one, StartApp)
    ]
    assert [one.role for one in started] == [Role.PREDICTOR, Role.EXPLAINER]
    assert started[1].signature.outputs[0].name == "scores.attributions"
    assert started[1].id == f"{started[0].id}-explainer"


def test_an_explainer_that_does_not_load_costs_the_endpoint_nothing() -> None:
    version = explained()
    variant = IRIS.spec.variants[0]
    one = live(want_resident(IRIS, variant, version))
    explainer = want_explainer(IRIS, variant, version)
    apps = {one.id: RUNNING, explainer.id: App(AppState.FAILED, "no SHAP")}
    ready = replace(IRIS, state=EndpointState.READY)
    seen = world(
        one, explainer, leases=(make_lease(one),), apps=apps, version=version, endpoint=ready
    )
    assert plan(seen) == (FailResident(explainer.id, "no SHAP"),)


def test_an_explainer_goes_when_no_package_asks_for_it() -> None:
    explainer = live(want_explainer(IRIS, IRIS.spec.variants[0], explained()))
    seen = world(
        live(R1), explainer, leases=(make_lease(R1),), apps={R1.id: RUNNING, explainer.id: RUNNING}
    )
    assert StopApp(explainer.id) in plan(seen)
    assert StopApp(R1.id) not in plan(seen)


def test_a_version_that_finds_no_room_says_so() -> None:
    apps = {R1.id: App(AppState.STARTING, "1 replica has taken more than 30s\n to be scheduled")}
    (marked,) = [one for one in plan(world(R1, apps=apps)) if isinstance(one, MarkEndpoint)]
    assert marked.reason.endswith("1 replica has taken more than 30s to be scheduled")


CANARY = {"strategy": "canary", "step_share": 0.1, "step_s": 60, "guard": {"min_requests": 5}}
ROLLED = replace(
    IRIS,
    spec=EndpointSpec.read(
        {"name": "iris", "variants": [{"model": "iris@live"}], "rollout": CANARY, "retain_s": 60}
    ),
)


def canary(step: int = 0, since: float = NOW) -> Resident:
    share = (0.1, 1.0)[step]
    return replace(R2, state=ResidentState.CANARY, share=share, step=step, stepped_at=since)


def rolling(new: Resident, *traffic: Traffic) -> World:
    leases, apps = (make_lease(R1), make_lease(R2)), {R1.id: RUNNING, R2.id: RUNNING}
    seen = world(live(R1), new, leases=leases, apps=apps, version=V2, endpoint=ROLLED)
    return replace(seen, traffic=traffic)


def test_a_new_version_begins_with_its_first_share() -> None:
    assert ShiftTraffic(R2, 0.1, 0, NOW) in plan(rolling(R2))


def test_a_first_version_takes_all_at_once() -> None:
    seen = world(R1, leases=(make_lease(R1),), apps={R1.id: RUNNING}, endpoint=ROLLED)
    assert PromoteResident in kinds(seen)


def test_going_back_to_a_retired_version_takes_no_steps() -> None:
    retired = replace(R2, state=ResidentState.RETIRED, retire_at=NOW + 9)
    assert PromoteResident in kinds(rolling(retired))


def test_a_step_is_held_for_its_time() -> None:
    assert kinds(rolling(canary(since=NOW - 59))) == [MarkEndpoint]
    shift = ShiftTraffic(canary(since=NOW - 60), 1.0, 1, NOW)
    assert shift in plan(rolling(canary(since=NOW - 60)))


def test_after_the_last_step_the_new_version_is_live() -> None:
    assert PromoteResident not in kinds(rolling(canary(1, NOW - 59)))
    assert PromoteResident in kinds(rolling(canary(1, NOW - 60)))


def test_a_version_that_breaks_its_guard_goes_back_at_once() -> None:
    bad = Traffic("g", R2.id, int(NOW), requests=10, errors=9)
    (failed,) = [one for one in plan(rolling(canary(), bad)) if isinstance(one, FailResident)]
    assert failed.resident == R2.id
    assert "rolled back: error rate 90.0%" in failed.reason
    old = replace(bad, span=int(NOW - 100))
    assert FailResident not in kinds(rolling(canary(), old))
    others = replace(bad, resident=R1.id)
    assert FailResident not in kinds(rolling(canary(), others))


def test_a_canary_that_is_no_longer_wanted_leaves_at_once() -> None:
    seen = replace(rolling(canary()), versions={"iris@live": V1})
    assert DrainResident(R2.id) in plan(seen)


def test_a_canary_whose_live_version_is_gone_is_live() -> None:
    seen = replace(rolling(canary()), residents=(canary(),))
    assert PromoteResident in kinds(seen)


SLEEPY = replace(
    IRIS,
    spec=EndpointSpec.read(
        {
            "name": "iris",
            "variants": [
                {"model": "iris@live", "autoscaling": {"min_replicas": 0, "max_replicas": 2}}
            ],
        }
    ),
)


def test_a_variant_that_nobody_asks_is_put_to_sleep_and_is_ready() -> None:
    variant = SLEEPY.spec.variants[0]
    idle = replace(live(R1), spec=variant, created_at=NOW - 900)
    seen = world(idle, leases=(make_lease(R1),), apps={R1.id: RUNNING}, endpoint=SLEEPY)
    (started, _) = plan(seen)
    assert isinstance(started, StartApp)
    assert started.resident.spec.replicas == 0
    asleep = replace(seen, residents=(started.resident,), leases=())
    (marked,) = plan(asleep)
    assert isinstance(marked, MarkEndpoint)
    assert (marked.state, marked.reason) == (EndpointState.READY, "variant main: scaled to zero")
    woken = replace(asleep, traffic=(Traffic("g", R1.id, int(NOW), waiting=1),))
    assert [one.resident.spec.replicas for one in plan(woken) if isinstance(one, StartApp)] == [1]
