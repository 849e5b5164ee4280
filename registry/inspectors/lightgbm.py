"""LightGBM models in their text form, which holds no code."""

from pathlib import Path
from typing import Any

from core.dtypes import DataType
from core.errors import PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection

_PROBABILITIES = ("binary", "multiclass", "multiclassova", "cross_entropy")


class LightgbmInspector:
    """`.txt`, as `Booster.save_model` writes it."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says; LightGBM's own parser reads the file."""
        booster = _open(source)
        features = int(booster.num_feature())
        width = int(booster.num_model_per_iteration())
        objective = _read_objective(source)
        output = "probabilities" if objective in _PROBABILITIES else "predictions"
        names = tuple(booster.feature_name())
        if names == tuple(f"Column_{index}" for index in range(features)):
            names = ()  # LightGBM's own, for columns that had none
        shape = (-1, width) if width > 1 else (-1,)
        return Inspection(
            signature=Signature(
                (TensorSpec("features", DataType.FP64, (-1, features), features=names),),
                (TensorSpec(output, DataType.FP64, shape),),
                batched=True,
            ),
            runtime="lightgbm",
            platform="lightgbm",
            notes=(f"batched: rows of {features} features; objective {objective or 'unknown'}",),
        )


def _open(source: Path) -> Any:
    import lightgbm  # noqa: PLC0415 - seconds, and only packages of this kind need it

    with source.open("rb") as opened:
        # LightGBM ends the process over some files that are none of its own.
        if opened.read(4) != b"tree":
            raise PackageCorrupt(source.name, "not a model that LightGBM saved")
    try:
        return lightgbm.Booster(model_file=str(source))
    except lightgbm.basic.LightGBMError as error:
        raise PackageCorrupt(source.name, "not a model that LightGBM saved") from error


def _read_objective(source: Path) -> str:
    with source.open(encoding="utf-8", errors="replace") as opened:
        for line, _ in zip(opened, range(40), strict=False):
            if line.startswith("objective="):
                return line.removeprefix("objective=").split()[0]
    return ""
