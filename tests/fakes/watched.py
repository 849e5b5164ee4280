"""A model that is watched: live in a control process, with a baseline sample, a monitor, captures."""

import numpy as np
import pandas as pd

from capture.record import CaptureRecord
from capture.tap import CaptureLog
from core.refs import EndpointName, ModelName, VariantName
from core.tensor import Tensor
from registry.package import PackageDraft, build_package
from tests.fakes.control import FakeControl
from tests.samples import write_linear_model

DRIFT = {"name": "drift", "endpoint": "iris", "window_s": 100.0, "every_s": 60.0}
COLUMNS = ("a", "b")

Rows = np.ndarray[tuple[int, int], np.dtype[np.float32]]


def sample(rows: int, seed: int) -> Rows:
    """Normal rows of two features."""
    return np.random.default_rng(seed).normal(size=(rows, 2)).astype(np.float32)


def watch(control: FakeControl) -> None:
    """`iris:1` is live, with a baseline sample, and the monitor `drift` watches it."""
    home = control.home
    pd.DataFrame(sample(500, 1), columns=COLUMNS).to_parquet(home / "sample.parquet")
    source = write_linear_model(home / "source" / "model.onnx", features=2)
    draft = PackageDraft(name="iris", features=COLUMNS, sample=home / "sample.parquet")
    build_package(source, home / "package", draft)
    control.catalogue.publish(home / "package", now=1.0)
    control.client.endpoints.apply({"name": "iris", "variants": [{"model": "iris:1"}]})
    control.load("iris")
    control.client.monitors.apply(DRIFT)


def capture(control: FakeControl, rows: Rows) -> None:
    """Capture one request with these rows, a second ago."""
    log = CaptureLog(control.capture_url, 60.0, 2**20, 2**20, control.clock)
    log.start()
    answer = Tensor.of("scores", np.zeros((len(rows), 2), np.float32))
    log.offer(
        CaptureRecord(
            inference_id="one",
            at=control.clock.now() - 1,
            endpoint=EndpointName("iris"),
            variant=VariantName("main"),
            model=ModelName("iris"),
            version=1,
            request=(Tensor.of("features", rows),),
            response=(answer,),
            latency_s=0.001,
            rows=len(rows),
        )
    )
    log.close()
