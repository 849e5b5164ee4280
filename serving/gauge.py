"""The gauge: how much of a replica's share of the load it has, for the autoscaler.

A load of 1 is as much as one replica is meant to have: the variant's `target` of its metric.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from core.autoscaling import Autoscaling
from core.clock import Clock
from core.errors import RuntimeUnavailable

# Rates are taken over this long at least; a shorter time says more about chance.
_SPAN_S = 1.0


@dataclass(frozen=True, slots=True)
class Readings:
    """What a gauge reads of its replica: rows that wait or are computed, and requests answered so far."""

    rows: Callable[[], int]
    requests: Callable[[], int]


class Gauge:
    """Measures one replica. Its methods are called from one thread at a time."""

    def __init__(self, readings: Readings, num_cpus: float, clock: Clock) -> None:
        self._readings, self._num_cpus, self._clock = readings, num_cpus, clock
        self._scaling: Autoscaling | None = None
        self._rate = 0.0
        self._sampled: tuple[float, float] | None = None

    def set(self, scaling: Mapping[str, Any] | None) -> None:
        """Measure what this autoscaling asks for; None measures nothing.

        Raises RuntimeUnavailable where the GPU's load cannot be read.
        """
        self._scaling = None if scaling is None else Autoscaling.read(scaling)
        self._sampled = None
        if self._scaling is not None and self._scaling.metric == "gpu":
            read_gpu()

    def load(self) -> float:
        """How many times its target the replica has now."""
        scaling = self._scaling
        if scaling is None:
            return 0.0
        return self._measure(scaling.metric) / scaling.target

    def _measure(self, metric: str) -> float:
        match metric:
            case "requests":
                return self._rate_of(self._readings.requests())
            case "cpu":
                return self._rate_of(sum(os.times()[:2])) / self._num_cpus
            case "gpu":
                return read_gpu()
        return float(self._readings.rows())

    def _rate_of(self, total: float) -> float:
        """How much a growing number grows in a second."""
        now = self._clock.monotonic()
        if self._sampled is None:
            self._sampled, self._rate = (now, total), 0.0
        since, before = self._sampled
        if now - since >= _SPAN_S:
            self._rate = (total - before) / (now - since)
            self._sampled = (now, total)
        return self._rate


def read_gpu() -> float:
    """The share of time in which the replica's GPU was busy, 0 to 1, by NVIDIA's management library.

    Raises RuntimeUnavailable where there is none.
    """
    try:
        library, device = _open_gpu()
        return float(library.nvmlDeviceGetUtilizationRates(device).gpu) / 100
    except Exception as error:  # the library raises classes of its own
        raise RuntimeUnavailable("gpu load", f"{type(error).__name__}: {error}") from error


@lru_cache(maxsize=1)
def _open_gpu() -> tuple[Any, Any]:
    pynvml = import_module("pynvml")  # installed only where there is a GPU
    pynvml.nvmlInit()
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]  # noqa: TID251 - Ray sets it
    if visible.isdigit():
        return pynvml, pynvml.nvmlDeviceGetHandleByIndex(int(visible))
    return pynvml, pynvml.nvmlDeviceGetHandleByUUID(visible.encode())
