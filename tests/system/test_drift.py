"""What an endpoint was asked is captured, and the monitor says what differs from the baseline."""

from pathlib import Path
from time import time

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import NotFound
from tests.system.stand import FEATURES, Exposed, Stand
from tidegate.client.waiting import Waiting
from tidegate.control.documents import MonitorRunDocument

Rows = np.ndarray[tuple[int, int], np.dtype[np.float64]]
ROWS = 200


def draw_rows(seed: int) -> Rows:
    return np.random.default_rng(seed).normal(size=(ROWS, len(FEATURES)))


@pytest.fixture(scope="module")
def watched(stand: Stand, tmp_path_factory: pytest.TempPathFactory) -> Exposed:
    """An endpoint whose requests are all captured, with a monitor."""
    sample = write_sample(tmp_path_factory.mktemp("sample") / "sample.parquet")
    version, _ = stand.publish("watched", sample=sample)
    stand.deploy("watched", f"watched:{version}", capture=1.0)
    stand.read("monitors", "create", "watch", "--endpoint", "watched")
    return stand.expose("watched")


def write_sample(file: Path) -> Path:
    pq.write_table(pa.table(dict(zip(FEATURES, draw_rows(0).T, strict=True))), file)
    return file


def send(exposed: Exposed, rows: Rows) -> tuple[float, float]:
    """Send all rows; returns the time span."""
    start = time()
    for part in np.array_split(rows, 20):
        assert exposed.infer(part.tolist()).status_code == 200
    return start, time()


def run_monitor(stand: Stand, window: tuple[float, float]) -> MonitorRunDocument:
    """Run until all rows of the window are there: they are written behind the answers."""
    with stand.connect() as client:

        def look() -> MonitorRunDocument | None:
            try:
                return client.monitors.run("watch", *window)
            except NotFound:
                return None

        run = Waiting().until(
            look,
            lambda seen: seen is not None and seen.rows >= ROWS,
            subject="captured rows",
            timeout_s=30,
        )
    assert run is not None
    return run


def test_rows_like_the_baseline_have_no_finding(stand: Stand, watched: Exposed) -> None:
    run = run_monitor(stand, send(watched, draw_rows(1)))
    assert (run.rows, run.findings) == (ROWS, 0)


def test_shifted_rows_are_found_by_the_shifted_feature(
    stand: Stand, watched: Exposed, tmp_path: Path
) -> None:
    shifted = draw_rows(1) + np.array([0.0, 0.0, 1.5, 0.0])
    run = run_monitor(stand, send(watched, shifted))
    report = stand.read("monitors", "report", run.id)
    inputs = {one["feature"] for one in report["findings"] if one["role"] == "input"}
    assert inputs == {"f2"}
    page = tmp_path / "report.html"
    stand.read("monitors", "report", run.id, "--html", str(page))
    assert "f2" in page.read_text()
    assert run.id in {one["id"] for one in stand.read("monitors", "runs", "watch")}


def test_ground_truth_is_taken_by_inference_id(stand: Stand, watched: Exposed) -> None:
    answer = watched.infer(draw_rows(2)[:1].tolist())
    identity = answer.headers["x-tidegate-inference-id"]
    with stand.connect() as client:
        kept = client.endpoints.add_truth("watched", [{"inference_id": identity, "label": "high"}])
    assert kept == 1


def test_a_window_without_rows_says_so(stand: Stand, watched: Exposed) -> None:
    assert httpx.get(watched.url, headers=watched.headers).status_code == 200
    ran = stand.run("monitors", "run", "watch", "--start", "2001-01-01", "--end", "2001-01-02")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
