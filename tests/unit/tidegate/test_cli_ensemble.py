import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unavailable
from core.refs import ModelRef
from registry.package import verify_package
from tests.fakes.command import fail, read, tell
from tests.fakes.control import FakeControl
from tidegate.cli.ensemble import fetch_step
from tidegate.client.models import Models
from tidegate.control.documents import ModelDocument


def write(folder: Path, model: str) -> str:
    document: dict[str, Any] = {
        "inputs": ["rows"],
        "outputs": ["scores"],
        "steps": [
            {
                "name": "score",
                "model": model,
                "inputs": {"features": "rows"},
                "outputs": {"scores": "scores"},
            }
        ],
    }
    file = folder / "ensemble.json"
    file.write_text(json.dumps(document))
    return str(file)


def test_published_versions_become_steps(served: FakeControl, tmp_path: Path) -> None:
    served.publish(0.0)
    served.publish(1.0)
    tell("models", "alias", "iris", "live", "2")
    out = tmp_path / "new" / "package"
    file = write(tmp_path, "iris@live")
    made = read(
        "models", "package", file, "--kind", "ensemble", "--name", "both", "--out", str(out)
    )
    assert (made["runtime"], made["signature"]["inputs"][0]["name"]) == ("ensemble", "rows")
    assert "step score: iris:2 in onnx" in made["notes"]
    verify_package(out / "steps" / "score")
    assert [path.name for path in out.parent.iterdir()] == ["package"]
    assert read("models", "publish", str(out))["version"] == 1
    again = tmp_path / "again"
    tell("models", "package", str(out / "ensemble.json"), "--name", "both", "--out", str(again))
    assert verify_package(again).manifest.digest == made_digest(out)


def made_digest(folder: Path) -> str:
    return verify_package(folder).manifest.digest


def test_a_step_that_was_never_published_is_named(served: FakeControl, tmp_path: Path) -> None:
    served.publish(0.0)
    for model in ("iris:7", "iris@live", "nobody:1"):
        file = write(tmp_path, model)
        told = fail("models", "package", file, "--name", "both", "--out", str(tmp_path / "p"))
        assert model.partition(":")[0] in told.text


class FarModels:
    """The platform's models, as another machine is told of them."""

    def __init__(self, near: Models) -> None:
        self._near = near

    def get(self, model: str) -> ModelDocument:
        found = self._near.get(model)
        versions = [one.model_copy(update={"location": "/not/here"}) for one in found.versions]
        return found.model_copy(update={"versions": tuple(versions)})


def test_packages_on_another_machine_are_said(control: FakeControl) -> None:
    control.publish(0.0)
    client = control.client
    client.models = FarModels(client.models)  # type: ignore[assignment]  # the one call that is made
    with pytest.raises(Unavailable, match=r"/not/here is not on this machine.*steps/<step>/"):
        fetch_step(client, ModelRef.parse("iris:1"))
