"""An ensemble as people write it: steps that are models, and the tensors that flow between them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from core.dtypes import DataType
from core.spec import Named, Ref, Spec

TensorName = Annotated[str, Field(min_length=1, max_length=200)]
Wiring = dict[TensorName, TensorName]


def _name(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


class EnsembleTensor(Spec):
    """An input or output of the ensemble. What is not said here is taken from the steps."""

    name: TensorName
    datatype: DataType | None = None
    shape: tuple[Annotated[int, Field(ge=-1)], ...] | None = None


class EnsembleStep(Spec):
    """One model. `inputs` and `outputs` map its own tensors' names to the ensemble's."""

    name: Named
    model: Ref
    inputs: Wiring = Field(default_factory=dict, max_length=1000)
    outputs: Wiring = Field(min_length=1, max_length=1000)


Tensors = tuple[Annotated[EnsembleTensor, BeforeValidator(_name)], ...]


class EnsembleSpec(Spec):
    """The content of `ensemble.json`. A tensor may be written as its name alone."""

    inputs: Tensors = Field(min_length=1, max_length=1000)
    outputs: Tensors = Field(min_length=1, max_length=1000)
    steps: tuple[EnsembleStep, ...] = Field(min_length=1, max_length=100)
