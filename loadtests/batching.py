"""Batching efficiency: rows/s of a replica asked one row at a time, over a bare loop with whole batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from loadtests.cnn import write_binary_request, write_cnn
from loadtests.loop import measure_loop
from loadtests.platform import Platform, find_replica, serve_model
from loadtests.statistics import Counted, ask_counted
from loadtests.wrk import Target, measure

NAME = "cnn"
CONNECTIONS = 64
# Threads of a run in the replica: the default of an endpoint's `resources.intra_op_num_threads`.
THREADS = 1


@dataclass(frozen=True, slots=True)
class Round:
    """One turn: the replica's rows/s, its mean batch, and the loop's rows/s with that batch.

    `model_rate` is rows for each second that the replica's model ran: below the loop's where the
    machine is shared, above the replica's where the model had to wait.
    """

    rate: float
    batch: float
    model_rate: float
    loop_rate: float
    failures: int

    @property
    def efficiency(self) -> float:
        """The replica over the loop."""
        return self.rate / self.loop_rate

    @property
    def busy(self) -> float:
        """Share of the time in which the replica's model ran."""
        return self.rate / self.model_rate

    @property
    def speed(self) -> float:
        """How fast the model ran in the replica, over the loop."""
        return self.model_rate / self.loop_rate


def measure_batching(
    platform: Platform, folder: Path, seconds: int, rounds: int, tell: Callable[[str], None]
) -> Round:
    """Deploy the network and measure replica and loop in turns; the median round by efficiency."""
    model = write_cnn(folder / "cnn.onnx")
    serve_model(platform, NAME, model, folder)
    address, proof = find_replica(platform, NAME)
    body, headers = write_binary_request()
    target = Target(
        "replica", f"http://{address}/v2/models/{NAME}/infer", body, {**headers, **proof}
    )
    measure(target, CONNECTIONS, 1)
    taken: list[Round] = []
    for turn in range(rounds):
        taken.append(measure_round(target, model, seconds, proof))
        tell(f"batching, round {turn + 1}/{rounds}: {describe(taken[-1])}")
    return middle_round(taken)


def measure_round(target: Target, model: Path, seconds: int, proof: Mapping[str, str]) -> Round:
    """The replica, then at once the loop with the batch that the replica had."""
    statistics = f"{target.url.removesuffix('/infer')}/stats"
    before = ask_counted(statistics, proof)
    reading = measure(target, CONNECTIONS, seconds)
    counted = ask_counted(statistics, proof) - before
    loop_rate = measure_loop(model, choose_batch(counted), THREADS, seconds)
    model_rate = counted.rows / counted.model_s
    return Round(reading.rate, counted.batch, model_rate, loop_rate, reading.failures)


def choose_batch(counted: Counted) -> int:
    """The whole number of rows nearest to the mean batch."""
    return max(1, round(counted.batch))


def middle_round(rounds: Sequence[Round]) -> Round:
    """Medians of what was measured; failures add up."""
    return Round(
        rate=median(one.rate for one in rounds),
        batch=median(one.batch for one in rounds),
        model_rate=median(one.model_rate for one in rounds),
        loop_rate=median(one.loop_rate for one in rounds),
        failures=sum(one.failures for one in rounds),
    )


def describe(one: Round) -> str:
    """One line for people."""
    return (
        f"replica {one.rate:,.0f} rows/s in batches of {one.batch:.1f}, loop {one.loop_rate:,.0f}: "
        f"{one.efficiency:.0%} (model busy {one.busy:.0%} of the time, at {one.speed:.0%} of its speed)"
    )
