import numpy as np
import pytest

from core.dtypes import DataType


@pytest.mark.parametrize("datatype", DataType)
def test_numpy_and_back(datatype: DataType) -> None:
    assert DataType.of(datatype.numpy) is datatype


def test_sizes_are_the_protocols() -> None:
    sizes = {kind.value: kind.itemsize for kind in DataType}
    assert sizes == {
        "BOOL": 1, "UINT8": 1, "UINT16": 2, "UINT32": 4, "UINT64": 8, "INT8": 1, "INT16": 2, "INT32": 4,
        "INT64": 8, "FP16": 2, "BF16": 2, "FP32": 4, "FP64": 8, "BYTES": 0,
    }  # fmt: skip


def test_a_dtype_outside_the_protocol_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        DataType.of(np.dtype(np.complex64))


def test_strings_are_bytes() -> None:
    assert DataType.of(np.array(["a"]).dtype) is DataType.BYTES
