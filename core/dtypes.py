"""The element types of the Open Inference Protocol and their numpy twins.

Source of names and sizes: Open Inference Protocol, "Tensor Data Types"; BF16 is Triton's addition.
"""

from enum import StrEnum

import ml_dtypes
import numpy as np


class DataType(StrEnum):
    """An element type by its protocol name. BYTES elements are `bytes` in an object array."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    BF16 = "BF16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"

    # Enum's own is Python code, and every tensor looks its type up.
    __hash__ = str.__hash__

    @property
    def numpy(self) -> "np.dtype[np.generic]":
        """The numpy dtype, little endian where it has an order."""
        return _NUMPY[self]

    @property
    def itemsize(self) -> int:
        """Bytes of one element; 0 for BYTES, whose elements vary."""
        return _ITEMSIZE[self]

    @property
    def in_json(self) -> bool:
        """Whether JSON may carry it: FP16 and BF16 travel in binary only, as in Triton."""
        return self not in _BINARY_ONLY

    @classmethod
    def of(cls, dtype: "np.dtype[np.generic]") -> "DataType":
        """The protocol's type of a numpy dtype; strings and objects are BYTES. Raises KeyError."""
        if dtype.kind in "OSU":
            return cls.BYTES
        return _OF_NUMPY[dtype.newbyteorder("=")]


_NUMPY: dict[DataType, "np.dtype[np.generic]"] = {
    DataType.BOOL: np.dtype(np.bool_),
    DataType.UINT8: np.dtype("u1"),
    DataType.UINT16: np.dtype("<u2"),
    DataType.UINT32: np.dtype("<u4"),
    DataType.UINT64: np.dtype("<u8"),
    DataType.INT8: np.dtype("i1"),
    DataType.INT16: np.dtype("<i2"),
    DataType.INT32: np.dtype("<i4"),
    DataType.INT64: np.dtype("<i8"),
    DataType.FP16: np.dtype("<f2"),
    DataType.BF16: np.dtype(ml_dtypes.bfloat16),
    DataType.FP32: np.dtype("<f4"),
    DataType.FP64: np.dtype("<f8"),
    DataType.BYTES: np.dtype(np.object_),
}
_BINARY_ONLY = frozenset((DataType.FP16, DataType.BF16))
_ITEMSIZE = {kind: 0 if kind is DataType.BYTES else twin.itemsize for kind, twin in _NUMPY.items()}
_OF_NUMPY = {twin: kind for kind, twin in _NUMPY.items()}
