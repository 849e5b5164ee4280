"""Ray Serve as the orchestrator. The one place that tells Ray what to run."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import ray
from ray import serve
from ray.serve.api import RunTarget
from ray.serve.schema import ApplicationStatus

from core.endpoint import VariantSpec
from core.errors import Unavailable
from core.pool import PoolSpec
from core.refs import ResidentId
from core.resources import Resources
from registry.records import Resident
from serving.autoscaler import configure
from serving.blueprint import ReplicaPlan, write_plan
from serving.orchestrator import App, AppState
from serving.pool_replica import PoolPlan, PoolReplica
from serving.replica import FINISH_S, LET_GO_S, Replica
from serving.surroundings import Surroundings

NAMESPACE = "tidegate"
_STATES = {
    ApplicationStatus.RUNNING: AppState.RUNNING,
    ApplicationStatus.DEPLOY_FAILED: AppState.FAILED,
    ApplicationStatus.DELETING: AppState.STOPPING,
}


# Serve says so when no machine has room for a replica, or it takes long to start.
_STUCK = "taken more than"
# Deadlines of the parts add up: a replica lets gateways go, finishes, and has some seconds to spare.
_deploy: Any = serve.deployment(
    name="replica",
    max_ongoing_requests=1000,
    health_check_period_s=2,
    health_check_timeout_s=10,
    graceful_shutdown_wait_loop_s=0.1,
    graceful_shutdown_timeout_s=LET_GO_S + FINISH_S + 5,
    max_constructor_retry_count=1,
)
_DEPLOYMENT: Any = _deploy(Replica)
_POOL: Any = _deploy(PoolReplica)


class RayCluster:
    """A running Ray cluster, addressed as `host:port` of its control store.

    The process's environment must hold Ray's token settings before Ray is imported.
    """

    def __init__(self, address: str, around: Surroundings) -> None:
        self._address = address
        self._around = around

    def connect(self) -> None:
        """Join the cluster and have Serve running in it; raises Unavailable."""
        if ray.is_initialized():
            return
        try:
            ray.init(address=self._address, namespace=NAMESPACE, log_to_driver=False)
            serve.start(proxy_location="Disabled")
        except Exception as error:  # Ray raises plain errors of many kinds here
            self.disconnect()
            raise Unavailable("ray cluster", f"{type(error).__name__}: {error}") from error

    def disconnect(self) -> None:
        """Leave the cluster; what runs in it goes on."""
        ray.shutdown()

    def observe(self) -> Mapping[ResidentId, App]:
        """Serve's own view of its applications."""
        self.connect()
        try:
            status = serve.status()
        except Exception as error:  # as above
            raise Unavailable("ray cluster", f"{type(error).__name__}: {error}") from error
        return {ResidentId(name): _read(app) for name, app in status.applications.items()}

    def start(self, resident: Resident, folder: str = "") -> None:
        """Deploy without waiting for the replicas."""
        planned = write_plan(ReplicaPlan.of(resident, self._around))
        options = describe(resident.spec, folder)
        # Without a version Serve draws one at each deploy, and a change of numbers restarts every replica.
        # Its public options have none in Ray 2.60; to be looked at when Ray is upgraded.
        # A replica that was started without autoscaling tells Serve no load later on: it must be another.
        scales = resident.spec.autoscaling is not None
        version = sha256(f"{scales}{planned}".encode()).hexdigest()[:16]
        app = _DEPLOYMENT.options(version=version, _internal=True, **options).bind(planned)
        self._run(app, resident.id)

    def start_pool(self, spec: PoolSpec) -> None:
        """Deploy without waiting for the replicas."""
        options = describe_replicas(spec.resources)
        planned = PoolPlan(spec, self._around)
        app = _POOL.options(num_replicas=spec.replicas, ray_actor_options=options).bind(planned)
        self._run(app, spec.app)

    def _run(self, app: Any, name: ResidentId) -> None:
        target = RunTarget(app, name=name, route_prefix=None)
        try:
            serve.run_many(
                [target],
                wait_for_ingress_deployment_creation=False,
                wait_for_applications_running=False,
            )
        except Exception as error:  # as above
            raise Unavailable("ray cluster", f"{type(error).__name__}: {error}") from error

    def stop(self, resident: ResidentId) -> None:
        """Delete the application; Serve drains its replicas."""
        try:
            serve.delete(resident, _blocking=False)
        except Exception as error:  # as above
            raise Unavailable("ray cluster", f"{type(error).__name__}: {error}") from error


def describe_replicas(resources: Resources) -> dict[str, Any]:
    """Ray's options of each replica's actor."""
    taken: dict[str, Any] = {"num_cpus": resources.num_cpus, "num_gpus": resources.num_gpus}
    if resources.memory_mb:
        taken["memory"] = resources.memory_mb * 2**20
    return taken


def describe(variant: VariantSpec, folder: str = "") -> dict[str, Any]:
    """Serve's options of a deployment for a variant; `folder` comes first on its Python path.

    What is in `user_config` reaches running replicas; neither it nor the numbers restart them.
    """
    scaling = variant.autoscaling
    taken = describe_replicas(variant.resources)
    if folder:
        taken["runtime_env"] = {"env_vars": {"PYTHONPATH": f"{folder}:${{PYTHONPATH}}"}}
    if scaling is None:
        return {"num_replicas": variant.replicas, "ray_actor_options": taken}
    return {
        "num_replicas": None,
        "ray_actor_options": taken,
        "autoscaling_config": configure(scaling, variant.replicas),
        "user_config": scaling.model_dump(mode="json"),
    }


def _read(app: "serve.schema.ApplicationStatusOverview") -> App:
    state = _STATES.get(app.status, AppState.STARTING)
    message = app.message or " ".join(one.message for one in app.deployments.values())
    if state is AppState.STARTING and _STUCK not in message:
        # While all goes well Serve's own words are about its insides.
        message = ""
    return App(state, message)
