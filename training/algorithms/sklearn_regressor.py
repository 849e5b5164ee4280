"""Regression on tables with scikit-learn."""

from typing import Literal

from pydantic import Field

from core.spec import Spec
from training.algorithm import Fitted, Task
from training.spec import Target


class RegressorHyperparameters(Spec):
    """`estimator` chooses the method; each field says which of them read it."""

    estimator: Literal["ridge", "random_forest", "hist_gradient_boosting", "mlp"] = "ridge"
    alpha: float = Field(default=1.0, ge=0, le=1e6, description="ridge: strength of L2")
    trees: int = Field(default=100, ge=1, le=10_000, description="random_forest: number of trees")
    max_depth: int | None = Field(
        default=None, ge=1, le=64, description="random_forest, hist_gradient_boosting"
    )
    iterations: int = Field(
        default=200, ge=1, le=100_000, description="hist_gradient_boosting, mlp: at most this many"
    )
    learning_rate: float = Field(
        default=0.1, gt=0, le=10, description="hist_gradient_boosting: shrinkage"
    )
    hidden: tuple[int, ...] = Field(default=(64,), max_length=8, description="mlp: layer sizes")


class SklearnRegressor:
    """As `training.algorithm.Algorithm` says."""

    hyperparameters: type[Spec] = RegressorHyperparameters
    target = Target.NUMBER

    def fit(self, task: Task) -> Fitted:
        """As `Algorithm` says."""
        # Jobs only: the control process reads the hyperparameters and must not pay for scikit-learn.
        from sklearn.ensemble import (  # noqa: PLC0415 - see above
            HistGradientBoostingRegressor,
            RandomForestRegressor,
        )
        from sklearn.linear_model import Ridge  # noqa: PLC0415 - see above
        from sklearn.neural_network import MLPRegressor  # noqa: PLC0415 - see above

        from training.estimator import fit_pipeline  # noqa: PLC0415 - see above

        wanted = RegressorHyperparameters.model_validate(task.hyperparameters.model_dump())
        match wanted.estimator:
            case "random_forest":
                estimator = RandomForestRegressor(
                    n_estimators=wanted.trees,
                    max_depth=wanted.max_depth,
                    n_jobs=task.threads,
                    random_state=task.seed,
                )
            case "hist_gradient_boosting":
                estimator = HistGradientBoostingRegressor(
                    max_iter=wanted.iterations,
                    max_depth=wanted.max_depth,
                    learning_rate=wanted.learning_rate,
                    random_state=task.seed,
                )
            case "mlp":
                estimator = MLPRegressor(
                    hidden_layer_sizes=wanted.hidden,
                    max_iter=wanted.iterations,
                    random_state=task.seed,
                )
            case _:
                estimator = Ridge(alpha=wanted.alpha, random_state=task.seed)
        task.report(f"fitting {wanted.estimator} on {task.train.rows} rows")
        scaled = wanted.estimator in ("ridge", "mlp")
        return fit_pipeline(task, estimator, scaled=scaled, classifies=False)
