import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import (
    DeadlineExceeded,
    InvalidInput,
    PredictionFailed,
    RuntimeUnavailable,
    Unavailable,
)
from core.resources import Resources
from core.signature import TensorSpec
from core.tensor import Array
from registry.package import Package, PackageDraft, build_package
from serving.runtime import ConcurrentRuntime, Runtime, load_runtime
from tests.contracts.runtime import ROWS, RuntimeContract
from tests.fakes.open_inference import OpenInference, serve_linear, serve_runtime
from tests.fakes.runtime import FakeRuntime

FEATURES = TensorSpec("features", DataType.FP32, (-1, 4))
SCORES = TensorSpec("scores", DataType.FP32, (-1, 2))
X, Y = TensorSpec("x", DataType.FP32, (-1, 1)), TensorSpec("y", DataType.FP32, (-1, 1))


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenInference]:
    with serve_linear(tmp_path_factory.mktemp("remote")) as serving:
        TestRemoteRuntime.server = serving
        yield serving


def write(folder: Path, document: dict[str, Any], draft: PackageDraft | None = None) -> Package:
    source = folder.with_name(f"{folder.name}-source") / "remote.json"
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(document))
    return Package(folder, build_package(source, folder, draft or PackageDraft(name="far")))


class TestRemoteRuntime(RuntimeContract):
    name = "remote"
    server: OpenInference

    def make_package(self, folder: Path) -> Package:
        return write(folder, self.server.document())


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[FakeRuntime, OpenInference]]:
    """A server whose model answers `y = 2 x`, and waits while its gate is closed."""
    draft = PackageDraft(name="held", inputs=(X,), outputs=(Y,))
    package = write(tmp_path / "held", {"url": "http://127.0.0.1:9", "model": "m"}, draft)
    runtime = FakeRuntime(poison=13.0)
    with serve_runtime(package, runtime) as serving:
        runtime.gate.clear()
        yield runtime, serving
        runtime.gate.set()


def load_held(folder: Path, serving: OpenInference, **fields: Any) -> Runtime:
    draft = PackageDraft(name="held", inputs=(X,), outputs=(Y,))
    return TestRemoteRuntime().load(write(folder, serving.document(**fields), draft))


def test_a_slow_server_is_waited_for_so_long_and_no_longer(
    tmp_path: Path, held: tuple[FakeRuntime, OpenInference]
) -> None:
    runtime = load_held(tmp_path / "p", held[1], timeout_s=1.0)
    with pytest.raises(DeadlineExceeded, match=r"within 1 s"):
        runtime.predict({"x": np.ones((1, 1), np.float32)})
    runtime.close()


class Meeting(FakeRuntime):
    """Answers only when three runs of it are under way at once."""

    concurrent_runs = 3

    def __init__(self) -> None:
        super().__init__()
        self._barrier = threading.Barrier(3, timeout=10)

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        if not inputs["x"].any():
            raise PredictionFailed("meeting", "these are the zeros that a replica warms up with")
        self._barrier.wait()
        return {"y": inputs["x"] * 2}


def test_requests_are_under_way_at_once(tmp_path: Path) -> None:
    draft = PackageDraft(name="meeting", inputs=(X,), outputs=(Y,), batched=False)
    package = write(tmp_path / "held", {"url": "http://127.0.0.1:9", "model": "m"}, draft)
    with serve_runtime(package, Meeting()) as serving, ThreadPoolExecutor(3) as pool:
        runtime = load_held(tmp_path / "p", serving, concurrency=3)
        assert isinstance(runtime, ConcurrentRuntime)
        assert runtime.concurrent_runs == 3
        rows = [np.full((1, 1), at, np.float32) for at in (1, 2, 3)]
        answers = [pool.submit(runtime.predict, {"x": row}) for row in rows]
        assert [float(answer.result(10)["y"][0, 0]) for answer in answers] == [2.0, 4.0, 6.0]
        runtime.close()


def test_what_the_remote_model_says_comes_along(
    tmp_path: Path, held: tuple[FakeRuntime, OpenInference]
) -> None:
    held[0].gate.set()
    runtime = load_held(tmp_path / "p", held[1])
    with pytest.raises(PredictionFailed, match="poisoned"):
        runtime.predict({"x": np.full((1, 1), 13.0, np.float32)})
    with pytest.raises(InvalidInput, match="FP32"):
        runtime.predict({"x": np.ones((1, 1), np.float64)})
    runtime.close()


def test_who_waits_is_sent_away_when_the_replica_goes(
    tmp_path: Path, held: tuple[FakeRuntime, OpenInference]
) -> None:
    runtime = load_held(tmp_path / "p", held[1])
    held[0].entered.clear()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(runtime.predict, {"x": np.ones((1, 1), np.float32)})
        assert held[0].entered.wait(10)
        runtime.close()
        with pytest.raises(Unavailable, match="the replica is going"):
            asked.result(10)


def test_a_server_that_went_away_is_unavailable(tmp_path: Path) -> None:
    with serve_linear(tmp_path) as serving:
        runtime = TestRemoteRuntime().load(write(tmp_path / "p", serving.document()))
    with pytest.raises(Unavailable, match="elsewhere"):
        runtime.predict({"features": ROWS})
    runtime.close()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"model": "nobody"}, "'nobody' at http.* is not ready"),
        ({"url": "http://127.0.0.1:9"}, "127.0.0.1:9"),
        ({"url": "grpc://127.0.0.1:9"}, "127.0.0.1:9"),
    ],
)
def test_it_does_not_load_what_is_not_ready(
    tmp_path: Path, server: OpenInference, fields: dict[str, Any], says: str
) -> None:
    draft = PackageDraft(name="far", inputs=(FEATURES,), outputs=(SCORES,))
    package = write(tmp_path / "p", server.document(**fields), draft)
    before = threading.active_count()
    with pytest.raises(RuntimeUnavailable, match=says):
        TestRemoteRuntime().load(package)
    assert threading.active_count() <= before + 1  # gRPC keeps a poller of its own


def test_only_an_operator_opens_the_way_out(tmp_path: Path, server: OpenInference) -> None:
    package = write(tmp_path / "p", server.document())
    with pytest.raises(RuntimeUnavailable, match="a server that the author chose"):
        load_runtime(package, Resources())
    load_runtime(package, Resources(), frozenset({"remote"})).close()


def test_a_signature_that_the_server_does_not_keep_is_its_failure(
    tmp_path: Path, server: OpenInference
) -> None:
    wide = TensorSpec("scores", DataType.FP32, (-1, 3))
    draft = PackageDraft(name="far", outputs=(wide,))
    runtime = TestRemoteRuntime().load(write(tmp_path / "p", server.document(), draft))
    with pytest.raises(PredictionFailed, match=r"expected FP32\[-1, 3\].*FP32\[3, 2\]"):
        runtime.predict({"features": ROWS})
    runtime.close()
