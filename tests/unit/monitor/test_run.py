from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from capture.record import tabulate_records
from capture.scan import WINDOW_SCHEMA
from core.errors import PackageCorrupt
from monitor.report import Verdict
from monitor.run import compare_window, read_sample, run_monitor
from monitor.spec import MonitorSpec
from tests.fakes.captured import NOON, SIGNATURE, make_record
from tests.fakes.reports import SPEC, columns_of, make_rows

BASELINE = pa.table(make_rows(400, seed=1))


def spec_of(**fields: object) -> MonitorSpec:
    return MonitorSpec.read({"name": "watch", "endpoint": "shop", **fields})


def test_a_captured_window_becomes_a_report(tmp_path: Path) -> None:
    sample = tmp_path / "sample.parquet"
    rows = {"a": np.arange(100.0), "b": np.zeros(100), "label": np.zeros(100)}
    parquet.write_table(pa.table(rows), sample)
    records = [make_record(number, at=NOON + number) for number in range(100)]
    window = tabulate_records(records).append_column("variant", pa.array(["main"] * 100))
    report = run_monitor(spec_of(), SIGNATURE, sample, window, now=NOON + 500)
    assert report.verdict is Verdict.CLEAR
    assert [feature.name for feature in report.features] == ["a", "b"]
    assert (report.window_start, report.window_end) == (NOON, NOON + 99)
    assert (report.window_rows, report.baseline_rows, report.created_at) == (100, 100, NOON + 500)


def test_an_empty_window_decides_nothing(tmp_path: Path) -> None:
    sample = tmp_path / "sample.parquet"
    parquet.write_table(pa.table({"a": np.arange(100.0), "b": np.zeros(100)}), sample)
    report = run_monitor(spec_of(), SIGNATURE, sample, WINDOW_SCHEMA.empty_table(), now=0)
    assert (report.verdict, report.window_start) == (Verdict.TOO_FEW_ROWS, None)
    assert len(report.features) == 2


def test_a_sample_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sample.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(PackageCorrupt, match=r"sample\.parquet"):
        read_sample(tmp_path / "sample.parquet")


def test_exactly_the_features_that_moved_are_named() -> None:
    window = make_rows(200, seed=2)
    window["age"] += 10
    report = compare_window(SPEC, BASELINE, columns_of(window), now=0)
    assert report.drifted == ("age",)


def test_ties_of_another_precision_do_not_drift() -> None:
    prices = np.random.default_rng(1).choice(np.arange(1, 25) / 7, 800)
    baseline = pa.table({"price": prices[:400]})
    report = compare_window(
        spec_of(), baseline, columns_of({"price": prices[400:].astype(np.float32)}), now=0
    )
    assert report.verdict is Verdict.CLEAR


def test_features_are_chosen_by_the_spec() -> None:
    window = columns_of(make_rows(200, seed=2))
    choice = {"include": ["age", "code"], "exclude": ["code"]}
    report = compare_window(spec_of(features=choice), BASELINE, window, now=0)
    assert [feature.name for feature in report.features] == ["age"]
    assert report.skipped == {}


def test_what_cannot_be_compared_is_said() -> None:
    window = make_rows(200, seed=2)
    window["<town>"] = np.zeros(200)
    window["extra"] = window.pop("age")
    columns = columns_of(window)
    nothing = columns.features.set_column(0, "amount", pa.nulls(200, pa.float32()))
    columns = type(columns)(columns.ids, nothing, columns.outputs, {"image": "too large"})
    report = compare_window(SPEC, BASELINE, columns, now=0)
    assert set(report.skipped) == {"<town>", "extra", "age", "amount", "image"}
    assert [feature.name for feature in report.features] == ["code"]


def test_predictions_are_compared_where_the_sample_has_them() -> None:
    rows = make_rows(400, seed=1) | {"prediction": np.repeat([0, 1], 200)}
    window = columns_of(
        make_rows(200, seed=2), {"scores.0": np.zeros(200), "label": np.repeat([0, 1], [20, 180])}
    )
    report = compare_window(SPEC, pa.table(rows), window, now=0)
    assert [(finding.feature, finding.role) for finding in report.findings] == [("label", "output")]
    assert report.drifted == ()
