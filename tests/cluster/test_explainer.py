"""An explainer beside its model, and a model that answers in pieces, on the real cluster."""

from pathlib import Path

import httpx
import numpy as np
import orjson
import pyarrow as pa
from pyarrow import parquet

from core import wire
from core.dtypes import DataType
from core.frames import CONTENT_TYPE, FrameReader
from core.signature import TensorSpec
from registry.package import PackageDraft, build_package
from registry.records import Lease, Role
from tests.cluster.conftest import CLOCK, World
from tests.samples import write_linear_model

FEATURES = ("f0", "f1", "f2", "f3")
ROW = {"inputs": [{"name": "features", "shape": [1, 4], "datatype": "FP32", "data": [1, 2, 3, 4]}]}
COUNTS = """
class Model:
    factor = 1

    async def predict(self, inputs, parameters):
        for step in range(parameters["steps"]):
            print("step", step)
            yield {"scores": inputs["features"][:, :2] * step * self.factor}


class Doubled(Model):
    factor = 2
"""


def publish(world: World, source: Path, draft: PackageDraft) -> None:
    folder = world.home / f"package-{draft.name}"
    build_package(source, folder, draft)
    world.catalogue.publish(folder, now=CLOCK.now())


def ask(world: World, lease: Lease, name: str, body: object, **headers: str) -> httpx.Response:
    return httpx.post(
        f"http://{lease.address}/v2/models/{name}/infer",
        content=orjson.dumps(body),
        headers={**world.proof(lease), **headers},
        timeout=30,
    )


def test_attributions_add_up_to_the_models_answer(world: World, tmp_path: Path) -> None:
    columns = {name: np.linspace(-1, 1, 20) for name in FEATURES}
    parquet.write_table(pa.table(columns), tmp_path / "sample.parquet")
    draft = PackageDraft(
        name="told",
        features=FEATURES,
        sample=tmp_path / "sample.parquet",
        options={"explain.method": "shap", "explain.background": 10},
    )
    publish(world, write_linear_model(tmp_path / "model.onnx"), draft)
    answer = ask(world, world.deploy("told", "told:1"), "told", ROW).json()
    explainer = world.await_role("told", Role.EXPLAINER)
    found = {
        one["name"]: one["data"] for one in ask(world, explainer, "told", ROW).json()["outputs"]
    }
    whole = np.sum(np.reshape(found["scores.attributions"], (2, 4)), axis=1) + found["scores.base"]
    np.testing.assert_allclose(whole, answer["outputs"][0]["data"], atol=1e-2)
    world.remove("told")


def test_a_class_of_python_answers_in_pieces(world: World, tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(COUNTS)
    draft = PackageDraft(
        name="counting",
        inputs=(TensorSpec("features", DataType.FP32, (-1, 4)),),
        outputs=(TensorSpec("scores", DataType.FP32, (-1, 2)),),
        streaming=True,
    )
    publish(world, tmp_path / "model.py", draft)
    lease = world.deploy("counting", "counting:1", options={"class": "Doubled"})
    body = {**ROW, "parameters": {"steps": 3}}
    answer = ask(world, lease, "counting", body, accept=CONTENT_TYPE.decode())
    frames = FrameReader().feed(answer.content)
    read = [wire.decode_response(one.message.body, one.message.header_length) for one in frames]
    assert [one.outputs[0].array.tolist() for one in read] == [[[0, 0]], [[2, 4]], [[4, 8]]]
    world.remove("counting")
