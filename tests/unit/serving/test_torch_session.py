import ml_dtypes
import numpy as np
import pytest
import torch

from core.dtypes import DataType
from core.errors import RuntimeUnavailable
from serving.torch_session import choose_device, to_numpy, to_torch


@pytest.mark.parametrize("kind", [kind for kind in DataType if kind is not DataType.BYTES], ids=str)
def test_every_type_survives_the_way_there_and_back(kind: DataType) -> None:
    array = np.array([[0, 1], [1, 0]]).astype(kind.numpy)
    back = to_numpy(to_torch(array), kind)
    assert back.dtype == kind.numpy
    np.testing.assert_array_equal(back.astype("f4"), array.astype("f4"))


def test_what_may_not_be_written_is_copied() -> None:
    array = np.ones(3, np.float32)
    array.flags.writeable = False
    to_torch(array).add_(1)
    assert array.tolist() == [1, 1, 1]


def test_bfloat16_becomes_what_the_signature_says() -> None:
    found = to_numpy(torch.ones(2, dtype=torch.bfloat16), DataType.FP32)
    assert found.dtype == np.float32
    assert to_torch(np.ones(2, ml_dtypes.bfloat16)).dtype is torch.bfloat16


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA")
def test_cuda_is_never_given_up_silently() -> None:
    assert choose_device("torch_export", "auto").type == "cpu"
    with pytest.raises(RuntimeUnavailable):
        choose_device("torch_export", "cuda")
