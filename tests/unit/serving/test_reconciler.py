from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from core.clock import Clock
from core.endpoint import EndpointSpec
from core.refs import AliasName, EndpointName, ModelName, ReplicaId, ResidentId
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import EndpointState, Lease, ResidentState
from serving.orchestrator import App
from serving.outfitter import Outfitter
from serving.reconciler import Reconciler
from tests.fakes.catalogue import FakeCatalogue
from tests.fakes.clock import FakeClock
from tests.fakes.orchestrator import FakeOrchestrator
from tests.samples import make_package

IRIS = EndpointName("iris")


class MeddledOrchestrator(FakeOrchestrator):
    """Lets somebody write between the reading of the tables and the applying of the plan, once."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def observe(self) -> Mapping[ResidentId, App]:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        return super().observe()


class Stand:
    """A reconciler over real tables and a fake cluster, with two published versions."""

    def __init__(self, home: Path) -> None:
        url = f"sqlite:///{home}/platform.db"
        migrate(url)
        self.clock = FakeClock()
        self.platform = open_platform(url)
        self.catalogue = FakeCatalogue()
        self.cluster = MeddledOrchestrator()
        self.reconciler = make_reconciler(self.platform, self.catalogue, self.cluster, self.clock)
        for number in (1, 2):
            package = make_package(home / f"p{number}", "iris", offset=number)
            self.catalogue.publish(package.folder, now=self.clock.now())

    def apply(self, model: str = "iris:1") -> None:
        spec = EndpointSpec.read({"name": "iris", "variants": [{"model": model}]})
        self.platform.endpoints.apply(spec, self.clock.now())

    def answer(self) -> None:
        """Replicas of running applications take their leases."""
        self.cluster.settle()
        for resident in self.cluster.apps:
            ends = self.clock.now() + 5
            self.platform.leases.take(Lease(ReplicaId(f"{resident}-r"), resident, "h:1", ends))

    def rest(self) -> None:
        for _ in range(10):
            if self.reconciler.step() == 0:
                return
            self.answer()
        raise AssertionError("the reconciler does not come to rest")

    def state(self) -> EndpointState:
        return self.platform.endpoints.get(IRIS).state


def make_reconciler(
    platform: Platform, catalogue: FakeCatalogue, cluster: FakeOrchestrator, clock: Clock
) -> Reconciler:
    outfitter = Outfitter(Path("nowhere"), frozenset())
    return Reconciler(platform, catalogue, cluster, outfitter, clock)


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


def test_an_endpoint_becomes_ready_and_tells_how(stand: Stand) -> None:
    stand.apply()
    stand.rest()
    assert stand.state() is EndpointState.READY
    told = [event.message for event in stand.platform.events.list("endpoint", "iris")]
    assert told[0] == "ready"
    assert "variant main answers from version 1" in told


def test_at_rest_nothing_is_written(stand: Stand) -> None:
    stand.apply()
    stand.rest()
    before = stand.platform.database.generation()
    assert stand.reconciler.step() == 0
    assert stand.platform.database.generation() == before


def test_moving_the_alias_moves_the_endpoint(stand: Stand) -> None:
    model, live = ModelName("iris"), AliasName("live")
    stand.catalogue.point(model, live, 1, None, stand.clock.now())
    stand.apply("iris@live")
    stand.rest()
    stand.catalogue.point(model, live, 2, 1, stand.clock.now())
    stand.rest()
    states = {one.version: one.state for one in stand.platform.residents.list()}
    assert states == {1: ResidentState.RETIRED, 2: ResidentState.LIVE}


def test_a_failed_version_is_told_of(stand: Stand) -> None:
    stand.apply()
    stand.reconciler.step()
    (resident,) = stand.cluster.apps
    stand.cluster.fail(resident, "Traceback\nRuntimeUnavailable: no such operator")
    stand.reconciler.step()
    stand.reconciler.step()
    assert stand.state() is EndpointState.FAILED
    assert "no such operator" in stand.platform.endpoints.get(IRIS).reason


def test_a_missing_version_fails_only_its_own_endpoint(stand: Stand) -> None:
    stand.apply("iris:9")
    other = EndpointSpec.read({"name": "other", "variants": [{"model": "iris:1"}]})
    stand.platform.endpoints.apply(other, stand.clock.now())
    stand.rest()
    assert stand.state() is EndpointState.FAILED
    assert stand.platform.endpoints.get(EndpointName("other")).state is EndpointState.READY


def test_a_deleted_endpoint_leaves_nothing(stand: Stand) -> None:
    stand.apply()
    stand.rest()
    stand.platform.endpoints.take_down(IRIS)
    for _ in range(4):
        stand.reconciler.step()
        stand.cluster.settle()
    assert stand.platform.endpoints.list() == ()
    assert stand.platform.residents.list() == ()
    assert stand.cluster.apps == {}


def test_a_deletion_in_the_middle_of_a_step_is_not_forgotten(stand: Stand) -> None:
    stand.apply()
    stand.reconciler.step()
    stand.answer()
    stand.reconciler.step()
    # What comes next is the mark READY, planned for an endpoint that nobody had taken down yet.
    stand.cluster.meanwhile = lambda: stand.platform.endpoints.take_down(IRIS)
    stand.reconciler.step()
    assert stand.state() is EndpointState.DELETING
    told = [event.message for event in stand.platform.events.list("endpoint", "iris")]
    assert "ready" not in told


def test_a_spec_that_comes_in_the_middle_of_a_step_is_not_ready_at_once(stand: Stand) -> None:
    stand.apply()
    stand.reconciler.step()
    stand.answer()
    stand.reconciler.step()
    stand.clock.advance(1)
    stand.cluster.meanwhile = lambda: stand.apply("iris:2")
    stand.reconciler.step()
    assert stand.state() is EndpointState.UPDATING


def test_one_that_is_wanted_again_in_the_middle_of_a_step_stays(stand: Stand) -> None:
    stand.apply()
    stand.platform.endpoints.take_down(IRIS)
    stand.cluster.meanwhile = stand.apply
    stand.reconciler.step()
    assert stand.state() is EndpointState.UPDATING


def test_leases_long_ended_are_swept(stand: Stand) -> None:
    stand.apply()
    stand.rest()
    stand.clock.advance(120)
    stand.reconciler.step()
    assert stand.platform.leases.list() == ()
