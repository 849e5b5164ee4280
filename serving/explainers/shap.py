"""SHAP: exact contributions where the model's runtime knows them (trees), kernel SHAP for any other.

Source: Lundberg and Lee 2017, "A Unified Approach to Interpreting Model Predictions"; for trees Lundberg
et al. 2020, as XGBoost and LightGBM compute it themselves.
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.errors import PredictionFailed, RuntimeUnavailable
from core.tensor import Array
from serving.explainer import Attributions, Subject

_SEED = 0


@runtime_checkable
class Contributing(Protocol):
    """A runtime that knows its model's contributions exactly."""

    def contribute(self, rows: Array) -> Array:
        """[rows, values, features + 1] of feature rows; the last one is the base."""
        ...


class ShapExplainer:
    """`explain.samples` evaluations for a row of kernel SHAP; 0 lets the library choose."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._kernel: Any = None
        if not isinstance(subject.runtime, Contributing):
            self._kernel = _open_kernel(subject)

    def explain(self, rows: Array) -> Attributions:
        """As `Explainer` says."""
        runtime = self._subject.runtime
        if isinstance(runtime, Contributing):
            found = runtime.contribute(rows)
            return Attributions(found[:, :, :-1], found[:, :, -1])
        if not len(rows):
            width, features = len(self._kernel_base()), self._subject.background.shape[1]
            return Attributions(np.zeros((0, width, features)), np.zeros((0, width)))
        # The library draws from numpy's global state: the same rows get the same answer.
        state = np.random.get_state()
        np.random.seed(_SEED)
        try:
            found = self._kernel.shap_values(
                np.asarray(rows, np.float64), nsamples=self._subject.samples or "auto", silent=True
            )
        except Exception as error:  # SHAP and the model raise plain errors of many kinds
            raise PredictionFailed(self._subject.output.name, str(error)) from error
        finally:
            np.random.set_state(state)
        values = np.asarray(found)
        values = values[:, :, None] if values.ndim == 2 else values
        base = np.broadcast_to(self._kernel_base(), (len(rows), values.shape[2]))
        return Attributions(values.transpose(0, 2, 1), base)

    def _kernel_base(self) -> Array:
        base: Array = np.atleast_1d(np.asarray(self._kernel.expected_value, np.float64))
        return base


def _open_kernel(subject: Subject) -> Any:
    try:
        import shap  # noqa: PLC0415 - seconds and hundreds of megabytes, which trees do not need
    except ImportError as error:
        detail = "SHAP is not installed; install the extra 'explain'"
        raise RuntimeUnavailable("shap", detail) from error
    return shap.KernelExplainer(subject.predict, subject.background)
