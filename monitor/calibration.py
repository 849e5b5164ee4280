"""How often the default settings raise a false alarm, and how often they see a real shift.

`python -m monitor.calibration [runs]` prints the table of docs/monitor.md: real data sets split at
random into a baseline and a window, and made ones of any size.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from capture.columns import Columns
from capture.truth import IDS_SCHEMA
from core.tensor import Array
from monitor.report import Report
from monitor.run import compare_window
from monitor.spec import MonitorSpec, Thresholds

RUNS = 200
SHIFTED = 3
Rows = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Case:
    """A source of splits: `draw` gives baseline and window rows of one source."""

    name: str
    draw: Callable[[np.random.Generator], tuple[Rows, Rows]]
    min_rows: int = 30


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares: of runs on unshifted windows with any finding; and by deviations added to SHIFTED features.

    `power`: of the shifted features that were found. `excess`: of runs that named another one too.
    """

    false_alarms: float
    power: dict[float, float]
    excess: dict[float, float]


def calibrate(case: Case, runs: int, shifts: tuple[float, ...] = (0.5, 1.0)) -> Rates:
    """Run the case; the same numbers each time."""
    random = np.random.default_rng(7)
    alarms, found, others = 0, dict.fromkeys(shifts, 0), dict.fromkeys(shifts, 0)
    for _ in range(runs):
        baseline, window = case.draw(random)
        alarms += bool(compare_rows(case, baseline, window).findings)
        numeric = [name for name, values in baseline.items() if _is_quantity(values)]
        chosen = set(random.choice(numeric, SHIFTED, replace=False).tolist())
        for shift in shifts:
            moved = {
                name: values + shift * baseline[name].std() if name in chosen else values
                for name, values in window.items()
            }
            drifted = set(compare_rows(case, baseline, moved).drifted)
            found[shift] += len(drifted & chosen)
            others[shift] += bool(drifted - chosen)
    return Rates(
        alarms / runs,
        {shift: count / runs / SHIFTED for shift, count in found.items()},
        {shift: count / runs for shift, count in others.items()},
    )


def compare_rows(case: Case, baseline: Rows, window: Rows) -> Report:
    """The report at the default settings, but for the least number of rows."""
    spec = MonitorSpec(
        name="calibration", endpoint="none", thresholds=Thresholds(min_rows=case.min_rows)
    )
    features = pa.table(window)
    ids = [pa.nulls(features.num_rows, field.type) for field in IDS_SCHEMA]
    columns = Columns(pa.Table.from_arrays(ids, schema=IDS_SCHEMA), features, pa.table({}), {})
    return compare_window(spec, pa.table(baseline), columns, now=0.0)


def find_cases() -> Iterator[Case]:
    """Real data sets of scikit-learn, and made ones of small and large windows."""
    from sklearn import datasets  # noqa: PLC0415 - a second to import, and of this command only

    for name, window in (("breast_cancer", 170), ("diabetes", 150), ("wine", 60)):
        found = getattr(datasets, f"load_{name}")()
        yield Case(f"{name}, {window} of {len(found.data)} rows", _splits(found, window))
    for rows, window in ((400, 150), (400, 5000), (5000, 400)):
        yield Case(f"30 made features, {rows} against {window} rows", _made(rows, window))


def write_table(runs: int) -> None:
    """Print one line for each case, in Markdown."""
    write = sys.stdout.write
    write("| data | false alarms | +0.5 sd found | others named | +1 sd found | others named |\n")
    write("|---|---|---|---|---|---|\n")
    for case in find_cases():
        rates = calibrate(case, runs)
        cells = [rates.false_alarms]
        for shift in rates.power:
            cells += [rates.power[shift], rates.excess[shift]]
        write(f"| {case.name} | " + " | ".join(f"{cell:.1%}" for cell in cells) + " |\n")
        sys.stdout.flush()


def _splits(found: object, window: int) -> Callable[[np.random.Generator], tuple[Rows, Rows]]:
    data = np.asarray(getattr(found, "data"), np.float32)  # noqa: B009 - a bunch has no type
    names = [str(name) for name in getattr(found, "feature_names")]  # noqa: B009 - as above

    def draw(random: np.random.Generator) -> tuple[Rows, Rows]:
        order = random.permutation(len(data))
        return _name(names, data[order[window:]]), _name(names, data[order[:window]])

    return draw


def _made(rows: int, window: int) -> Callable[[np.random.Generator], tuple[Rows, Rows]]:
    def draw(random: np.random.Generator) -> tuple[Rows, Rows]:
        return _make_rows(random, rows), _make_rows(random, window)

    return draw


def _make_rows(random: np.random.Generator, rows: int) -> Rows:
    """30 features: normal, heavy-tailed, counts and codes of 3 and of 200 categories."""
    columns = [random.normal(size=rows) for _ in range(12)]
    columns += [random.lognormal(sigma=1.5, size=rows) for _ in range(8)]
    columns += [random.poisson(20, rows).astype(np.float64) for _ in range(4)]
    columns += [random.integers(0, 3, rows).astype(np.float64) for _ in range(3)]
    made = {f"f{index}": column.astype(np.float32) for index, column in enumerate(columns)}
    for index in range(3):
        names = random.zipf(1.6, rows).clip(max=200)
        made[f"category{index}"] = np.array([f"c{name}" for name in names])
    return made


def _is_quantity(values: Array) -> bool:
    return values.dtype.kind == "f" and len(np.unique(values)) > 10


def _name(names: list[str], data: Array) -> Rows:
    return {name: data[:, index] for index, name in enumerate(names)}


if __name__ == "__main__":
    write_table(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
