"""What runs in the cluster: `python -m serving.transform.entry <job folder>/spec.json`."""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.clock import Clock, SystemClock
from core.errors import TidegateError
from core.refs import JobId
from registry.package import open_package
from registry.platform import Platform, open_platform
from registry.records import JobState
from serving.transform.ledger import Ledger
from serving.transform.order import TransformOrder, WorkerPlan, choose_output_format
from serving.transform.part import Part, PartResult
from serving.transform.source import open_source

RunParts = Callable[[WorkerPlan, Sequence[Part]], Iterator[PartResult]]


@dataclass(frozen=True, slots=True)
class Work:
    """A transform as it was found: all its parts, those done before, and what a worker needs."""

    plan: WorkerPlan
    parts: tuple[Part, ...]
    done: dict[int, PartResult]


def main(arguments: Sequence[str]) -> int:
    """Run the job of the order file that the one argument names; the exit status is 0 when it is done."""
    from serving.transform.pool import run_parts  # noqa: PLC0415 - Ray, which the rest does not need

    order = TransformOrder.load(Path(arguments[0]))
    return run_job(order, open_platform(order.database_url), run_parts, SystemClock())


def run_job(order: TransformOrder, platform: Platform, run_parts: RunParts, clock: Clock) -> int:
    """Do the job and say in the platform's tables how it goes; the exit status is 0 when it is done.

    A job that has ended already (somebody stopped it while it waited) is left alone.
    """
    job = JobId(order.job)
    if platform.jobs.get(job).state.is_final:
        say("the job has ended already")
        return 0
    platform.jobs.publish(job, {"started_at": clock.now()}, clock.now())
    platform.jobs.mark(job, JobState.RUNNING, "looking at the input", clock.now())

    def report(line: str) -> None:
        say(line)
        platform.jobs.mark(job, JobState.RUNNING, line, clock.now())

    try:
        result = transform(order, run_parts, report)
    except TidegateError as error:
        return _fail(platform, job, f"{error.code}: {error}", clock)
    except Exception as error:
        _fail(platform, job, f"{type(error).__name__}: {error}", clock)
        raise
    platform.jobs.publish(job, result, clock.now())
    told = f"{result['rows']} rows answered, {result['errors']} not; see {order.spec.output}"
    platform.jobs.mark(job, JobState.SUCCEEDED, told, clock.now())
    say(told)
    return 0


def _fail(platform: Platform, job: JobId, told: str, clock: Clock) -> int:
    say(f"failed: {told}")
    platform.jobs.mark(job, JobState.FAILED, told[:2000], clock.now())
    return 1


def transform(
    order: TransformOrder, run_parts: RunParts, report: Callable[[str], None]
) -> dict[str, Any]:
    """Do all parts that are not done yet; returns the summary. Raises TidegateError, OSError."""
    work = begin(order)
    results = dict(work.done)
    if results:
        report(f"going on: {len(results)} of {len(work.parts)} parts are done")
    left = [part for part in work.parts if part.index not in results]
    for result in run_parts(work.plan, left) if left else ():
        results[result.index] = result
        report(describe(results, len(work.parts)))
    rows, faults = count(results)
    summary = {
        "model": order.model,
        "version": order.version,
        "rows": rows,
        "errors": faults,
        "parts": len(work.parts),
        "output": order.spec.output,
        "seconds": round(sum(result.seconds for result in results.values()), 3),
    }
    Ledger(Path(order.spec.output)).close(summary)
    return summary


def begin(order: TransformOrder) -> Work:
    """Look at the input and claim the output; raises InvalidSpec, Conflict, PackageCorrupt."""
    spec = order.spec
    source, files = open_source(spec, open_package(order.location).manifest.signature)
    parts = tuple(source.split(files, spec.part_rows))
    kind = choose_output_format(spec, files)
    ledger = Ledger(Path(spec.output))
    # Not the number of workers nor their resources: a later run may have more of them.
    asked = spec.model_dump(mode="json", exclude={"workers", "resources", "time_limit_s"})
    sizes = {str(file): file.stat().st_size for file in files}
    ledger.claim({"spec": asked, "package": order.digest, "files": sizes})
    return Work(
        WorkerPlan(spec, order.location, order.digest, kind, order.trusted),
        parts,
        ledger.done(parts),
    )


def describe(results: dict[int, PartResult], parts: int) -> str:
    """How far it is, for people."""
    rows, faults = count(results)
    share = 100 * len(results) // max(1, parts)
    return f"{share} %: part {len(results)} of {parts}, {rows} rows answered, {faults} not"


def count(results: dict[int, PartResult]) -> tuple[int, int]:
    """Rows answered, and rows that were not."""
    return (
        sum(result.rows for result in results.values()),
        sum(result.faults for result in results.values()),
    )


def say(line: str) -> None:
    """Write a line to the job's log."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
