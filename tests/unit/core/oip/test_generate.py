from typing import Any

import numpy as np
import orjson
import pytest

from core.dtypes import DataType
from core.errors import MalformedRequest
from core.oip.generate import read_generate, write_generate
from core.signature import Signature, TensorSpec
from core.tensor import InferRequest, InferResponse, Tensor

TEXT = Signature(
    (
        TensorSpec("text_input", DataType.BYTES, (-1, 1)),
        TensorSpec("scale", DataType.FP32, (-1, 2, -1), optional=True),
    ),
    (TensorSpec("text_output", DataType.BYTES, (-1, 1)),),
    batched=True,
)
FLAT = Signature((TensorSpec("n", DataType.INT64, ()),), TEXT.outputs)


def read(document: Any, signature: Signature = TEXT) -> InferRequest:
    return read_generate(orjson.dumps(document), signature)


def test_inputs_become_tensors_and_the_rest_parameters() -> None:
    request = read(
        {"id": "7", "text_input": "hello", "stream": False, "parameters": {"max_tokens": 3}}
    )
    (text,) = request.inputs
    assert (text.shape, text.array.item(), request.id) == ((1, 1), b"hello", "7")
    assert request.parameters == {"max_tokens": 3, "stream": False}


@pytest.mark.parametrize(
    "value", [[1, 2, 3, 4], [[1, 2], [3, 4]], [[[1, 2], [3, 4]]]], ids=["flat", "row", "whole"]
)
def test_a_list_takes_the_inputs_shape(value: Any) -> None:
    scale = read({"text_input": "x", "scale": value}).inputs[1]
    assert scale.shape == (1, 2, 2)
    assert scale.array.ravel().tolist() == [1, 2, 3, 4]


def test_a_scalar_input_takes_a_scalar() -> None:
    assert read({"n": 3}, FLAT).inputs[0].shape == ()


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"text_input": 3},
        {"scale": [[1], 2]},
        {"n": [1, 2]},
        {"scale": [1, 2, 3]},
        {"parameters": []},
        {"other": {"nested": 1}},
        {"triton_magic": 1},
        {"id": 1.5},
    ],
)
def test_what_fits_nothing_is_malformed(document: Any) -> None:
    signature = FLAT if isinstance(document, dict) and "n" in document else TEXT
    with pytest.raises(MalformedRequest):
        read(document, signature)


def test_one_element_is_written_as_a_scalar() -> None:
    outputs = (
        Tensor.of("text_output", [[b"hi"]]),
        Tensor("scores", DataType.FP32, np.array([[0.5, 0.25]], "f4")),
    )
    written = write_generate(InferResponse("m", "2", outputs, "7", {"final": True}))
    assert written == {
        "model_name": "m", "model_version": "2", "id": "7", "final": True,
        "text_output": "hi", "scores": [0.5, 0.25],
    }  # fmt: skip
