"""What a comparison found, as values that are written as JSON and read back unchanged."""

import math
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator

from core.spec import Spec
from monitor.metric import Kind


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


# JSON has no NaN and no infinities: they are null, and None on this side too.
Number = Annotated[float | None, BeforeValidator(_finite)]
Role = Literal["input", "output"]


class Verdict(StrEnum):
    """What the whole comparison says. TOO_FEW_ROWS: nothing was decided."""

    CLEAR = "clear"
    FINDINGS = "findings"
    TOO_FEW_ROWS = "too_few_rows"


class Finding(Spec):
    """One violated constraint: `value` is at or above `threshold`, and surely no accident.

    `check` is "drift", by the metric named in `metric`, or the name of a check, which is also its
    `metric`. `p_value` is corrected for the number of tests in the report.
    """

    check: str
    feature: str
    role: Role
    metric: str
    value: Number
    threshold: Number
    p_value: Number
    message: str


class Measurement(Spec):
    """One metric or check of one feature. `threshold` is None where it decides nothing.

    `p_value` is of this test alone.
    """

    metric: str
    value: Number
    p_value: Number
    threshold: Number = None


class Summary(Spec):
    """One side of a feature. The numbers are None for categories and where no value is present."""

    rows: int
    missing: int
    mean: Number = None
    deviation: Number = None
    low: Number = None
    median: Number = None
    high: Number = None


class Distribution(Spec):
    """Shares of the present values, to be drawn: of both sides, in the same bins.

    NUMERIC: bins of equal width between `edges`, the first and last hold what lies beyond.
    CATEGORICAL: one bin for each of `names`.
    """

    edges: tuple[float, ...] = ()
    names: tuple[str, ...] = ()
    baseline: tuple[float, ...] = ()
    window: tuple[float, ...] = ()


class FeatureComparison(Spec):
    """One column of inputs or outputs on both sides."""

    name: str
    role: Role
    kind: Kind
    baseline: Summary
    window: Summary
    measurements: tuple[Measurement, ...]
    distribution: Distribution
    has_findings: bool = False


class Report(Spec):
    """One comparison of a window with a baseline. Times are Unix seconds.

    `skipped` says of each column that was not compared why. `tests` is the number of tests that the
    findings' p-values are corrected for.
    """

    monitor: str
    endpoint: str
    variant: str | None
    window_start: Number
    window_end: Number
    baseline_rows: int
    window_rows: int
    verdict: Verdict
    findings: tuple[Finding, ...]
    features: tuple[FeatureComparison, ...]
    skipped: dict[str, str]
    tests: int
    alpha: float
    created_at: float

    @property
    def drifted(self) -> tuple[str, ...]:
        """The inputs with findings, each once, in the order of the findings."""
        names = (finding.feature for finding in self.findings if finding.role == "input")
        return tuple(dict.fromkeys(names))
