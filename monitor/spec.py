"""What people ask of a monitor."""

from typing import Self

from pydantic import Field, model_validator

from core.spec import Named, Spec
from monitor.check import CHECKS
from monitor.metric import METRICS, load_metric
from monitor.selection import FeatureChoice

DEFAULT_METRICS: dict[str, float | None] = {"kolmogorov_smirnov": None, "chi_square": None}
DEFAULT_CHECKS = {"missing_values": 0.02, "unknown_categories": 0.01, "out_of_range": 0.05}


class Thresholds(Spec):
    """When a difference is a finding: it is large enough *and* surely no accident.

    `metrics` and `checks` give the size by name; None is that metric's own default, and what is not
    named decides nothing. `alpha` is the chance that a run on unchanged traffic has any finding,
    over all its tests (Holm's correction). With fewer rows than `min_rows` nothing is decided.
    """

    alpha: float = Field(default=0.05, gt=0, lt=1)
    min_rows: int = Field(default=30, ge=10, le=10_000_000)
    metrics: dict[str, float | None] = Field(default=DEFAULT_METRICS)
    checks: dict[str, float] = Field(default=DEFAULT_CHECKS)

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        for kind, given, known in (
            ("metric", self.metrics, METRICS),
            ("check", self.checks, CHECKS),
        ):
            for name, size in given.items():
                if name not in known:
                    raise ValueError(f"unknown {kind} '{name}' (known: {', '.join(known)})")
                if size is not None and not 0 <= size < float("inf"):
                    raise ValueError(f"the threshold of '{name}' is not a number from 0 up")
        return self

    def of_metric(self, name: str) -> float | None:
        """The size from which this metric decides; None where it does not."""
        if name not in self.metrics:
            return None
        given = self.metrics[name]
        return load_metric(name).threshold if given is None else given


class MonitorSpec(Spec):
    """A standing comparison of an endpoint's traffic with the baseline of the version that answers.

    A window is the last `window_s` seconds, of one variant or of all. `every_s` is the time between
    runs; 0 means on demand only.
    """

    name: Named
    endpoint: Named
    variant: Named | None = None
    window_s: float = Field(default=3600.0, gt=0, le=366 * 86_400)
    every_s: float = Field(default=0.0, ge=0, le=366 * 86_400)
    thresholds: Thresholds = Thresholds()
    features: FeatureChoice = FeatureChoice()
