import ml_dtypes
import numpy as np
import pytest
import torch

from core.dtypes import DataType
from core.errors import PredictionFailed, RuntimeUnavailable
from core.signature import Signature, TensorSpec
from core.tensor import Array
from serving.torch_session import TorchSession, choose_device, to_numpy, to_torch


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


def test_an_optional_input_is_left_out_at_the_end_only() -> None:
    def add(
        first: torch.Tensor, second: torch.Tensor | int = 10, third: torch.Tensor | int = 100
    ) -> torch.Tensor:
        return first + second + third

    specs = [TensorSpec(name, DataType.FP32, (-1,), optional=name != "a") for name in "abc"]
    signature = Signature(tuple(specs), (TensorSpec("sum", DataType.FP32, (-1,)),))
    session = TorchSession("m", add, signature, torch.device("cpu"), "")
    one: Array = np.ones(1, np.float32)
    assert session.predict({"a": one})["sum"].tolist() == [111]
    assert session.predict({"a": one, "b": one})["sum"].tolist() == [102]
    with pytest.raises(PredictionFailed, match="'c' cannot be given without 'b'"):
        session.predict({"a": one, "c": one})
