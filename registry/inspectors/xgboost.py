"""XGBoost models in their own JSON or UBJSON form, which hold no code."""

import json
from pathlib import Path
from typing import Any

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection

_PROBABILITIES = ("binary:logistic", "multi:softprob")


class XgboostInspector:
    """`.json` and `.ubj`, as `Booster.save_model` writes them."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says; XGBoost's own parser reads the file."""
        learner = _read_learner(source)
        parameters = learner["learner_model_param"]
        features = int(parameters["num_feature"])
        if features < 1:
            raise InvalidSpec("XGBoost model", {"num_feature": "the model takes no features"})
        objective = str(learner["objective"]["name"])
        classes = int(parameters["num_class"])
        width = classes if objective == "multi:softprob" else int(parameters["num_target"])
        output = "probabilities" if objective in _PROBABILITIES else "predictions"
        names = tuple(learner["feature_names"])
        shape = (-1, width) if width > 1 else (-1,)
        return Inspection(
            signature=Signature(
                (TensorSpec("features", DataType.FP32, (-1, features), features=names),),
                (TensorSpec(output, DataType.FP32, shape),),
                batched=True,
            ),
            runtime="xgboost",
            platform="xgboost",
            notes=(f"batched: rows of {features} features; objective {objective}",),
        )


def _read_learner(source: Path) -> dict[str, Any]:
    import xgboost  # noqa: PLC0415 - seconds, and only packages of this kind need it

    booster = xgboost.Booster()
    try:
        booster.load_model(str(source))
        learner: dict[str, Any] = json.loads(booster.save_config())["learner"]
    except (xgboost.core.XGBoostError, ValueError, KeyError) as error:
        raise PackageCorrupt(source.name, "not a model that XGBoost saved") from error
    return {**learner, "feature_names": booster.feature_names or ()}
