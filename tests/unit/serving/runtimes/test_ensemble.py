import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable, Unavailable
from core.resources import Resources
from core.signature import TensorSpec
from core.tensor import Array
from registry.package import Package, PackageDraft, build_package, verify_package
from serving.runtime import Runtime, count_runs, load_runtime
from tests.contracts.runtime import ROWS, RuntimeContract
from tests.fakes.ensembles import DIAMOND, make_ensemble, make_steps
from tests.fakes.open_inference import serve_linear
from tests.samples import linear_scores

SCORES = TensorSpec("scores", DataType.FP32, (-1, 2))
FEATURES = TensorSpec("features", DataType.FP32, (-1, 4))


class TestEnsembleRuntime(RuntimeContract):
    name = "ensemble"

    def make_package(self, folder: Path) -> Package:
        return make_ensemble(folder)

    def expected(self, rows: Array) -> Array:
        scores = np.array(linear_scores(rows), np.float32)
        return scores + scores + 5


def make_python(folder: Path, name: str, code: str) -> Package:
    """A model of features and scores that an author wrote."""
    source = folder.with_name(f"{folder.name}-source") / "model.py"
    source.parent.mkdir(parents=True)
    source.write_text(f"class Model:\n    def predict(self, inputs):\n        {code}\n")
    draft = PackageDraft(name=name, inputs=(FEATURES,), outputs=(SCORES,))
    return Package(folder, build_package(source, folder, draft))


def load_diamond(folder: Path, **steps: Package) -> Runtime:
    """The diamond with other packages for some of its models."""
    packages = make_steps(folder / "steps")
    for ref in packages:
        packages[ref] = steps.get(ref.partition(":")[0], packages[ref])
    return TestEnsembleRuntime().load(make_ensemble(folder / "p", DIAMOND, packages))


def test_each_step_needs_its_own_trust(tmp_path: Path) -> None:
    own = make_python(tmp_path / "own", "linear", "return {'scores': inputs['features'][:, :2]}")
    packages = make_steps(tmp_path / "steps") | {"linear:3": own}
    package = make_ensemble(tmp_path / "p", DIAMOND, packages)
    with pytest.raises(RuntimeUnavailable, match="adds 'python' to TIDEGATE_TRUSTED_RUNTIMES"):
        load_runtime(package, Resources(), frozenset({"ensemble"}))
    runtime = load_runtime(package, Resources(), frozenset({"python"}))
    expected = ROWS[:, :2] + np.array(linear_scores(ROWS)) + 5
    np.testing.assert_allclose(runtime.predict({"features": ROWS})["scores"], expected)
    runtime.close()


def test_a_failing_step_is_named(tmp_path: Path) -> None:
    own = make_python(tmp_path / "own", "linear", "return 1 / 0")
    runtime = load_diamond(tmp_path, linear=own)
    with pytest.raises(PredictionFailed, match=r"'ensemble'.*step 'left'.*ZeroDivisionError"):
        runtime.predict({"features": ROWS})
    runtime.close()


def test_a_step_cannot_spoil_what_another_reads(tmp_path: Path) -> None:
    own = make_python(tmp_path / "own", "linear", "inputs['features'][:] = 0")
    runtime = load_diamond(tmp_path, linear=own)
    rows = ROWS.copy()
    with pytest.raises(PredictionFailed, match="read-only"):
        runtime.predict({"features": rows})
    assert (rows == ROWS).all()
    runtime.close()


def test_sizes_that_packaging_left_open_meet_with_a_reason(tmp_path: Path) -> None:
    own = make_python(tmp_path / "own", "linear", "return {'scores': inputs['features'][:1, :2]}")
    runtime = load_diamond(tmp_path, linear=own)
    with pytest.raises(PredictionFailed, match=r"step 'sum'.*3 rows"):
        runtime.predict({"features": ROWS})
    runtime.close()


def test_independent_steps_run_beside_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier = threading.Barrier(2, timeout=10)
    runtime = load_diamond(tmp_path)
    steps: Any = runtime._steps  # type: ignore[attr-defined]  # to reach into its models
    for step in steps[:2]:
        original = step.runtime.predict

        def meet(inputs: Mapping[str, Array], original: Any = original) -> Mapping[str, Array]:
            barrier.wait()
            return original(inputs)  # type: ignore[no-any-return]  # the runtime's own

        monkeypatch.setattr(step.runtime, "predict", meet)
    assert len(runtime.predict({"features": ROWS})["scores"]) == 3
    runtime.close()


def test_an_ensemble_may_be_a_step(tmp_path: Path) -> None:
    inner = make_ensemble(tmp_path / "inner")
    document = {
        "inputs": ["x"],
        "outputs": ["y"],
        "steps": [
            {
                "name": "inner",
                "model": "ensemble:1",
                "inputs": {"features": "x"},
                "outputs": {"scores": "y"},
            }
        ],
    }
    package = make_ensemble(tmp_path / "outer", document, {"ensemble:1": inner})
    verify_package(package.folder)
    runtime = load_runtime(package, Resources())
    answer = runtime.predict({"x": ROWS})
    np.testing.assert_allclose(answer["y"], 2 * np.array(linear_scores(ROWS)) + 5)
    runtime.close()


def test_a_step_may_be_on_another_server(tmp_path: Path) -> None:
    with serve_linear(tmp_path / "server") as server:
        source = tmp_path / "remote.json"
        source.write_text(json.dumps(server.document(concurrency=3)))
        draft = PackageDraft(name="linear")
        far = Package(tmp_path / "far", build_package(source, tmp_path / "far", draft))
        runtime = load_diamond(tmp_path, linear=far)
        assert count_runs(runtime) == 3
        answer = runtime.predict({"features": ROWS})["scores"]
    np.testing.assert_allclose(answer, 2 * np.array(linear_scores(ROWS)) + 5)
    with pytest.raises(Unavailable, match="elsewhere"):
        runtime.predict({"features": ROWS})
    runtime.close()


def test_an_option_reaches_its_step(tmp_path: Path) -> None:
    package = make_ensemble(tmp_path / "p").overrule({"left.provider": "nonsense"})
    with pytest.raises(RuntimeUnavailable, match=r"step 'left' \(linear:3\).*provider"):
        TestEnsembleRuntime().load(package)


def test_a_step_that_was_lost_is_named(tmp_path: Path) -> None:
    package = make_ensemble(tmp_path / "p")
    (package.folder / "steps" / "right" / "tidegate.json").unlink()
    with pytest.raises(RuntimeUnavailable, match="step 'right'"):
        load_runtime(package, Resources())
