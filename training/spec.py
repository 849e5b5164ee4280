"""What people ask for when they want a model trained."""

from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from core.spec import Named, Spec

BUILT_IN = "sklearn:"
BUILT_IN_SETS = ("breast_cancer", "diabetes", "digits", "iris", "wine")
FILE_KINDS = (".csv", ".parquet")


class Target(StrEnum):
    """What is predicted: one of several classes, or a number."""

    CLASSES = "classes"
    NUMBER = "number"


class DataSpec(Spec):
    """Where the rows come from: `sklearn:iris`, or the absolute path of a CSV or Parquet file.

    `target` names the column to predict (a built-in set has one already). `columns` are the features;
    empty means every other column.
    """

    source: str = Field(min_length=1, max_length=4096)
    target: str | None = Field(default=None, max_length=250)
    columns: tuple[str, ...] = Field(default=(), max_length=10_000)

    @property
    def built_in(self) -> str | None:
        """The name of the built-in set, None for a file."""
        return self.source.removeprefix(BUILT_IN) if self.source.startswith(BUILT_IN) else None

    @field_validator("source")
    @classmethod
    def _is_known(cls, source: str) -> str:
        if source.startswith(BUILT_IN):
            if source.removeprefix(BUILT_IN) not in BUILT_IN_SETS:
                raise ValueError(f"the built-in sets are {', '.join(BUILT_IN_SETS)}")
        elif Path(source).suffix.lower() not in FILE_KINDS:
            raise ValueError("name sklearn:<set>, or a file that ends in .csv or .parquet")
        elif not Path(source).is_absolute():
            raise ValueError("the job runs elsewhere: give the file's absolute path")
        return source

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.built_in is None and self.target is None:
            raise ValueError("a file needs `target`, the column to predict")
        if self.built_in is not None and self.target is not None:
            raise ValueError("a built-in set has its target already")
        if len(set(self.columns)) != len(self.columns) or self.target in self.columns:
            raise ValueError("`columns` names a column twice, or the target")
        return self


class OutputSpec(Spec):
    """What the trained model is published as; `alias` is pointed to the new version at the end."""

    model: Named
    alias: Named | None = None
    description: str = Field(default="", max_length=4000)


class JobResources(Spec):
    """What the job takes of the cluster."""

    num_cpus: float = Field(default=1.0, gt=0, le=1024)

    @property
    def threads(self) -> int:
        """How many threads the job may compute with."""
        return max(1, int(self.num_cpus))


class TrainingSpec(Spec):
    """One training job. The same spec and data give the same model.

    `hyperparameters` are those of the algorithm. `test_share` of the rows is held out and never
    trained on. `time_limit_s` counts from the moment the job runs.
    """

    kind: Literal["training"] = "training"
    algorithm: str = Field(min_length=1, max_length=100)
    data: DataSpec
    hyperparameters: dict[str, JsonValue] = Field(default_factory=dict)
    output: OutputSpec
    test_share: float = Field(default=0.25, gt=0, lt=1)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    resources: JobResources = JobResources()
    time_limit_s: float = Field(default=3600.0, gt=0, le=30 * 86_400)

    @property
    def document(self) -> dict[str, Any]:
        """As plain JSON."""
        return self.model_dump(mode="json")
