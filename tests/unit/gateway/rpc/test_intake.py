from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tritonclient.grpc import service_pb2 as pb

from core.dtypes import DataType
from core.errors import MalformedRequest, PayloadTooLarge
from core.tensor import InferRequest, InferResponse, Tensor
from gateway.rpc.codec import INLINE_TYPED, WORTH_CUTTING, open_request
from gateway.rpc.intake import Intake, limit_time
from gateway.scribe import INLINE_TEXTS, Limits, Scribe

pytestmark = pytest.mark.anyio
LIMIT = 2**20


@pytest.fixture
async def intake() -> AsyncIterator[Intake]:
    scribe = Scribe(Limits(LIMIT, LIMIT))
    yield Intake(scribe)
    await scribe.aclose()


def pack(message: Any) -> Any:
    return open_request(message.SerializeToString())


def make_typed(count: int) -> Any:
    tensor = {"name": "x", "datatype": "INT32", "shape": [count]}
    message = pb.ModelInferRequest(id="7", inputs=[tensor])
    message.inputs[0].contents.int_contents.extend([7] * count)
    return message


async def test_big_typed_contents_are_read_in_a_process(intake: Intake) -> None:
    parcel = pack(make_typed(INLINE_TYPED + 1))
    request = await intake.read(parcel, None)
    assert parcel.typed
    assert request.inputs[0] == Tensor.of("x", np.full(INLINE_TYPED + 1, 7, np.int32))
    assert request.id == "7"


async def test_too_many_typed_contents_are_refused(intake: Intake) -> None:
    with pytest.raises(PayloadTooLarge):
        await intake.read(pack(make_typed(LIMIT + 1)), None)


async def test_many_texts_go_both_ways(intake: Intake) -> None:
    texts = Tensor("x", DataType.BYTES, np.array([b"abc"] * 100_000, np.object_))
    sealed = await intake.write(InferResponse("m", "1", (texts,)))
    answer = pb.ModelInferResponse.FromString(sealed)
    assert texts.array.size > INLINE_TEXTS
    given = [{"name": "x", "datatype": "BYTES", "shape": [100_000]}]
    message = pb.ModelInferRequest(inputs=given, raw_input_contents=answer.raw_output_contents)
    assert (await intake.read(pack(message), None)).inputs == (texts,)


async def test_big_raw_contents_are_not_copied(intake: Intake) -> None:
    given = [{"name": "x", "datatype": "UINT8", "shape": [WORTH_CUTTING]}]
    message = pb.ModelInferRequest(inputs=given, raw_input_contents=[bytes(WORTH_CUTTING)])
    request = await intake.read(pack(message), None)
    assert not request.inputs[0].array.flags.owndata


@pytest.mark.parametrize(
    ("asked", "left_s", "timeout"), [({}, 2.0, 2_000_000), ({"timeout": 5}, 2.0, 5), ({}, -1.0, 1)]
)
def test_the_shorter_time_counts(asked: dict[str, Any], left_s: float, timeout: int) -> None:
    request = InferRequest((), parameters=asked)
    assert limit_time(request, left_s).parameters["timeout"] == timeout


def test_a_timeout_that_is_none_is_refused() -> None:
    with pytest.raises(MalformedRequest, match="timeout"):
        limit_time(replace(InferRequest(()), parameters={"timeout": "soon"}), 1.0)
