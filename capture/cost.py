"""What capturing costs: `python -m capture.cost` prints the table of docs/capture.md."""

import sys
import tempfile
import time
from collections.abc import Callable

import numpy as np

from capture.columns import read_columns
from capture.record import CaptureRecord
from capture.scan import WindowQuery, read_window
from capture.tap import CaptureLog
from core.clock import SystemClock
from core.dtypes import DataType
from core.refs import EndpointName, ModelName, VariantName
from core.signature import Signature, TensorSpec
from core.tensor import Tensor

RECORDS = 100_000
_FEATURES = 30
_START = 1_700_000_000.0
_ENDPOINT = EndpointName("cost")
_SIGNATURE = Signature(
    (TensorSpec("features", DataType.FP32, (-1, _FEATURES)),),
    (TensorSpec("label", DataType.INT64, (-1,)), TensorSpec("scores", DataType.FP32, (-1, 2))),
    batched=True,
)


def make_records(count: int) -> list[CaptureRecord]:
    """Requests of one row and 30 random features, answered by a label and two scores."""
    random = np.random.default_rng(1)
    features = random.random((count, 1, _FEATURES), np.float32)
    outputs = (Tensor.of("label", np.array([1])), Tensor.of("scores", np.ones((1, 2), np.float32)))
    return [
        CaptureRecord(
            inference_id=f"{index:032x}",
            at=_START + index / 1000,
            endpoint=_ENDPOINT,
            variant=VariantName("main"),
            model=ModelName("model"),
            version=1,
            request=(Tensor.of("features", features[index]),),
            response=outputs,
            latency_s=0.001,
            rows=1,
        )
        for index in range(count)
    ]


def measure(count: int) -> dict[str, float]:
    """Microseconds of processor time a record, by step."""
    records = make_records(count)
    with tempfile.TemporaryDirectory() as folder:
        log = CaptureLog(folder, 3600, 1 << 40, 1 << 40, SystemClock())
        costs = {"offer": _time(lambda: [log.offer(record) for record in records], count)}
        costs["encode and write"] = _time(log.close, count)
        query = WindowQuery(_ENDPOINT, _START, _START + count)
        window = read_window(folder, query)
        costs["read a window"] = _time(lambda: read_window(folder, query), count)
        costs["decode into columns"] = _time(lambda: read_columns(window, _SIGNATURE), count)
    return costs


def write_table(count: int = RECORDS) -> None:
    """Print the costs in Markdown."""
    write = sys.stdout.write
    write(
        "| step | µs of processor time a record | records a second on one core |\n|---|---|---|\n"
    )
    for step, cost in measure(count).items():
        write(f"| {step} | {cost:.2f} | {1e6 / cost:,.0f} |\n")


def _time(work: Callable[[], object], count: int) -> float:
    start = time.process_time()
    work()
    return (time.process_time() - start) / count * 1e6


if __name__ == "__main__":
    write_table()
