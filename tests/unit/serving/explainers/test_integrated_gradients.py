from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from core.dtypes import DataType
from core.errors import RuntimeUnavailable
from core.signature import TensorSpec
from core.tensor import Array
from serving.explainer import Subject
from serving.explainers.integrated_gradients import IntegratedGradientsExplainer
from tests.contracts.explainer import ExplainerContract
from tests.fakes.runtime import FakeRuntime

WEIGHTS = torch.arange(8, dtype=torch.float32).reshape(4, 2) / 8
GIVEN = TensorSpec("x", DataType.FP32, (-1, 4))
OUTPUT = TensorSpec("y", DataType.FP32, (-1, 2))
BACKGROUND = np.zeros((1, 4))


class Smooth(FakeRuntime):
    """`y = tanh(x @ W)`."""

    def forward(self, output: str) -> Callable[[torch.Tensor], torch.Tensor]:
        assert output == "y"
        return lambda rows: torch.tanh(rows @ WEIGHTS)

    def predict(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        return {"y": self.forward("y")(torch.from_numpy(inputs["x"])).numpy()}


class TestIntegratedGradients(ExplainerContract):
    name = "integrated_gradients"

    def make_subject(self, folder: Path) -> Subject:
        return Subject(Smooth(), GIVEN, OUTPUT, BACKGROUND, 200)


def test_a_model_without_gradients_is_refused() -> None:
    with pytest.raises(RuntimeUnavailable, match="shap"):
        IntegratedGradientsExplainer(Subject(FakeRuntime(), GIVEN, OUTPUT, BACKGROUND, 0))
