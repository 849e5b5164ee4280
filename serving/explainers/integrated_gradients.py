"""Integrated gradients by Captum, for models that PyTorch can differentiate.

Source: Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks".
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.errors import PredictionFailed, RuntimeUnavailable
from core.tensor import Array
from serving.explainer import Attributions, Subject

_STEPS = 50


@runtime_checkable
class Differentiable(Protocol):
    """A runtime whose model is a function of torch tensors that gradients pass through."""

    def forward(self, output: str) -> Callable[[Any], Any]:
        """The function from the one input's tensor to the output's."""
        ...


class IntegratedGradientsExplainer:
    """`explain.samples` steps from the background's mean to the row; 0 means 50."""

    def __init__(self, subject: Subject) -> None:
        runtime = subject.runtime
        if not isinstance(runtime, Differentiable):
            detail = "integrated gradients need a PyTorch model; use explain.method shap"
            raise RuntimeUnavailable("integrated_gradients", detail)
        try:
            from captum.attr import IntegratedGradients  # noqa: PLC0415 - an extra, and slow
        except ImportError as error:
            detail = "Captum is not installed; install the extra 'explain'"
            raise RuntimeUnavailable("integrated_gradients", detail) from error
        forward = runtime.forward(subject.output.name)
        self._method = IntegratedGradients(lambda rows: _as_matrix(forward(rows)))
        self._subject = subject
        self._steps = subject.samples or _STEPS
        self._baseline = subject.background.mean(axis=0, keepdims=True)

    def explain(self, rows: Array) -> Attributions:
        """As `Explainer` says; base and attributions add up to within the integral's error."""
        import torch  # noqa: PLC0415 - only models of PyTorch come here

        base = self._subject.predict(self._baseline)
        width = base.shape[1]
        if not len(rows):
            return Attributions(np.zeros((0, width, rows.shape[1])), np.zeros((0, width)))
        given = torch.from_numpy(np.array(rows, np.float32))
        baseline = torch.from_numpy(self._baseline.astype(np.float32))
        try:
            found = [
                self._method.attribute(given, baselines=baseline, target=value, n_steps=self._steps)
                for value in range(width)
            ]
        except Exception as error:  # Captum and the model raise plain errors of many kinds
            raise PredictionFailed(self._subject.output.name, str(error)) from error
        values = np.stack([one.detach().cpu().numpy() for one in found], axis=1)
        return Attributions(values, np.broadcast_to(base, (len(rows), width)))


def _as_matrix(output: Any) -> Any:
    return output.reshape(output.shape[0], -1)
