"""Tensors between numpy and ONNX Runtime: text, and BF16, which numpy has not got."""

import ctypes
from typing import Any

import numpy as np
import onnxruntime

from core.dtypes import DataType
from core.tensor import Array

TEXT = "tensor(string)"
BF16 = "tensor(bfloat16)"
# `TensorProto.BFLOAT16` of the ONNX standard; the package `onnx` is no dependency of a replica.
_BF16_CODE = 16


def bind_input(binding: Any, name: str, array: Array) -> None:
    """Bind an input of an `IOBinding`: it copies to the session's device, where that is another one."""
    if array.dtype == DataType.BF16.numpy:
        bits = np.ascontiguousarray(array).reshape(array.shape).view(np.uint16)
        value = onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(bits, _BF16_CODE)
        binding.bind_ortvalue_input(name, value)
    else:
        binding.bind_cpu_input(name, array)


def take_value(value: Any) -> Array:
    """An array of one's own from an `OrtValue` in the CPU's memory."""
    if value.data_type() != BF16:
        found: Array = value.numpy()
        return found
    out = np.empty(value.shape(), DataType.BF16.numpy)
    if out.nbytes:
        ctypes.memmove(out.ctypes.data, value.data_ptr(), out.nbytes)
    return out


def read_text(array: Array) -> Array:
    """BYTES as the strings that ONNX Runtime takes; raises UnicodeDecodeError."""
    texts = [element.decode() for element in array.ravel().tolist()]
    return np.array(texts, np.object_).reshape(array.shape)


def write_text(array: Array) -> Array:
    """ONNX Runtime's strings as BYTES."""
    out = np.empty(array.size, np.object_)
    out[:] = [str(element).encode() for element in array.ravel().tolist()]
    return out.reshape(array.shape)
