"""scikit-learn estimators in skops' form: a zip of JSON and arrays, of types that are known to be safe."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection
from registry.trees import TREES, find_trees, is_sound


class SklearnInspector:
    """`.skops`, as `skops.io.dump` writes it."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says. A file with a type that skops does not know as safe is refused."""
        estimator = load_estimator(source)
        features = getattr(estimator, "n_features_in_", None)
        if features is None:
            raise InvalidSpec("scikit-learn model", {"fit": "it was not fitted"})
        names = tuple(map(str, getattr(estimator, "feature_names_in_", ())))
        outputs = _find_outputs(estimator)
        return Inspection(
            signature=Signature(
                (TensorSpec("features", DataType.FP64, (-1, int(features)), features=names),),
                outputs,
                batched=True,
            ),
            runtime="sklearn",
            platform="sklearn",
            notes=(f"batched: rows of {features} features; {type(estimator).__name__}",),
        )


def load_estimator(source: Path, trusted: tuple[str, ...] = ()) -> Any:
    """The estimator; raises PackageCorrupt, and InvalidSpec for a type that nobody trusts.

    Compiled trees are taken once their arrays have been looked at.
    """
    import skops.io  # noqa: PLC0415 - seconds, and only packages of this kind need it

    try:
        named = set(skops.io.get_untrusted_types(file=source))
        unknown = sorted(named - TREES - set(trusted))
        if unknown:
            fault = f"it holds types that skops does not know as safe: {', '.join(unknown[:10])}"
            raise InvalidSpec("scikit-learn model", {"types": fault})
        estimator = skops.io.load(source, trusted=sorted(named))
    except (BadZipFile, KeyError, ValueError, OSError, TypeError) as error:
        raise PackageCorrupt(source.name, "not a file that skops wrote") from error
    if not all(is_sound(tree, features) for tree, features in find_trees(estimator)):
        raise PackageCorrupt(source.name, "a tree in it leads out of itself")
    return estimator


def _find_outputs(estimator: Any) -> tuple[TensorSpec, ...]:
    """`label` and, where the estimator has them, `probabilities`; `predictions` of a regressor."""
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        width = int(getattr(estimator, "n_outputs_", 1) or 1)
        shape = (-1, width) if width > 1 else (-1,)
        return (TensorSpec("predictions", DataType.FP64, shape),)
    kind = DataType.of(np.asarray(classes).dtype)
    labels = tuple(map(str, classes))
    label = TensorSpec("label", DataType.INT64 if kind is not DataType.BYTES else kind, (-1,))
    if not hasattr(estimator, "predict_proba"):
        return (label,)
    return (
        label,
        TensorSpec("probabilities", DataType.FP64, (-1, len(labels)), labels=labels),
    )
