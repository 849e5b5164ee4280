import numpy as np
import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec, SignatureMismatch
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, RequestedOutput, Tensor

FEATURES = TensorSpec("features", DataType.FP32, (-1, 4))
MASK = TensorSpec("mask", DataType.BOOL, (-1,), optional=True)
SCORES = TensorSpec("scores", DataType.FP32, (-1, 2))
SIGNATURE = Signature((FEATURES, MASK), (SCORES,), batched=True)


def ask(**arrays: object) -> InferRequest:
    return InferRequest(tuple(Tensor.of(name, array) for name, array in arrays.items()))


def rows(count: int, width: int = 4) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return np.zeros((count, width), np.float32)


def test_fitting_requests_pass() -> None:
    SIGNATURE.check(ask(features=rows(3)))
    SIGNATURE.check(ask(features=rows(3), mask=np.ones(3, bool)))
    SIGNATURE.check(ask(features=rows(0)))


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ask(features=rows(2, 3)), r"'features': expected FP32\[-1, 4\], given FP32\[2, 3\]"),
        (ask(features=rows(2).astype(float)), r"expected FP32\[-1, 4\], given FP64\[2, 4\]"),
        (ask(features=rows(2)[0]), r"given FP32\[4\]"),
        (ask(other=rows(2)), "'other': expected one of the inputs 'features', 'mask'"),
        (ask(mask=np.ones(1, bool)), r"'features': expected FP32\[-1, 4\], given nothing"),
        (ask(features=rows(2), mask=np.ones(3, bool)), "'mask': expected 2 rows"),
    ],
)
def test_the_first_misfit_is_named(request_: InferRequest, says: str) -> None:
    with pytest.raises(SignatureMismatch, match=says):
        SIGNATURE.check(request_)


def test_an_unknown_output_is_named() -> None:
    request = InferRequest(ask(features=rows(1)).inputs, (RequestedOutput("nope"),))
    with pytest.raises(SignatureMismatch, match="'nope': expected one of the outputs 'scores'"):
        SIGNATURE.check(request)


def test_a_batched_signature_needs_a_free_first_dimension() -> None:
    with pytest.raises(InvalidSpec, match="first dimension"):
        Signature((TensorSpec("x", DataType.FP32, (1, 2)),), (SCORES,), batched=True)


def test_a_name_stands_once() -> None:
    with pytest.raises(InvalidSpec, match="twice"):
        Signature((FEATURES, FEATURES), (SCORES,))
