from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable
from core.signature import TensorSpec
from registry.package import Package, PackageDraft, build_package
from serving.runtime import Runtime, StreamingRuntime
from tests.contracts.runtime import ROWS, RuntimeContract

DRAFT = PackageDraft(
    name="linear",
    inputs=(TensorSpec("features", DataType.FP32, (-1, 4)),),
    outputs=(TensorSpec("scores", DataType.FP32, (-1, 2)),),
)
LINEAR = """
import numpy as np
from weights import W

class Model:
    def load(self, folder):
        self.weights = np.array(W, np.float32).reshape(4, 2)

    {kind} predict(self, inputs):
        {give} {{"scores": inputs["features"] @ self.weights}}
"""
COUNTS = """
class Model:
    closed = False

    {kind} predict(self, inputs, parameters):
        try:
            for step in range(int(parameters.get("steps", 3))):
                yield {{"scores": inputs["features"][:, :2] * step}}
        finally:
            Model.closed = True
"""


def package(folder: Path, code: str, draft: PackageDraft = DRAFT) -> Package:
    source = folder.with_name(f"{folder.name}-source")
    source.mkdir()
    (source / "model.py").write_text(code)
    (source / "weights.py").write_text("W = list(range(8))")
    return Package(folder, build_package(source, folder, draft))


class TestPythonRuntime(RuntimeContract):
    name = "python"

    def make_package(self, folder: Path) -> Package:
        return package(folder, LINEAR.format(kind="def", give="return"))


class TestAsync(TestPythonRuntime):
    def make_package(self, folder: Path) -> Package:
        return package(folder, LINEAR.format(kind="async def", give="return"))


class TestOnePiece(TestPythonRuntime):
    def make_package(self, folder: Path) -> Package:
        return package(folder, LINEAR.format(kind="async def", give="yield"))


@pytest.fixture(params=["def", "async def"])
def counting(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Runtime]:
    runtime = TestPythonRuntime().load(package(tmp_path / "p", COUNTS.format(kind=request.param)))
    yield runtime
    runtime.close()


def test_a_generator_answers_in_pieces(counting: Runtime) -> None:
    assert isinstance(counting, StreamingRuntime)
    pieces = list(counting.stream({"features": ROWS}, {"steps": 4}))
    assert [float(piece["scores"][1, 0]) for piece in pieces] == [0.0, 4.0, 8.0, 12.0]


def test_closing_ends_the_authors_work(counting: Runtime) -> None:
    assert isinstance(counting, StreamingRuntime)
    pieces = counting.stream({"features": ROWS}, {})
    next(pieces)
    pieces.close()  # type: ignore[attr-defined]  # a generator
    assert counting._model.closed  # type: ignore[attr-defined]  # the author's own mark


def test_several_answers_need_a_streaming_operation(counting: Runtime) -> None:
    with pytest.raises(PredictionFailed, match="streaming"):
        counting.predict({"features": ROWS})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return 3", "not a dict"),
        ("return {'other': 1}", "no output 'scores'"),
        ("return 1 / 0", r"ZeroDivisionError.*model\.py, line 3"),
    ],
)
def test_the_author_is_told_what_is_wrong(tmp_path: Path, body: str, says: str) -> None:
    code = f"class Model:\n    def predict(self, inputs):\n        {body}\n"
    runtime = TestPythonRuntime().load(package(tmp_path / "p", code))
    with pytest.raises(PredictionFailed, match=says):
        runtime.predict({"features": ROWS})
    runtime.close()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import nothing_like_it\nclass Model:\n    def predict(self, x): ...", "nothing_like_it"),
        ("class Model:\n    def load(self, f): raise OSError('gone')\n"
         "    def predict(self, x): ...", "gone"),
    ],
)  # fmt: skip
def test_what_does_not_load_says_why(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=says):
        TestPythonRuntime().load(package(tmp_path / "p", code))


def test_another_class_can_be_named(tmp_path: Path) -> None:
    code = LINEAR.format(kind="def", give="return").replace("class Model", "class Other")
    made = package(tmp_path / "p", code, replace(DRAFT, options={"class": "Other"}))
    found = TestPythonRuntime().load(made).predict({"features": ROWS})
    assert found["scores"].dtype == np.float32
