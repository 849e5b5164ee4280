"""Raw binary requests: a body that is one tensor's bytes and nothing else.

A caller says so by `Inference-Header-Content-Length: 0`. Source: Triton's "Binary Tensor Data Extension",
"Raw Binary Request".
"""

from math import prod

import numpy as np

from core import elements
from core.dtypes import DataType
from core.errors import MalformedRequest
from core.http import Headers, header
from core.oip.exchange import HEADER_LENGTH
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, Tensor


def is_raw(headers: Headers) -> bool:
    """Whether the caller says that its body holds no JSON."""
    said = header(headers, HEADER_LENGTH)
    return said is not None and said.strip() == b"0"


def read_raw(body: bytes, signature: Signature) -> InferRequest:
    """The request in a raw body: one row for the model's one input; every output is wanted in binary.

    A body for a BYTES input is its one element. Raises MalformedRequest when the model has more inputs,
    or more than one free length beside the rows.
    """
    if len(signature.inputs) != 1:
        raise MalformedRequest(
            f"a raw body is for one input; the model has {len(signature.inputs)}"
        )
    (spec,) = signature.inputs
    dims = spec.shape[1:] if signature.batched else spec.shape
    head = (1,) if signature.batched else ()
    if spec.datatype is DataType.BYTES:
        if any(dim not in (-1, 1) for dim in dims):
            raise MalformedRequest(f"a raw body is one element; the model takes {spec.described}")
        array = np.empty((*head, *(1 for _ in dims)), np.object_)
        array.fill(body)
    else:
        shape = (*head, *fill_shape(spec, dims, len(body)))
        array = elements.from_binary(spec.name, spec.datatype, shape, memoryview(body))
    return InferRequest((Tensor(spec.name, spec.datatype, array),), binary_output=True)


def fill_shape(spec: TensorSpec, dims: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The dims with their one free length filled in from the bytes; raises MalformedRequest."""
    free = [index for index, dim in enumerate(dims) if dim < 0]
    if not free:
        return dims
    if len(free) > 1:
        raise MalformedRequest(f"a raw body does not tell the shape of {spec.described}")
    step = prod(dim for dim in dims if dim >= 0) * spec.datatype.itemsize
    if not step or size % step:
        raise MalformedRequest(f"{size} bytes do not fit input '{spec.name}' ({spec.described})")
    return (*dims[: free[0]], size // step, *dims[free[0] + 1 :])
