"""A monitor's run: a baseline sample and a captured window become a report."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from capture.columns import Columns, read_columns
from core.errors import PackageCorrupt
from core.signature import Signature
from monitor.baseline import profile_sample, read_values
from monitor.compare import Comparison, Subject, compare, describe
from monitor.report import Report, Role, Verdict
from monitor.spec import MonitorSpec

# The sample's column that says what the model answered, and the one that says what was true.
PREDICTION = "prediction"
_NO_FEATURES = frozenset({PREDICTION, "label"})


def run_monitor(
    spec: MonitorSpec, signature: Signature, sample: Path, window: pa.Table, *, now: float
) -> Report:
    """Compare a captured window with the baseline sample of the version that answered it.

    `window` is what `capture.scan.read_window` gives; `now` is Unix seconds. Raises PackageCorrupt
    for a sample that cannot be read, MalformedRequest for records that cannot be decoded.
    """
    columns = read_columns(window, signature)
    span = _span(window)
    return compare_window(spec, read_sample(sample), columns, span=span, now=now)


def read_sample(path: Path) -> pa.Table:
    """The baseline sample of a package; raises PackageCorrupt."""
    try:
        return parquet.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise PackageCorrupt(path.name, f"the baseline sample cannot be read: {error}") from error


def compare_window(
    spec: MonitorSpec,
    baseline: pa.Table,
    window: Columns,
    *,
    span: tuple[float | None, float | None] = (None, None),
    now: float,
) -> Report:
    """The report of one comparison; pure.

    Columns of `baseline` are features by name; `label` is left out, and `prediction` is compared with
    the model's first output of one value per row. `span` is the window's first and last moment.
    """
    skipped = dict(window.skipped)
    subjects = list(_pair_columns(spec, baseline, window, skipped))
    is_enough = min(baseline.num_rows, window.rows) >= spec.thresholds.min_rows
    found = compare(subjects, spec.thresholds) if is_enough else describe(subjects)
    return Report(
        monitor=spec.name,
        endpoint=spec.endpoint,
        variant=spec.variant,
        window_start=span[0],
        window_end=span[1],
        baseline_rows=baseline.num_rows,
        window_rows=window.rows,
        verdict=_judge(found, is_enough=is_enough),
        findings=found.findings,
        features=found.features,
        skipped=skipped,
        tests=found.tests,
        alpha=spec.thresholds.alpha,
        created_at=now,
    )


def _judge(found: Comparison, *, is_enough: bool) -> Verdict:
    if not is_enough:
        return Verdict.TOO_FEW_ROWS
    return Verdict.FINDINGS if found.findings else Verdict.CLEAR


def _pair_columns(
    spec: MonitorSpec, baseline: pa.Table, window: Columns, skipped: dict[str, str]
) -> Iterator[Subject]:
    for name in window.features.column_names:
        if not spec.features.takes(name):
            continue
        if name not in baseline.column_names:
            skipped[name] = "the baseline sample has no such column"
            continue
        yield from _pair(
            spec, name, "input", (baseline.column(name), window.features.column(name)), skipped
        )
    for name in baseline.column_names:
        known = name in window.features.column_names or name in skipped or name in _NO_FEATURES
        if not known and spec.features.takes(name):
            skipped[name] = "the model takes no such feature"
    answer = next((name for name in window.outputs.column_names if "." not in name), None)
    if PREDICTION in baseline.column_names and answer and spec.features.takes(answer):
        sides = (baseline.column(PREDICTION), window.outputs.column(answer))
        yield from _pair(spec, answer, "output", sides, skipped)


def _pair(
    spec: MonitorSpec,
    name: str,
    role: Role,
    sides: tuple[pa.ChunkedArray, pa.ChunkedArray],
    skipped: dict[str, str],
) -> Iterator[Subject]:
    sample, asked = sides
    if asked.null_count == len(asked) and len(asked):
        skipped[name] = "nothing of it was captured"
        return
    try:
        # In the type that the model takes: 0.1 as float64 and as float32 are two values, and a test
        # of ranks would see all tied ones move.
        profile = profile_sample(name, sample.cast(asked.type, safe=False), spec.features)
        yield Subject(role, profile, read_values(asked, profile.kind))
    except pa.ArrowException:
        skipped[name] = f"the baseline sample has {sample.type}, the model takes {asked.type}"


def _span(window: pa.Table) -> tuple[float | None, float | None]:
    if not window.num_rows:
        return None, None
    ends = pc.min_max(window.column("captured_at")).as_py()
    return ends["min"].timestamp(), ends["max"].timestamp()
