from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pytest

from core.errors import PredictionFailed, RuntimeUnavailable
from core.tensor import Tensor
from registry.package import Package, PackageDraft, build_package
from serving.runtimes.sagemaker import read_array, write_array
from tests.contracts.runtime import ROWS, RuntimeContract
from tests.unit.serving.runtimes.test_python import DRAFT

LINEAR = """
import json, pathlib
import numpy as np

def model_fn(model_dir):
    return np.array(json.loads(pathlib.Path(model_dir, "weights.json").read_text()), np.float32)

def predict_fn(data, model):
    return np.asarray(data, np.float32) @ model
"""
RAW = PackageDraft(name="linear")


def package(folder: Path, code: str = LINEAR, draft: PackageDraft = DRAFT) -> Package:
    source = folder.with_name(f"{folder.name}-source")
    (source / "code").mkdir(parents=True)
    (source / "code" / "inference.py").write_text(code)
    (source / "weights.json").write_text("[[0, 1], [2, 3], [4, 5], [6, 7]]")
    return Package(folder, build_package(source, folder, draft))


class TestSagemakerRuntime(RuntimeContract):
    name = "sagemaker"

    def make_package(self, folder: Path) -> Package:
        return package(folder)


def test_bodies_go_through_as_they_came(tmp_path: Path) -> None:
    runtime = TestSagemakerRuntime().load(package(tmp_path / "p", draft=RAW))
    given = {
        "body": Tensor.of("body", [b"1,2,3,4\n0,0,0,1"]).array,
        "content_type": Tensor.of("t", [b"text/csv"]).array,
        "accept": Tensor.of("a", [b"application/json"]).array,
    }
    found = runtime.predict(given)
    assert orjson.loads(found["body"][0]) == [[40.0, 50.0], [6.0, 7.0]]
    assert found["content_type"].tolist() == [b"application/json"]


def test_the_scripts_own_functions_are_called(tmp_path: Path) -> None:
    own = """
def input_fn(body, kind): return [[float(x) for x in body.decode().split("|")]]
def output_fn(found, accept): return "/".join(map(str, found[0].tolist())), "text/x"
"""
    runtime = TestSagemakerRuntime().load(package(tmp_path / "p", LINEAR + own, RAW))
    found = runtime.predict({"body": Tensor.of("body", [b"1|2|3|4"]).array})
    assert (found["body"][0], found["content_type"][0]) == (b"40.0/50.0", b"text/x")


def test_a_type_that_nobody_reads_is_said(tmp_path: Path) -> None:
    runtime = TestSagemakerRuntime().load(package(tmp_path / "p", draft=RAW))
    given = {"body": Tensor.of("b", [b""]).array, "content_type": Tensor.of("t", [b"x/y"]).array}
    with pytest.raises(PredictionFailed, match="x/y"):
        runtime.predict(given)


def test_a_model_that_does_not_load_says_why(tmp_path: Path) -> None:
    broken = LINEAR.replace("weights.json", "nothing.json")
    with pytest.raises(RuntimeUnavailable, match=r"nothing\.json"):
        TestSagemakerRuntime().load(package(tmp_path / "p", broken, replace(DRAFT)))


@pytest.mark.parametrize("kind", ["application/json", "text/csv", "application/x-npy"])
def test_what_is_written_can_be_read(kind: str) -> None:
    np.testing.assert_array_equal(read_array(write_array(ROWS, kind), kind), ROWS)
