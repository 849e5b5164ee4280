"""Workers in the cluster: Ray Data's actors, each with the model loaded once."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import ray
from ray.data import ActorPoolStrategy, DataContext

from serving.transform.order import WorkerPlan
from serving.transform.part import Part, PartResult


class PartWorker:
    """One actor. Ray gives it a part at a time and starts another one when it dies."""

    def __init__(self, plan: WorkerPlan) -> None:
        self._worker = plan.open()

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[Any]]:
        """The results of the parts in a batch."""
        results = [self._worker.work(Part(**part)) for part in batch["part"].tolist()]
        return {"result": [asdict(result) for result in results]}


def run_parts(plan: WorkerPlan, parts: Sequence[Part]) -> Iterator[PartResult]:
    """Results as parts are done, in any order; what a worker raises ends the run."""
    context = DataContext.get_current()
    context.enable_progress_bars = False
    resources = plan.spec.resources
    wanted = min(plan.spec.workers, len(parts))
    rows = [{"part": asdict(part)} for part in parts]
    results = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        PartWorker,
        batch_size=1,
        compute=ActorPoolStrategy(size=wanted),
        fn_constructor_kwargs={"plan": plan},
        num_cpus=resources.num_cpus,
        num_gpus=resources.num_gpus or None,
    )
    for row in results.iter_rows():
        yield PartResult.of(row["result"])
