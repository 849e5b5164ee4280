"""Whether the exported file answers as the trained model does."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from core.errors import PredictionFailed
from training.algorithm import Outputs
from training.dataset import Dataset

# Of the reference's largest value, or of 1: single precision over a few hundred additions.
TOLERANCE = 1e-4

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How far two answers to the same rows are apart.

    `difference` is the largest one over all outputs of numbers, as a share of their scale; `labels`
    counts rows whose label differs though the reference was sure of it.
    """

    difference: float
    labels: int

    @property
    def is_good(self) -> bool:
        """Whether the two are the same for every purpose."""
        return self.difference <= TOLERANCE and self.labels == 0


def check_export(model: str, path: Path, data: Dataset, reference: Outputs) -> Fidelity:
    """Run the ONNX file on these rows and compare; raises PredictionFailed when it differs."""
    fidelity = compare(run_model(path, data), reference)
    if not fidelity.is_good:
        detail = (
            f"the exported model is not the trained one: outputs differ by {fidelity.difference:.2g} "
            f"of their scale (at most {TOLERANCE:g}), {fidelity.labels} of {data.rows} labels differ"
        )
        raise PredictionFailed(model, detail)
    return fidelity


def run_model(path: Path, data: Dataset) -> Outputs:
    """What the ONNX file answers for these rows, by output name."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, data.feed()), strict=True))


def compare(found: Outputs, reference: Outputs) -> Fidelity:
    """Compare outputs of the same rows; an output that is missing or of another shape differs fully."""
    sure = _find_sure(reference)
    difference, labels = 0.0, 0
    for name, wanted in reference.items():
        given = found.get(name)
        if given is None or given.shape != wanted.shape:
            return Fidelity(difference=float("inf"), labels=len(wanted))
        if name == "label":
            labels = int(np.sum((given != wanted) & sure))
        else:
            difference = max(difference, _differ(given, wanted))
    return Fidelity(difference, labels)


def _find_sure(reference: Outputs) -> Array:
    """Rows whose two best classes are further apart than rounding: a tie may fall either way."""
    shares = reference.get("probabilities")
    if shares is None:
        return np.ones(len(next(iter(reference.values()))), bool)
    if shares.ndim == 1:
        # Of two classes, the share of the second.
        shares = np.column_stack([1 - shares, shares])
    best = np.sort(shares, axis=1)[:, -2:]
    sure: Array = best[:, 1] - best[:, 0] > 2 * TOLERANCE
    return sure


def _differ(given: Array, wanted: Array) -> float:
    if not wanted.size:
        return 0.0
    apart = np.abs(given.astype(np.float64) - wanted.astype(np.float64)).max()
    return float(apart / max(1.0, float(np.abs(wanted).max()))) if np.isfinite(apart) else np.inf
