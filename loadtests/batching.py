"""Batching efficiency: rows/s of a replica asked one row at a time, over a bare loop with whole batches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from loadtests.cnn import write_binary_request, write_cnn
from loadtests.loop import measure_loop
from loadtests.platform import Platform, find_replica, serve_model
from loadtests.statistics import Counted, ask_counted
from loadtests.wrk import Reading, Target, measure

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
    """Deploy the network and measure replica and loop in turns; the round of median efficiency."""
    model = write_cnn(folder / "cnn.onnx")
    serve_model(platform, NAME, model, folder)
    address, proof = find_replica(platform, NAME)
    body, headers = write_binary_request()
    target = Target(
        "replica", f"http://{address}/v2/models/{NAME}/infer", body, {**headers, **proof}
    )
    warm, _ = ask_replica(target, 1, proof)
    taken: list[Round] = []
    for turn in range(rounds):
        taken.append(measure_round(target, model, seconds, proof, choose_batch(warm)))
        tell(f"batching, round {turn + 1}/{rounds}: {describe(taken[-1])}")
    return middle_round(taken)


def measure_round(
    target: Target, model: Path, seconds: int, proof: Mapping[str, str], rows: int
) -> Round:
    """The loop with `rows` at a time, the replica, and the loop again, since the machine's speed drifts.

    The loop has the machine to itself: what the replica loses to its own server and to its callers,
    who share the cores with it, counts against it.
    """
    before = measure_loop(model, rows, THREADS, seconds / 2)
    counted, reading = ask_replica(target, seconds, proof)
    after = measure_loop(model, rows, THREADS, seconds / 2)
    model_rate = counted.rows / counted.model_s
    return Round(reading.rate, counted.batch, model_rate, (before + after) / 2, reading.failures)


def ask_replica(target: Target, seconds: int, proof: Mapping[str, str]) -> tuple[Counted, Reading]:
    """What the replica counted while it was asked, and what its callers saw."""
    statistics = f"{target.url.removesuffix('/infer')}/stats"
    before = ask_counted(statistics, proof)
    reading = measure(target, CONNECTIONS, seconds)
    return ask_counted(statistics, proof) - before, reading


def choose_batch(counted: Counted) -> int:
    """The whole number of rows nearest to the mean batch."""
    return max(1, round(counted.batch))


def middle_round(rounds: Sequence[Round]) -> Round:
    """The round of median efficiency, the lower of two; failures of all rounds add up.

    Medians of each reading alone would set one round's replica against another one's loop.
    """
    middle = sorted(rounds, key=lambda one: one.efficiency)[(len(rounds) - 1) // 2]
    return replace(middle, failures=sum(one.failures for one in rounds))


def describe(one: Round) -> str:
    """One line for people."""
    return (
        f"replica {one.rate:,.0f} rows/s in batches of {one.batch:.1f}, loop {one.loop_rate:,.0f}: "
        f"{one.efficiency:.0%} (model busy {one.busy:.0%} of the time, at {one.speed:.0%} of its speed)"
    )
