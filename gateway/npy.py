"""One tensor as NumPy's NPY file, format versions 1.0 and 2.0. Pure.

Source: NumPy's documentation, `numpy.lib.format`. The header is matched, not evaluated, and the elements
are a view of the body, so that no header can make us allot more than was sent. Objects (pickles),
structures and NPZ archives are refused.
"""

import io
import re

import numpy as np
from numpy.lib import format as npy

from core.dtypes import DataType
from core.elements import MAX_TEXTS, count_elements
from core.errors import MalformedRequest, SignatureMismatch
from core.signature import Signature, TensorSpec
from core.tensor import Array, InferResponse, Tensor
from gateway.rows import MAX_ROWS

_MAGIC = b"\x93NUMPY"
# Where the header's length stands, by the format's version.
_LENGTHS = {b"\x01\x00": slice(8, 10), b"\x02\x00": slice(8, 12)}
_LONGEST = 4096
_LAST_POINT = 0x10FFFF
_HEADER = re.compile(
    r"\{ *'descr': *'(?P<dtype>[<>|=][biufSU]\d{1,9})', *'fortran_order': *(?P<order>True|False), *"
    r"'shape': *\((?P<shape>[\d, ]*)\),? *\}\s*",
    re.ASCII,
)


def read_npy(body: bytes, signature: Signature) -> Tensor:
    """The model's one input; raises MalformedRequest, and SignatureMismatch on a type that may lose."""
    specs = [spec for spec in signature.inputs if not spec.optional] or list(signature.inputs)
    if len(specs) != 1:
        raise MalformedRequest(f"NPY carries one input, and this model takes {len(specs)}")
    array = _load(body)
    if array.shape and not 0 < len(array) <= MAX_ROWS:
        raise MalformedRequest(f"an array must have 1 to {MAX_ROWS} rows")
    return _fit(array, specs[0])


def write_npy(response: InferResponse) -> bytes:
    """The model's one output; raises MalformedRequest where there are more, or texts."""
    if len(response.outputs) != 1:
        given = len(response.outputs)
        raise MalformedRequest(f"NPY carries one output, and this model gives {given}")
    tensor = response.outputs[0]
    if tensor.datatype is DataType.BYTES:
        raise MalformedRequest(f"output '{tensor.name}': NPY carries no texts; ask for JSON")
    # NPY has no name for BF16; FP32 holds its values.
    array = tensor.array.astype("<f4") if tensor.datatype is DataType.BF16 else tensor.array
    written = io.BytesIO()
    npy.write_array(written, array, allow_pickle=False)
    return written.getvalue()


def _load(body: bytes) -> Array:
    length = _LENGTHS.get(body[6:8])
    if not body.startswith(_MAGIC) or length is None:
        raise MalformedRequest("the request is no NPY of version 1.0 or 2.0")
    end = length.stop + int.from_bytes(body[length], "little")
    text = body[length.stop : min(end, length.stop + _LONGEST)].decode("latin-1")
    found = _HEADER.fullmatch(text)
    if found is None or end > len(body):
        raise MalformedRequest("the NPY's header must describe an array of numbers or texts")
    try:
        flat = np.frombuffer(body, np.dtype(found["dtype"]), offset=end)
        shape = tuple(int(dim) for dim in found["shape"].split(",") if dim.strip())
        if flat.size != count_elements(shape):
            raise MalformedRequest(f"the NPY's shape does not fit its {flat.size} elements")
        return flat.reshape(shape, order="F" if found["order"] == "True" else "C")
    except (ValueError, TypeError, OverflowError) as error:
        raise MalformedRequest(f"failed to parse the NPY: {str(error)[:200]}") from error


def _fit(array: Array, spec: TensorSpec) -> Tensor:
    given = f"{array.dtype}{list(array.shape)}"
    if array.dtype.kind in "SU" or spec.datatype is DataType.BYTES:
        if spec.datatype is not DataType.BYTES or array.dtype.kind not in "SU":
            raise SignatureMismatch(spec.name, spec.described, given)
        return _read_texts(array, spec.name)
    # NumPy's own floats are FP64: one that is asked for less precision loses nothing else.
    is_float = array.dtype.kind == "f" and spec.datatype.numpy.kind == "f"
    if not is_float and not np.can_cast(array.dtype, spec.datatype.numpy, "safe"):
        raise SignatureMismatch(spec.name, spec.described, given)
    if array.dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise MalformedRequest(f"input '{spec.name}': BOOL bytes must be 0 or 1")
    return Tensor(spec.name, spec.datatype, np.asarray(array, spec.datatype.numpy, order="C"))


def _read_texts(array: Array, name: str) -> Tensor:
    if array.size > MAX_TEXTS:
        raise MalformedRequest(f"input '{name}': at most {MAX_TEXTS} texts")
    flat = np.ascontiguousarray(array).reshape(-1)
    points = flat.view(f"{flat.dtype.str[0]}u4") if flat.dtype.kind == "U" else None
    if points is not None and points.max(initial=0) > _LAST_POINT:
        raise MalformedRequest(f"input '{name}': not Unicode text")
    try:
        return Tensor.of(name, array)
    except UnicodeEncodeError as error:  # a lone surrogate
        raise MalformedRequest(f"input '{name}': not Unicode text") from error
