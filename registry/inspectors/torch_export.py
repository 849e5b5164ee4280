"""Programs of `torch.export`: names, types and dynamic dimensions are in the program itself."""

from pathlib import Path
from typing import Any

from core.dtypes import DataType
from core.errors import InvalidSpec, PackageCorrupt
from core.signature import Signature, TensorSpec
from registry.inspector import Inspection


class TorchExportInspector:
    """`.pt2`, as `torch.export.save` writes it. PyTorch reads it, so package only what you trust."""

    def inspect(self, source: Path) -> Inspection:
        """As `Inspector` says."""
        program = _load(source)
        values = {node.name: node.meta.get("val") for node in program.graph.nodes}
        given = [_read(name, values[name]) for name in program.graph_signature.user_inputs]
        made = program.graph_signature.user_outputs
        outputs = [
            _read(name, values[node])
            for name, node in zip(_name_outputs(program, len(made)), made, strict=True)
        ]
        firsts = {str(values[name].shape[0]) for name in (*program.graph_signature.user_inputs, *made)
                  if len(values[name].shape)}  # fmt: skip
        free = all(spec.shape[:1] == (-1,) for spec in (*given, *outputs))
        batched = free and len(firsts) == 1
        told = "batched" if batched else "not batched"
        return Inspection(
            signature=Signature(tuple(given), tuple(outputs), batched=batched),
            runtime="torch_export",
            platform="pytorch_export",
            notes=(f"{told}: the first dimensions are {', '.join(sorted(firsts))}",),
        )


def _load(source: Path) -> Any:
    import torch  # noqa: PLC0415 - seconds, and only packages of this kind need it

    try:
        return torch.export.load(source)
    except Exception as error:  # PyTorch raises plain errors of many kinds
        raise PackageCorrupt(
            source.name, f"not a program of torch.export ({error})"[:300]
        ) from error


def _name_outputs(program: Any, count: int) -> list[str]:
    """The keys of a dictionary of outputs, else `output_0`, `output_1`, ..."""
    spec = program.call_spec.out_spec
    keys = getattr(spec, "context", None)
    if spec.type is dict and isinstance(keys, list) and len(keys) == count:
        return [str(key) for key in keys]
    return [f"output_{index}" for index in range(count)]


def _read(name: str, value: Any) -> TensorSpec:
    import torch  # noqa: PLC0415 - as above

    if not isinstance(value, torch.Tensor):
        raise InvalidSpec("PyTorch program", {name: "only tensors can be served"})
    if value.dtype is torch.bfloat16:
        kind = DataType.BF16
    else:
        try:
            kind = DataType.of(torch.empty(0, dtype=value.dtype).numpy().dtype)
        except (KeyError, TypeError) as error:
            fault = f"{value.dtype} has no protocol type"
            raise InvalidSpec("PyTorch program", {name: fault}) from error
    # A dynamic dimension is symbolic, whatever its type says.
    dims: tuple[Any, ...] = tuple(value.shape)
    return TensorSpec(name, kind, tuple(dim if type(dim) is int else -1 for dim in dims))
