"""What a package requires is there for its own replicas, and for nobody else."""

from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pytest
import tritonclient.http as triton

from core.dtypes import DataType
from core.signature import TensorSpec
from registry.package import PackageDraft, build_package
from registry.records import EndpointState
from tests.cluster.conftest import CLOCK, World
from tests.wheels import make_wheel

CODE = """
import numpy as np
import tidetable

class Model:
    def predict(self, inputs):
        return {"y": inputs["x"] * np.float32(tidetable.VERSION)}
"""


def publish(world: World, name: str, *requirements: str) -> None:
    source = world.home / f"{name}-source"
    source.mkdir()
    (source / "model.py").write_text(CODE)
    draft = PackageDraft(
        name=name,
        kind="python",
        inputs=(TensorSpec("x", DataType.FP32, (-1, 1)),),
        outputs=(TensorSpec("y", DataType.FP32, (-1, 1)),),
        requirements=requirements,
    )
    build_package(source, world.home / name, draft)
    world.catalogue.publish(world.home / name, now=CLOCK.now())


def test_replicas_have_what_their_package_requires(world: World) -> None:
    publish(world, "needy", make_wheel(world.home, "3.0"))
    lease = world.deploy("needy", "needy:1")
    tensor = triton.InferInput("x", [1, 1], "FP32")
    tensor.set_data_from_numpy(np.array([[2.0]], np.float32))
    with triton.InferenceServerClient(lease.address) as client:
        answer = client.infer("needy", [tensor], headers=world.proof(lease))
    assert answer.as_numpy("y").tolist() == [[6.0]]
    with pytest.raises(PackageNotFoundError):
        distribution("tidetable")
    world.remove("needy")


def test_what_cannot_be_installed_fails_the_version_with_pips_words(world: World) -> None:
    publish(world, "greedy", f"tidetable @ {(world.home / 'no-1.0-py3-none-any.whl').as_uri()}")
    world.apply("greedy", "greedy:1")
    world.step_until(
        lambda: world.endpoint("greedy").state is EndpointState.FAILED, "the failure is told"
    )
    assert "pip cannot install them" in world.endpoint("greedy").reason
    world.remove("greedy")
