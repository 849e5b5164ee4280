import numpy as np
import pytest

from core.classification import classify, classify_outputs
from core.errors import MalformedRequest
from core.tensor import InferRequest, InferResponse, RequestedOutput, Tensor

SCORES = Tensor.of("scores", np.array([[0.1, 0.7, 0.2], [0.5, 0.5, 0.0]], np.float32))


def test_the_highest_come_first_with_their_labels() -> None:
    assert classify(SCORES, 2, ("a", "b", "c")).array.tolist() == [
        [b"0.700000:1:b", b"0.200000:2:c"],
        [b"0.500000:0:a", b"0.500000:1:b"],
    ]


def test_more_than_there_are_gives_all() -> None:
    assert classify(SCORES, 9).shape == (2, 3)
    assert classify(Tensor.of("n", [3, 9]), 1).array.tolist() == [b"9:1"]


@pytest.mark.parametrize("tensor", [Tensor.of("x", ["a"]), Tensor.of("x", 1.0)])
def test_what_has_no_classes_is_refused(tensor: Tensor) -> None:
    with pytest.raises(MalformedRequest, match="no classes"):
        classify(tensor, 1)


def test_only_the_outputs_that_ask_are_replaced() -> None:
    response = InferResponse("m", "1", (SCORES, Tensor.of("other", [1.0])))
    request = InferRequest(
        (), (RequestedOutput("scores", classification=1), RequestedOutput("other"))
    )
    classified = classify_outputs(request, response, {"scores": ("a", "b", "c")})
    assert classified.outputs[0].array.tolist() == [[b"0.700000:1:b"], [b"0.500000:0:a"]]
    assert classified.outputs[1] is response.outputs[1]
    assert classify_outputs(InferRequest(()), response, {}) is response
