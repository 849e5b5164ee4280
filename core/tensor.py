"""Named tensors, and the requests and responses made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.dtypes import DataType

Parameter = str | int | float | bool
Array = np.ndarray[Any, np.dtype[Any]]
# A plain one, since requests travel between processes; nobody may write to it.
NO_PARAMETERS: Mapping[str, Parameter] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """A named array. `array` has `datatype.numpy` as its dtype and may be read-only.

    Equality is of values: same name, type, shape and elements, where NaN equals NaN.
    """

    name: str
    datatype: DataType
    array: Array

    @property
    def shape(self) -> tuple[int, ...]:
        """The array's shape."""
        shape: tuple[int, ...] = self.array.shape
        return shape

    @property
    def described(self) -> str:
        """Type and shape for people: `FP32[4, 30]`."""
        return f"{self.datatype}{list(self.array.shape)}"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        if (self.name, self.datatype, self.shape) != (other.name, other.datatype, other.shape):
            return False
        if self.datatype is DataType.BYTES:
            return bool((self.array == other.array).all())
        return self.array.tobytes() == other.array.tobytes()

    def __hash__(self) -> int:
        return hash((self.name, self.datatype, self.shape))

    @classmethod
    def of(cls, name: str, values: object) -> "Tensor":
        """A tensor of any array-like; strings become UTF-8 BYTES. Raises KeyError on odd dtypes."""
        array = np.asarray(values)
        datatype = DataType.of(array.dtype)
        if datatype is DataType.BYTES:
            return cls(name, datatype, _as_bytes(array))
        return cls(name, datatype, np.ascontiguousarray(array, datatype.numpy).reshape(array.shape))


def _as_bytes(array: Array) -> Array:
    flat = [v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel().tolist()]
    out = np.empty(len(flat), np.object_)
    out[:] = flat
    return out.reshape(array.shape)


@dataclass(frozen=True, slots=True)
class RequestedOutput:
    """An output that the caller named. `binary` is None where the caller did not say."""

    name: str
    binary: bool | None = None
    classification: int = 0


@dataclass(frozen=True, slots=True)
class InferRequest:
    """What a caller asks of an endpoint. No `outputs` means all of them."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[RequestedOutput, ...] = ()
    id: str = ""
    binary_output: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: NO_PARAMETERS)

    @property
    def rows(self) -> int:
        """Rows of the first input (its first dimension), 1 for a scalar."""
        shape = self.inputs[0].array.shape if self.inputs else ()
        return shape[0] if shape else 1

    def wants_binary(self, output: str) -> bool:
        """Whether the caller wants this output in binary; its own word goes before the default."""
        for wanted in self.outputs:
            if wanted.name == output:
                return self.binary_output if wanted.binary is None else wanted.binary
        return self.binary_output


@dataclass(frozen=True, slots=True)
class InferResponse:
    """What a model answered."""

    model_name: str
    model_version: str
    outputs: tuple[Tensor, ...]
    id: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: NO_PARAMETERS)
