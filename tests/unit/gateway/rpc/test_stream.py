import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
import tritonclient.grpc.aio as triton
from tritonclient.grpc import service_pb2 as pb

from core import wire
from core.frames import CONTENT_TYPE, Frame, write_frame
from core.tensor import InferResponse
from gateway.entrance import PrivateEntrance
from gateway.rpc.stream import read_sequence
from gateway.upstream import UpstreamReply
from tests.fakes.gateway import (
    ANSWER,
    SIGNATURE,
    FakeGateway,
    make_directory,
    make_reply,
    make_resident,
)
from tests.fakes.rpc import calling, listening, make_input, make_message

pytestmark = pytest.mark.anyio
PRIVATE = PrivateEntrance("open")
WANTED = {"triton_enable_empty_final_response": pb.InferParameter(bool_param=True)}


@pytest.fixture
def gateway() -> FakeGateway:
    return FakeGateway()


async def ask(gateway: FakeGateway, *messages: Any) -> list[Any]:
    """All answers to these messages on one stream."""

    async def send() -> AsyncIterator[bytes]:
        for message in messages:
            yield message if isinstance(message, bytes) else message.SerializeToString()

    async with calling(gateway, PRIVATE, "ModelStreamInfer") as call:
        return [pb.ModelStreamInferResponse.FromString(one) async for one in call(send())]


def list_finals(answers: list[Any]) -> list[bool]:
    return [one.infer_response.parameters["triton_final_response"].bool_param for one in answers]


def make_streaming(gateway: FakeGateway, *frames: Frame) -> None:
    """The model streams, and its replica sends these frames."""
    resident = replace(make_resident(), signature=replace(SIGNATURE, streaming=True))
    gateway.follower.adopt(make_directory(resident))
    flow = gateway.upstream.make_flow(200, [(b"content-type", CONTENT_TYPE)])
    flow.push(b"".join(map(write_frame, frames)))
    flow.end()
    gateway.upstream.flows["r1:80"] = flow


PIECE = Frame(wire.encode_response(InferResponse("iris", "1", ANSWER), lambda _output: True))


def fail_at(number: int) -> Callable[[bytes], Awaitable[UpstreamReply]]:
    asked = 0

    async def answer(_message: bytes) -> UpstreamReply:
        nonlocal asked
        asked += 1
        if asked == number:
            return UpstreamReply(500, [], b'{"error": "it broke"}')
        return make_reply()

    return answer


async def test_an_error_is_its_own_requests_and_ends_nothing_else(gateway: FakeGateway) -> None:
    gateway.upstream.answers["r1:80"] = fail_at(2)
    answers = await ask(gateway, *(make_message(str(number)) for number in range(3)))
    assert [one.error_message for one in answers] == ["", "it broke", ""]
    assert [one.infer_response.id for one in answers] == ["0", "1", "2"]
    assert b'listener="private_grpc",name="iris",status="500"} 1' in gateway.metrics.write()


async def test_what_cannot_be_read_is_told_and_the_stream_goes_on(gateway: FakeGateway) -> None:
    unknown = make_message("u")
    unknown.model_name = "nobody"
    answers = await ask(gateway, b"\xff", unknown, make_message("7"))
    assert "not a ModelInferRequest" in answers[0].error_message
    assert "unknown model" in answers[1].error_message
    assert (answers[1].infer_response.id, answers[2].infer_response.id) == ("u", "7")


async def test_the_unmodified_client_reads_it(gateway: FakeGateway) -> None:
    async def send() -> AsyncIterator[dict[str, Any]]:
        for name in ("iris", "nobody"):
            yield {"model_name": name, "inputs": [make_input()]}

    async with (
        listening(gateway, PRIVATE) as address,
        triton.InferenceServerClient(address) as client,
    ):
        got = [pair async for pair in client.stream_infer(send())]
    assert got[0][0].as_numpy("scores").tolist() == [[0.25, 0.75]]
    assert "unknown model" in str(got[1][1])


async def test_the_only_answer_is_the_last_one(gateway: FakeGateway) -> None:
    assert list_finals(await ask(gateway, make_message(**WANTED))) == [True]


@pytest.mark.parametrize(("wanted", "finals"), [(WANTED, [False, False, True]), ({}, [False] * 2)])
async def test_a_model_that_streams_answers_in_pieces(
    gateway: FakeGateway, wanted: dict[str, Any], finals: list[bool]
) -> None:
    make_streaming(gateway, PIECE, PIECE)
    answers = await ask(gateway, make_message("7", **wanted))
    assert list_finals(answers) == finals
    assert {one.infer_response.id for one in answers} == {"7"}


async def test_an_error_between_two_pieces_is_told(gateway: FakeGateway) -> None:
    failure = wire.Message(b'{"error": "it broke", "status": 500}', None)
    make_streaming(gateway, PIECE, Frame(failure, is_error=True))
    answers = await ask(gateway, make_message())
    assert [one.error_message for one in answers] == ["", "it broke"]


async def test_each_request_is_captured_under_its_own_id() -> None:
    gateway = FakeGateway(share=1.0)
    await ask(gateway, make_message(), make_message())
    ids = [record.inference_id for record in gateway.tap.records]
    assert [one.rpartition("-")[2] for one in ids] == ["1", "2"]
    assert gateway.budget.held_bytes == 0


async def test_a_client_that_leaves_ends_all_work_and_holds_nothing(gateway: FakeGateway) -> None:
    came, left = asyncio.Event(), asyncio.Event()

    async def wait(_message: bytes) -> UpstreamReply:
        came.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        raise AssertionError

    gateway.upstream.answers["r1:80"] = wait
    async with calling(gateway, PRIVATE, "ModelStreamInfer") as call:
        stream = call()
        for _ in range(2):
            message = make_message(sequence_id=pb.InferParameter(int64_param=5))
            await stream.write(message.SerializeToString())
        await came.wait()
        stream.cancel()
        await left.wait()
    assert gateway.budget.held_bytes == 0
    assert b'status="499"} 2' in gateway.metrics.write()


@pytest.mark.parametrize(
    ("parameters", "sequence"),
    [
        ({}, None),
        ({"sequence_id": pb.InferParameter(int64_param=0)}, None),
        ({"sequence_id": pb.InferParameter()}, None),
        ({"sequence_id": pb.InferParameter(int64_param=5)}, ("iris", 5)),
        ({"sequence_id": pb.InferParameter(string_param="s")}, ("iris", "s")),
    ],
)
def test_requests_of_one_sequence_are_known(parameters: Any, sequence: object) -> None:
    assert read_sequence(make_message(**parameters)) == sequence
