"""A small world for the planner: versions, an endpoint, and a cluster that does what it is told."""

from dataclasses import replace

from core.dtypes import DataType
from core.endpoint import EndpointSpec
from core.errors import NotFound
from core.refs import Digest, EndpointName, ModelName, ReplicaId, ResidentId
from core.rollout import Rollout
from core.signature import Signature, TensorSpec
from registry.catalogue import Version
from registry.manifest import FileEntry, Manifest
from registry.records import Endpoint, EndpointState, Lease, Resident, ResidentState, Traffic
from serving import action as act
from serving.action import Action
from serving.orchestrator import App, AppState
from serving.plan import plan
from serving.world import World

NOW = 1000.0
CANARY = Rollout(strategy="canary", step_s=30.0)
_SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 1)),),
    (TensorSpec("y", DataType.FP32, (-1, 1)),),
    batched=True,
)


def make_version(number: int) -> Version:
    manifest = Manifest(
        name="iris",
        runtime="onnx",
        platform="onnxruntime_onnx",
        model_file="model.onnx",
        files=(FileEntry(path="model.onnx", sha256=f"{number:064x}", size_bytes=1),),
        signature=_SIGNATURE,
    )
    return Version(
        model=ModelName("iris"),
        version=number,
        location=f"packages/{number}",
        digest=Digest(f"sha256:{number:064x}"),
        manifest=manifest,
        created_at=NOW,
    )


def make_endpoint(name: str = "iris") -> Endpoint:
    spec = EndpointSpec.read({"name": name, "variants": [{"model": "iris@live"}], "retain_s": 60})
    return Endpoint(EndpointName(name), spec, EndpointState.CREATING, "", NOW - 5, NOW - 5)


def make_lease(resident: Resident) -> Lease:
    return Lease(ReplicaId(f"{resident.id}-r"), resident.id, "127.0.0.1:1", NOW + 5)


class Cluster:
    """Tables and cluster in one: applies plans, and lets time and accidents happen."""

    def __init__(self, name: EndpointName) -> None:
        self.endpoint = make_endpoint(name)
        self.version = make_version(1)
        self.now = NOW
        self.residents: dict[ResidentId, Resident] = {}
        self.apps: dict[ResidentId, App] = {}
        self.replicas: dict[ResidentId, int] = {}
        self.is_resolvable = True
        self.traffic: tuple[Traffic, ...] = ()
        self.broken_promises: list[Action] = []

    def world(self) -> World:
        running = [rid for rid, app in self.apps.items() if app.state is AppState.RUNNING]
        leases = tuple(
            Lease(ReplicaId(f"{rid}-{number}"), rid, "127.0.0.1:1", self.now + 5)
            for rid in running
            for number in range(self.replicas[rid])
        )
        known = tuple(self.residents.values())
        found = self.version if self.is_resolvable else NotFound("alias", "live")
        versions = {"iris@live": found}
        apps = dict(self.apps)
        return World((self.endpoint,), known, leases, apps, versions, self.now, self.traffic)

    def step(self) -> int:
        actions = self._plan()
        for action in actions:
            self._apply(action)
        return len(actions)

    def crash(self) -> None:
        """A step of which only the first half is done."""
        actions = self._plan()
        for action in actions[: len(actions) // 2]:
            self._apply(action)

    def settle(self) -> None:
        self.apps = {
            rid: App(AppState.RUNNING) if app.state is AppState.STARTING else app
            for rid, app in self.apps.items()
            if app.state is not AppState.STOPPING
        }

    def v1(self) -> None:
        self.version = make_version(1)

    def v2(self) -> None:
        self.version = make_version(2)

    def scale(self) -> None:
        """One replica, or two."""
        variant = self.endpoint.spec.variants[0]
        other = variant.model_copy(update={"replicas": 3 - variant.replicas})
        spec = self.endpoint.spec.model_copy(update={"variants": (other,)})
        self.endpoint = replace(self.endpoint, spec=spec)

    def roll(self) -> None:
        """New versions are rolled out in steps, or at once."""
        steps = Rollout() if self.endpoint.spec.rollout.step_s else CANARY
        spec = self.endpoint.spec.model_copy(update={"rollout": steps})
        self.endpoint = replace(self.endpoint, spec=spec)

    def suffer(self) -> None:
        """Whatever is rolled out now fails its requests."""
        self.traffic = tuple(
            Traffic("g", rid, int(self.now) + 1, requests=100, errors=90)
            for rid, one in self.residents.items()
            if one.state is ResidentState.CANARY
        )

    def forget(self) -> None:
        """The alias cannot be resolved, for as long as nobody applies again."""
        self.is_resolvable = False

    def lose(self) -> None:
        self.apps = {}

    def fail(self) -> None:
        self.apps = {
            rid: App(AppState.FAILED, "boom") if app.state is AppState.STARTING else app
            for rid, app in self.apps.items()
        }

    def later(self) -> None:
        self.now += 61

    def live_version(self) -> int | None:
        found = [one.version for one in self.residents.values() if one.state is ResidentState.LIVE]
        return found[0] if len(found) == 1 else None

    def come_to_rest(self) -> bool:
        """Apply the spec again, as people do after a failure, and step until there is nothing to do."""
        self.now += 1
        self.is_resolvable = True
        self.traffic = ()
        self.endpoint = replace(self.endpoint, updated_at=self.now)
        for _ in range(30):
            self.settle()
            if self.step() == 0:
                return True
            self.later()
        return False

    def _plan(self) -> tuple[Action, ...]:
        """The plan, with every action of it that would take a live version away noted."""
        seen = self.world()
        actions = plan(seen)
        live = {rid for rid, one in self.residents.items() if one.state is ResidentState.LIVE}
        for action in actions:
            match action:
                case act.DrainResident(rid) | act.RemoveResident(rid) | act.FailResident(rid, _):
                    promised = rid not in live
                case act.StopApp(rid):
                    promised = rid not in live or not seen.answering(rid)
                case act.PromoteResident(resident, _):
                    wanted = self.endpoint.spec.variants[0].replicas
                    promised = seen.answering(resident.id) >= wanted
                case _:
                    promised = True
            if not promised:
                self.broken_promises.append(action)
        return actions

    def _apply(self, action: Action) -> None:
        match action:
            case act.AddResident(resident, now):
                self.residents.setdefault(resident.id, replace(resident, created_at=now))
            case act.StartApp(resident):
                self._start(resident)
            case act.StopApp(rid):
                self._stop(rid)
            case act.MarkEndpoint(_, state, reason):
                self.endpoint = replace(self.endpoint, state=state, reason=reason)
            case _:
                self._record(action)

    def _record(self, action: Action) -> None:
        match action:
            case act.PromoteResident(resident, retire_at):
                self._promote(resident, retire_at)
            case act.ShiftTraffic(resident, share, step, now):
                self._mark(resident.id, ResidentState.CANARY)
                known = self.residents[resident.id]
                shifted = replace(known, share=share, step=step, stepped_at=now)
                self.residents[resident.id] = shifted
            case act.DrainResident(rid):
                self._mark(rid, ResidentState.DRAINING)
            case act.FailResident(rid, _):
                self._mark(rid, ResidentState.FAILED)
            case act.RemoveResident(rid):
                self.residents.pop(rid, None)

    def _promote(self, resident: Resident, retire_at: float) -> None:
        for rid, one in self.residents.items():
            if one.state is ResidentState.LIVE:
                self.residents[rid] = replace(one, state=ResidentState.RETIRED, retire_at=retire_at)
        self._mark(resident.id, ResidentState.LIVE)

    def _mark(self, rid: ResidentId, state: ResidentState) -> None:
        self.residents[rid] = replace(self.residents[rid], state=state)

    def _start(self, resident: Resident) -> None:
        self.apps.setdefault(resident.id, App(AppState.STARTING))
        self.replicas[resident.id] = resident.spec.replicas
        if resident.id in self.residents:
            known = self.residents[resident.id]
            self.residents[resident.id] = replace(known, spec=resident.spec)

    def _stop(self, rid: ResidentId) -> None:
        if rid in self.apps:
            self.apps[rid] = App(AppState.STOPPING)
