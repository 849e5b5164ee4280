"""What a model takes and gives: named tensors with element types and shapes, -1 for any length."""

from dataclasses import dataclass

from core.dtypes import DataType
from core.errors import InvalidSpec, SignatureMismatch
from core.tensor import InferRequest, Tensor


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output. `features` names the columns of the last dimension, where they have names.

    `labels` gives an output's class names by index.
    """

    name: str
    datatype: DataType
    shape: tuple[int, ...]
    features: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    optional: bool = False

    @property
    def described(self) -> str:
        """Type and shape for people: `FP32[-1, 30]`."""
        return f"{self.datatype}{list(self.shape)}"

    def admits(self, tensor: Tensor) -> bool:
        """Whether the tensor has this element type and a shape within this one."""
        shape = tensor.array.shape
        if tensor.datatype is not self.datatype or len(shape) != len(self.shape):
            return False
        # A generator's frame costs more than the comparing.
        for want, got in zip(self.shape, shape, strict=True):  # noqa: SIM110 - see above
            if want not in (-1, got):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """Inputs and outputs of a model. `batched`: all of them share a free first dimension, rows.

    `streaming`: one request may be answered in several pieces, each with these outputs.
    """

    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    batched: bool = False
    streaming: bool = False

    def __post_init__(self) -> None:
        faults: dict[str, str] = {}
        for side, specs in (("inputs", self.inputs), ("outputs", self.outputs)):
            if len({spec.name for spec in specs}) != len(specs):
                faults[side] = "a name stands twice"
            if any(dim < -1 for spec in specs for dim in spec.shape):
                faults[side] = "a dimension is below -1"
            if self.batched and any(spec.shape[:1] != (-1,) for spec in specs):
                faults[side] = "batched, and a first dimension is not -1"
        if faults:
            raise InvalidSpec("signature", faults)

    def input(self, name: str) -> TensorSpec | None:
        """The input of this name."""
        for spec in self.inputs:
            if spec.name == name:
                return spec
        return None

    def check(self, request: InferRequest) -> None:
        """Raise SignatureMismatch unless the request's tensors fit; the first misfit is named."""
        for tensor in request.inputs:
            spec = self.input(tensor.name)
            if spec is None:
                names = ", ".join(f"'{known.name}'" for known in self.inputs)
                raise SignatureMismatch(
                    tensor.name, f"one of the inputs {names}", "an unknown input"
                )
            if not spec.admits(tensor):
                raise SignatureMismatch(tensor.name, spec.described, tensor.described)
        if len(request.inputs) < len(self.inputs):
            self._check_missing(request)
        if self.batched and len(request.inputs) > 1:
            _check_rows(request)
        for output in request.outputs:
            if all(output.name != known.name for known in self.outputs):
                names = ", ".join(f"'{known.name}'" for known in self.outputs)
                raise SignatureMismatch(
                    output.name, f"one of the outputs {names}", "an unknown output"
                )

    def _check_missing(self, request: InferRequest) -> None:
        given = {tensor.name for tensor in request.inputs}
        for spec in self.inputs:
            if spec.name not in given and not spec.optional:
                raise SignatureMismatch(spec.name, spec.described, "nothing")


def _check_rows(request: InferRequest) -> None:
    rows = request.rows
    for tensor in request.inputs:
        if tensor.array.shape[0] != rows:
            expected = f"{rows} rows, as input '{request.inputs[0].name}' has"
            raise SignatureMismatch(tensor.name, expected, f"{tensor.array.shape[0]} rows")
