"""The control process: `python -m tidegate.control`."""

import logging
import os
import signal
from dataclasses import dataclass
from functools import partial

import uvicorn
from fastapi import FastAPI

from capture.truth import append_truth
from core.clock import Clock, SystemClock
from registry.catalogue import Catalogue
from registry.catalogues.mlflow import MlflowCatalogue
from registry.migration import migrate
from registry.platform import Platform, open_platform
from serving.cluster import RayCluster
from serving.outfitter import Outfitter
from serving.reconciler import Reconciler
from serving.surroundings import Surroundings
from tidegate.control.app import Operations, build_app
from tidegate.control.auditor import Auditing
from tidegate.control.awakening import doubt_ready
from tidegate.control.kinds import JOB_KINDS
from tidegate.control.loop import Loop, Pace
from tidegate.control.monitoring import Monitoring, Scheduler
from tidegate.control.routers import (
    endpoints,
    jobs,
    keys,
    logs,
    measures,
    models,
    monitors,
    plans,
    pools,
    records,
    routes,
    stages,
    status,
    transforms,
)
from tidegate.control.sweeper import Retention, Sweeper
from tidegate.control.upload import UploadLimits, Uploads
from tidegate.settings import Settings
from training.follow import Follower
from training.intake import Intake, Stores
from training.runner import JobRunner
from training.submission import RayJobRunner

RECONCILE_S = 0.5
JOBS_S = 0.5
MONITORS_S = 1.0
SECRETS_S = 60.0
SWEEP_S = 3600.0
STOPS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True, slots=True)
class Process:
    """What the process is made of."""

    settings: Settings
    clock: Clock
    platform: Platform
    catalogue: Catalogue
    cluster: RayCluster
    outfitter: Outfitter
    runner: JobRunner
    monitoring: Monitoring

    def loops(self) -> tuple[Loop, ...]:
        """The background work; each loop goes on when the cluster or a store is away."""
        settings, platform, clock = self.settings, self.platform, self.clock
        reconciler = Reconciler(platform, self.catalogue, self.cluster, self.outfitter, clock)
        follower = Follower(platform.jobs, settings.jobs, self.runner, JOB_KINDS, clock)
        scheduler = Scheduler(platform, self.monitoring, clock)
        retention = Retention(capture_days=settings.capture_retain_days)
        sweeper = Sweeper(platform, settings, retention, clock)

        def rotate() -> object:
            return platform.secrets.rotate(clock.now())

        return (
            Loop("reconciler", reconciler.step, Pace(RECONCILE_S), clock),
            Loop("jobs", follower.step, Pace(JOBS_S), clock),
            Loop("monitors", scheduler.step, Pace(MONITORS_S), clock),
            Loop("secrets", rotate, Pace(SECRETS_S), clock),
            Loop("sweeper", sweeper.step, Pace(SWEEP_S), clock),
        )

    def operations(self, loops: tuple[Loop, ...]) -> Operations:
        """What the API can do."""
        settings, platform, clock = self.settings, self.platform, self.clock
        uploads = Uploads(self.catalogue, settings.run, clock, UploadLimits())
        keep_truth = partial(append_truth, settings.capture_url)
        stores = Stores(
            settings.database_url, settings.mlflow_uri, settings.packages, settings.jobs
        )
        intake = Intake(platform.jobs, stores, self.runner, clock)
        return Operations(
            status=status.StatusOperations(platform, loops),
            models=models.ModelOperations(self.catalogue, uploads, clock),
            endpoints=endpoints.EndpointOperations(platform, self.catalogue, keep_truth, clock),
            routes=routes.RouteOperations(platform, clock),
            keys=keys.KeyOperations(platform, read_master(settings), clock),
            jobs=jobs.JobOperations(platform.jobs, intake, self.runner),
            monitors=monitors.MonitorOperations(platform, self.monitoring, clock),
            logs=logs.LogOperations(platform, settings.logbooks),
            measures=measures.MeasureOperations(platform, clock),
            pools=pools.PoolOperations(platform, clock),
            stages=stages.StageOperations(platform, clock),
            plans=plans.PlanOperations(platform, clock),
            records=records.RecordOperations(platform, clock),
            auditing=Auditing(platform.audit, clock),
            transforms=transforms.TransformOperations(
                platform.jobs,
                self.catalogue,
                settings.jobs,
                describe_surroundings(settings),
                clock,
            ),
        )


def compose(settings: Settings) -> Process:
    """Open the stores, made or brought up to date where needed; the cluster is not asked yet."""
    clock = SystemClock()
    migrate(settings.database_url)
    platform = open_platform(settings.database_url)
    # Before anyone looks: gateways sign with it, replicas check.
    platform.secrets.rotate(clock.now())
    doubt_ready(platform, clock.now())
    return Process(
        settings=settings,
        clock=clock,
        platform=platform,
        catalogue=MlflowCatalogue(settings.mlflow_uri, settings.packages, platform),
        cluster=RayCluster(settings.ray_address, describe_surroundings(settings)),
        outfitter=Outfitter(settings.environments, settings.trusted),
        runner=RayJobRunner(settings.dashboard_url, settings.ray_token_file.read_text().strip()),
        monitoring=Monitoring(platform, settings.capture_url, settings.reports, clock),
    )


def read_master(settings: Settings) -> bytes:
    """The master secret of signing keys; none where nobody made one."""
    file = settings.signing_secret_file
    return file.read_bytes().strip() if file.is_file() else b""


def describe_surroundings(settings: Settings) -> Surroundings:
    """What replicas are told."""
    return Surroundings(
        database_url=settings.database_url,
        host=settings.host,
        # A JSON number grows when it travels in binary: what the gateway took must go in here.
        body_limit=4 * settings.max_body_bytes,
        logs=str(settings.logbooks),
        trusted=settings.trusted,
    )


def serve(app: FastAPI, port: int) -> None:
    """Serve on loopback, behind the private listener, until SIGTERM or SIGINT.

    What runs in the cluster goes on without this process.
    """
    for number in STOPS:
        # uvicorn stops on a signal, then raises it once more; this end was asked for and is clean.
        signal.signal(number, lambda *_: None)
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)
    Server(config).run()


class Server(uvicorn.Server):
    """Keeps the signals for itself.

    When Ray connects, its library takes them, and then aborts the process three seconds after one came.
    """

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        if counter % 10 == 0:
            for number in STOPS:
                signal.signal(number, self.handle_exit)
        return await super().on_tick(counter)


def main() -> None:
    """Read the settings, put the process together, serve."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # One line for each call to the cluster is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = Settings.from_environ(os.environ)  # noqa: TID251 - a process's own entry
    process = compose(settings)
    loops = process.loops()
    token = settings.admin_token_file.read_text().strip()
    try:
        serve(build_app(process.operations(loops), token, loops), settings.control_port)
    finally:
        # A loop that hangs does so in the cluster's library, which would then hang here too.
        if not any(loop.is_alive for loop in loops):
            process.cluster.disconnect()


if __name__ == "__main__":
    main()
