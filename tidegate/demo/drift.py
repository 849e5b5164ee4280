"""Act five: a window like the training data, then a shifted one, and what the monitor says."""

from time import monotonic, sleep, time

import numpy as np
import pyarrow.parquet as pq
import tritonclient.http as triton

from core.errors import NotFound
from core.tensor import Array
from tidegate.control.documents import MonitorRunDocument
from tidegate.demo.calls import bearer, infer_url, read_rows, write_body, write_curl
from tidegate.demo.models import CLASSIFIER
from tidegate.demo.stage import PromiseBroken, Stage

MONITOR = "tumour-drift"
SHIFTED = ("mean radius", "mean texture", "worst concavity")
_WRITTEN_S = 20.0


def watch_for_drift(stage: Stage) -> None:
    """Send both windows, run the monitor on each."""
    with stage.open_act("Watch for drift"):
        stage.client.monitors.apply({"name": MONITOR, "endpoint": CLASSIFIER})
        command = f"tidegate monitors create {MONITOR} --endpoint {CLASSIFIER}"
        stage.show(
            f"monitor {MONITOR}", f"watches {CLASSIFIER} against its training sample", command
        )
        rows = read_rows(stage.held_out)
        clean = send_window(stage, rows)
        run = run_monitor(stage, *clean, len(rows))
        stage.expect(drifted(stage, run), (), "features that drifted in held-out rows")
        command = write_window(stage, "held-out.json", rows)
        stage.show(f"{len(rows)} held-out rows", "no finding", command)
        moved = shift(rows, read_names(stage.held_out))
        shifted = send_window(stage, moved)
        run = run_monitor(stage, *shifted, len(rows))
        stage.expect(
            set(drifted(stage, run)), set(SHIFTED), "features that drifted in shifted rows"
        )
        stage.show(
            "the same rows, three features shifted",
            f"{run.findings} findings: {', '.join(drifted(stage, run))}",
            write_window(stage, "shifted.json", moved),
        )
        keep_page(stage, run)


def read_names(held_out: str) -> list[str]:
    """The features' names, in the order of the columns."""
    return [name for name in pq.read_schema(held_out).names if name != "label"]


def shift(rows: Array, names: list[str]) -> Array:
    """The rows with three features moved by one and a half of their standard deviations."""
    moved = rows.copy()
    for name in SHIFTED:
        column = names.index(name)
        moved[:, column] += 1.5 * rows[:, column].std()
    return moved


def send_window(stage: Stage, rows: Array) -> tuple[float, float]:
    """Send the rows, a few at a time, through the public listener; returns the time span."""
    started = time()
    host = stage.settings.public_url.removeprefix("http://")
    with triton.InferenceServerClient(host) as client:
        for part in np.array_split(rows, max(1, len(rows) // 5)):
            tensor = triton.InferInput("features", list(part.shape), "FP32")
            tensor.set_data_from_numpy(part)
            client.infer(CLASSIFIER, [tensor], headers=bearer(stage))
    return started, time()


def run_monitor(stage: Stage, start: float, end: float, rows: int) -> MonitorRunDocument:
    """Run once all rows are on disk: the tap writes behind the answers, within a second or two."""
    ends = monotonic() + _WRITTEN_S
    seen = 0
    while monotonic() < ends:
        try:
            run = stage.client.monitors.run(MONITOR, start, end)
        except NotFound:
            sleep(0.5)  # nothing of the window is written yet
            continue
        if run.rows >= rows:
            return run
        seen = run.rows
        sleep(0.5)
    raise PromiseBroken(f"{seen} of {rows} rows were captured")


def drifted(stage: Stage, run: MonitorRunDocument) -> tuple[str, ...]:
    """The features that the report names."""
    report = stage.client.monitors.report(run.id)
    names = [finding["feature"] for finding in report["findings"] if finding["role"] == "input"]
    return tuple(dict.fromkeys(names))


def keep_page(stage: Stage, run: MonitorRunDocument) -> None:
    """Keep the report's page where people can open it."""
    page = stage.settings.home.parent / "drift-report.html"
    page.write_text(stage.client.monitors.html(run.id))
    stage.show(
        "report with plots", str(page), f"tidegate monitors report {run.id} --html {page.name}"
    )


def write_window(stage: Stage, name: str, rows: Array) -> str:
    """The same by hand: send all rows, give the tap time to write them, run the monitor on that."""
    send = write_curl(infer_url(stage), stage.keep(name, write_body(rows)))
    run = f"tidegate monitors run {MONITOR} --start $START"
    return f"START=$(date -u +%FT%TZ); {send} -o /dev/null; sleep 5; {run}"
