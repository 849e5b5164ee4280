"""What a model version has counted: the protocol's statistics as values that add up.

Source: Triton's "Statistics Extension". All numbers are whole, never fall, and fit 64 bits; times are in
nanoseconds, `last_inference` in milliseconds since 1970.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

Json = dict[str, Any]
# Clients read all of them, whether a server counts them or not.
KINDS = (
    "success", "fail", "queue", "compute_input", "compute_infer", "compute_output",
    "cache_hit", "cache_miss",
)  # fmt: skip
BATCH_KINDS = ("compute_input", "compute_infer", "compute_output")


@dataclass(frozen=True, slots=True)
class Duration:
    """How often something happened, and how long all of it took."""

    count: int = 0
    ns: int = 0

    def __add__(self, other: "Duration") -> "Duration":
        return Duration(self.count + other.count, self.ns + other.ns)

    def __or__(self, other: "Duration") -> "Duration":
        """The larger of two readings of one counter."""
        return Duration(max(self.count, other.count), max(self.ns, other.ns))

    def to_json(self) -> Json:
        """As the protocol has it."""
        return {"count": self.count, "ns": self.ns}


Durations = dict[str, Duration]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one model version, by one replica or by many.

    `inference_count` counts rows, `durations["success"]` requests, `execution_count` runs of the model.
    `durations` is by KINDS, `batches` by the rows of a run, then by BATCH_KINDS; what is missing is 0.
    """

    last_inference: int = 0
    inference_count: int = 0
    execution_count: int = 0
    durations: Durations = field(default_factory=dict)
    batches: dict[int, Durations] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """Requests that were answered, well or not."""
        known = (self.durations.get(kind) for kind in ("success", "fail"))
        return sum(one.count for one in known if one is not None)

    def __add__(self, other: "Counts") -> "Counts":
        """What both counted together."""
        return Counts(
            max(self.last_inference, other.last_inference),
            self.inference_count + other.inference_count,
            self.execution_count + other.execution_count,
            _add(self.durations, other.durations),
            {
                size: _add(self.batches.get(size, {}), other.batches.get(size, {}))
                for size in sorted({*self.batches, *other.batches})
            },
        )

    def __or__(self, other: "Counts") -> "Counts":
        """The later of two readings of one replica: nothing in it ever falls."""
        return Counts(
            max(self.last_inference, other.last_inference),
            max(self.inference_count, other.inference_count),
            max(self.execution_count, other.execution_count),
            _later(self.durations, other.durations),
            {
                size: _later(self.batches.get(size, {}), other.batches.get(size, {}))
                for size in sorted({*self.batches, *other.batches})
            },
        )

    def to_json(self, name: str, version: str) -> Json:
        """The protocol's object for one model version, with every field that clients read."""
        return {
            "name": name,
            "version": version,
            "last_inference": self.last_inference,
            "inference_count": self.inference_count,
            "execution_count": self.execution_count,
            "inference_stats": _write(self.durations, KINDS),
            "batch_stats": [
                {"batch_size": size, **_write(durations, BATCH_KINDS)}
                for size, durations in sorted(self.batches.items())
            ],
            "memory_usage": [],
            "response_stats": {},
        }

    @classmethod
    def from_json(cls, document: Json) -> "Counts":
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError for anything else."""
        return cls(
            int(document["last_inference"]),
            int(document["inference_count"]),
            int(document["execution_count"]),
            _read(document["inference_stats"], KINDS),
            {
                int(batch["batch_size"]): _read(batch, BATCH_KINDS)
                for batch in document["batch_stats"]
            },
        )


def sum_counts(counts: Iterable[Counts]) -> Counts:
    """What all of them counted together."""
    return reduce(Counts.__add__, counts, Counts())


def _add(one: Durations, other: Durations) -> Durations:
    none = Duration()
    return {kind: one.get(kind, none) + other.get(kind, none) for kind in {**one, **other}}


def _later(one: Durations, other: Durations) -> Durations:
    none = Duration()
    return {kind: one.get(kind, none) | other.get(kind, none) for kind in {**one, **other}}


def _write(durations: Durations, kinds: tuple[str, ...]) -> Json:
    return {kind: durations.get(kind, Duration()).to_json() for kind in kinds}


def _read(document: Json, kinds: tuple[str, ...]) -> Durations:
    return {
        kind: Duration(int(document[kind]["count"]), int(document[kind]["ns"])) for kind in kinds
    }
