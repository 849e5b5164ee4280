"""What every runtime holds to. A subclass gives a package of the linear model in its own format."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import RuntimeUnavailable, TidegateError
from core.plugins import load
from core.resources import Resources
from core.tensor import Array
from registry.package import Package
from serving.runtime import RUNTIMES, Runtime
from tests.samples import linear_scores

ROWS = np.arange(12, dtype=np.float32).reshape(3, 4)


class RuntimeContract:
    """`scores = features @ W`, four features; a model that cannot be linear says what it answers."""

    name: str
    input = "features"
    output = "scores"
    dtype: type[np.generic] = np.float32

    def expected(self, rows: Array) -> Array:
        """What the model answers."""
        return np.array(linear_scores(rows.astype(np.float32)))

    def make_package(self, folder: Path) -> Package:
        raise NotImplementedError

    def load(self, package: Package, device: str = "cpu") -> Runtime:
        kind: type[Runtime] = load("runtime", RUNTIMES, self.name)
        return kind.load(package, Resources.model_validate({"device": device}))

    def test_it_answers_right(self, tmp_path: Path) -> None:
        runtime = self.load(self.make_package(tmp_path / "p"))
        rows = ROWS.astype(self.dtype)
        outputs = runtime.predict({self.input: rows})
        np.testing.assert_allclose(outputs[self.output], self.expected(rows), rtol=1e-5)
        runtime.close()

    def test_read_only_rows_and_no_rows_are_fine(self, tmp_path: Path) -> None:
        runtime = self.load(self.make_package(tmp_path / "p"))
        rows = ROWS.astype(self.dtype)
        tail = self.expected(rows).shape[1:]
        rows.flags.writeable = False
        assert runtime.predict({self.input: rows})[self.output].shape == (3, *tail)
        assert runtime.predict({self.input: rows[:0]})[self.output].shape == (0, *tail)
        runtime.close()

    def test_it_says_where_it_runs(self, tmp_path: Path) -> None:
        runtime = self.load(self.make_package(tmp_path / "p"))
        assert runtime.device in ("cpu", "cuda")
        runtime.close()

    def test_rows_that_it_cannot_take_are_a_typed_error(self, tmp_path: Path) -> None:
        runtime = self.load(self.make_package(tmp_path / "p"))
        with pytest.raises(TidegateError):
            runtime.predict({self.input: ROWS[:, :2].astype(self.dtype)})
        assert len(runtime.predict({self.input: ROWS.astype(self.dtype)})[self.output]) == 3
        runtime.close()

    def test_a_broken_file_is_refused_with_a_reason(self, tmp_path: Path) -> None:
        package = self.make_package(tmp_path / "p")
        package.model_path.write_bytes(b"broken")
        with pytest.raises(RuntimeUnavailable):
            self.load(package)
