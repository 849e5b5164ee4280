"""What runs in the cluster: `python -m training.entry <job folder>/spec.json`."""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from core.clock import Clock, SystemClock
from core.errors import NotFound, TidegateError
from core.plugins import load
from core.refs import AliasName, JobId
from registry.catalogue import CATALOGUES, Catalogue, Version
from registry.platform import Platform, open_platform
from registry.pointer import point_anyhow
from registry.records import JobState
from training.job import JobFolder, JobOrder, read_order
from training.recipe import Product, train


def main(arguments: Sequence[str]) -> int:
    """Run the job of the order file that the one argument names; the exit status is 0 when it is done."""
    file = Path(arguments[0])
    order = read_order(file)
    platform = open_platform(order.database_url)

    def open_catalogue() -> Catalogue:
        kind: Callable[..., Catalogue] = load("catalogue", CATALOGUES, "mlflow")
        return kind(order.mlflow_uri, order.packages, platform)

    return run_job(order, JobFolder(file.parent), platform, open_catalogue, SystemClock())


def run_job(
    order: JobOrder,
    folder: JobFolder,
    platform: Platform,
    open_catalogue: Callable[[], Catalogue],
    clock: Clock,
) -> int:
    """Do the job and say in the platform's tables how it went; the exit status is 0 when it is done.

    The catalogue takes seconds to open, so that is done when there is something to publish.
    A job that has ended already (somebody stopped it while it waited) is left alone.
    """
    job = JobId(order.job)
    if platform.jobs.get(job).state.is_final:
        say("the job has ended already")
        return 0
    started = {"started_at": clock.now()}
    # The follower counts the time limit from here.
    platform.jobs.publish(job, started, clock.now())
    platform.jobs.mark(job, JobState.RUNNING, "training", clock.now())
    try:
        result = {**started, **_produce(order, folder, platform, open_catalogue, clock)}
    except TidegateError as error:
        return _fail(platform, job, f"{error.code}: {error}", clock)
    except Exception as error:
        _fail(platform, job, f"{type(error).__name__}: {error}", clock)
        raise
    platform.jobs.publish(job, result, clock.now())
    folder.write_result(result)
    done = f"published {result['model']}:{result['version']}"
    platform.jobs.mark(job, JobState.SUCCEEDED, done, clock.now())
    say(done)
    return 0


def _produce(
    order: JobOrder,
    folder: JobFolder,
    platform: Platform,
    open_catalogue: Callable[[], Catalogue],
    clock: Clock,
) -> dict[str, Any]:
    job = JobId(order.job)

    def report(line: str) -> None:
        say(line)
        platform.jobs.mark(job, JobState.RUNNING, line, clock.now())

    product = train(order.spec, folder.path, {"job": job}, report)
    product.held_out.table().to_parquet(folder.held_out, index=False)
    report("publishing")
    catalogue = open_catalogue()
    version = catalogue.publish(product.package, now=clock.now())
    alias = order.spec.output.alias
    if alias is not None:
        point_anyhow(catalogue, version.model, AliasName(alias), version.version, clock)
    return describe(product, version, alias, folder)


def describe(
    product: Product, version: Version, alias: str | None, folder: JobFolder
) -> dict[str, Any]:
    """The job's result as plain JSON."""
    return {
        "model": version.model,
        "version": version.version,
        "digest": version.digest,
        "alias": alias,
        "metrics": dict(product.metrics),
        "held_out": str(folder.held_out),
    }


def say(line: str) -> None:
    """One line of the job's log."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def _fail(platform: Platform, job: JobId, message: str, clock: Clock) -> int:
    with suppress(NotFound):
        platform.jobs.mark(job, JobState.FAILED, message[:2000], clock.now())
    say(f"failed: {message}")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
