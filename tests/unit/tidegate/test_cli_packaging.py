import json
from pathlib import Path

from tests.fakes.command import fail, read

CODE = "class Model:\n    def predict(self, inputs):\n        return {'y': inputs['x'] * 2}\n"
SIGNATURE = """
inputs: [{name: x, datatype: FP32, shape: [-1]}]
outputs: [{name: y, datatype: FP32, shape: [-1]}]
"""


def test_a_model_that_says_nothing_is_packaged_by_a_signature(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(CODE)
    (tmp_path / "signature.yaml").write_text(SIGNATURE)
    more = ("--signature", str(tmp_path / "signature.yaml"), "--option", "temperature=0.5")
    out = ("--name", "double", "--out", str(tmp_path / "package"), "--requirement", "cowsay==6.1")
    made = read("models", "package", str(tmp_path / "model.py"), *out, *more)
    assert (made["runtime"], made["signature"]["batched"]) == ("python", True)
    assert made["options"] == {"class": "Model", "temperature": 0.5}
    assert json.loads((tmp_path / "package/tidegate.json").read_text())["requirements"] == [
        "cowsay==6.1"
    ]


def test_without_one_the_command_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(CODE)
    told = fail(
        "models", "package", str(tmp_path / "model.py"), "--name", "m", "--out", str(tmp_path / "p")
    )
    assert "inputs and outputs" in told.text
