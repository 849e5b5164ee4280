"""Classification of tables with scikit-learn."""

from typing import Literal

from pydantic import Field

from core.spec import Spec
from training.algorithm import Fitted, Task
from training.spec import Target


class ClassifierHyperparameters(Spec):
    """`estimator` chooses the method; each field says which of them read it."""

    estimator: Literal["logistic_regression", "random_forest", "hist_gradient_boosting", "mlp"] = (
        "logistic_regression"
    )
    c: float = Field(
        default=1.0, gt=0, le=1e6, description="logistic_regression: 1 / strength of L2"
    )
    trees: int = Field(default=100, ge=1, le=10_000, description="random_forest: number of trees")
    max_depth: int | None = Field(
        default=None, ge=1, le=64, description="random_forest, hist_gradient_boosting"
    )
    iterations: int = Field(
        default=200, ge=1, le=100_000, description="all but random_forest: at most this many"
    )
    learning_rate: float = Field(
        default=0.1, gt=0, le=10, description="hist_gradient_boosting: shrinkage"
    )
    hidden: tuple[int, ...] = Field(default=(64,), max_length=8, description="mlp: layer sizes")


class SklearnClassifier:
    """As `training.algorithm.Algorithm` says."""

    hyperparameters: type[Spec] = ClassifierHyperparameters
    target = Target.CLASSES

    def fit(self, task: Task) -> Fitted:
        """As `Algorithm` says."""
        # Jobs only: the control process reads the hyperparameters and must not pay for scikit-learn.
        from sklearn.ensemble import (  # noqa: PLC0415 - see above
            HistGradientBoostingClassifier,
            RandomForestClassifier,
        )
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see above
        from sklearn.neural_network import MLPClassifier  # noqa: PLC0415 - see above

        from training.estimator import fit_pipeline  # noqa: PLC0415 - see above

        wanted = ClassifierHyperparameters.model_validate(task.hyperparameters.model_dump())
        match wanted.estimator:
            case "random_forest":
                estimator = RandomForestClassifier(
                    n_estimators=wanted.trees,
                    max_depth=wanted.max_depth,
                    n_jobs=task.threads,
                    random_state=task.seed,
                )
            case "hist_gradient_boosting":
                estimator = HistGradientBoostingClassifier(
                    max_iter=wanted.iterations,
                    max_depth=wanted.max_depth,
                    learning_rate=wanted.learning_rate,
                    random_state=task.seed,
                )
            case "mlp":
                estimator = MLPClassifier(
                    hidden_layer_sizes=wanted.hidden,
                    max_iter=wanted.iterations,
                    random_state=task.seed,
                )
            case _:
                estimator = LogisticRegression(
                    C=wanted.c, max_iter=wanted.iterations, random_state=task.seed
                )
        task.report(f"fitting {wanted.estimator} on {task.train.rows} rows")
        scaled = wanted.estimator in ("logistic_regression", "mlp")
        return fit_pipeline(task, estimator, scaled=scaled, classifies=True)
