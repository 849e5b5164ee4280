"""What the benchmark is judged by: ratios of one run, each with the limit it is to reach. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from loadtests.batching import CONNECTIONS, Round
from loadtests.wrk import Reading

# Readings by connections, then by server.
Readings = Mapping[int, Mapping[str, Reading]]
# Share of the bare server's requests/s that each must reach at the highest number of connections.
RATES = {"replica": 0.50, "gateway": 0.15}
# The replica's median latency over the bare server's, one caller.
LATENCY = 1.5
# What the gateway answers of what a handler answers that does nothing, in as bare a server.
HANDLER = 0.25
# What the gateway adds to one caller's median latency at the replica's own port, in ms.
ADDED_MS = 0.3
# The replica's rows/s over the bare loop's.
EFFICIENCY = 0.85


@dataclass(frozen=True, slots=True)
class Ratio:
    """A reading over another one, and its limit: a floor, or a ceiling where `is_ceiling`."""

    name: str
    value: float
    limit: float
    is_ceiling: bool = False

    @property
    def is_met(self) -> bool:
        """Whether the limit is kept."""
        return self.value <= self.limit if self.is_ceiling else self.value >= self.limit

    @property
    def wanted(self) -> str:
        """The limit for people."""
        return f"<= {self.limit:.2f}" if self.is_ceiling else f">= {self.limit:.2f}"


def list_ratios(readings: Readings, batching: Round) -> list[Ratio]:
    """All that is judged. The latency is only there when one caller was measured."""
    most = max(readings)
    row = readings[most]
    ratios = [
        Ratio(
            f"{name} requests/s of bare, {most} connections",
            row[name].rate / row["bare"].rate,
            share,
        )
        for name, share in RATES.items()
    ]
    if "empty" in row:
        share = row["gateway"].rate / row["empty"].rate
        ratios.append(
            Ratio(f"gateway requests/s of an empty handler, {most} connections", share, HANDLER)
        )
    if alone := readings.get(1):
        latency = alone["replica"].p50_ms / alone["bare"].p50_ms
        ratios.append(Ratio("replica p50 over bare, one caller", latency, LATENCY, is_ceiling=True))
        added = alone["gateway"].p50_ms - alone["replica"].p50_ms
        ratios.append(
            Ratio("gateway's added p50 in ms, one caller", added, ADDED_MS, is_ceiling=True)
        )
    name = f"batching efficiency, {CONNECTIONS} connections"
    return [*ratios, Ratio(name, batching.efficiency, EFFICIENCY)]


def list_faults(readings: Readings, batching: Round) -> list[str]:
    """A line for each limit that is missed, and for each measurement in which requests failed."""
    missed = [
        f"{ratio.name}: {ratio.value:.2f}, not {ratio.wanted}"
        for ratio in list_ratios(readings, batching)
        if not ratio.is_met
    ]
    failed = [
        f"{name} at {connections} connections: {reading.failures} requests failed"
        for connections, row in readings.items()
        for name, reading in row.items()
        if reading.failures
    ]
    if batching.failures:
        failed.append(f"batching: {batching.failures} requests failed")
    return [*missed, *failed]
