"""Streamed answers of the replica's server; the rest of it is in test_server."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pytest

from core import wire
from core.batching import Batching
from core.frames import CONTENT_TYPE, Frame, FrameReader
from core.http import Event
from core.tensor import Parameter
from serving.batch import Arrays
from serving.batcher import Batcher
from serving.door import Door
from serving.server import ReplicaServer
from serving.streamer import Streamer
from tests.fakes.runtime import FakeRuntime
from tests.unit.serving.test_server import BODY, CLOCK, PROOF, SECRET, SERVED

pytestmark = pytest.mark.anyio
FRAMES = (b"accept", CONTENT_TYPE)
PATH = "/v2/models/iris/infer"


def count(inputs: Arrays, parameters: Mapping[str, Parameter]) -> Iterator[Arrays]:
    for number in range(int(parameters.get("steps", 3))):
        yield {"y": np.asarray(inputs["x"]) * number}
    if parameters.get("fail"):
        raise ZeroDivisionError("oops")


async def stream(body: bytes = BODY, *extra: tuple[bytes, bytes], path: str = PATH) -> list[Event]:
    sent: list[Event] = []

    async def receive() -> Event:
        return {"type": "http.request", "body": body}

    async def send(event: Event) -> None:
        sent.append(event)

    batcher = Batcher("iris", [FakeRuntime().predict], Batching(), batched=True, typical_s=0.0)
    streamer = Streamer("iris", count, workers=1, limit=8)
    door = Door("iris-main-1", lambda: (SECRET,), CLOCK)
    server = ReplicaServer(SERVED, batcher, door, "0.1.0", streamer)
    headers = [*extra, PROOF, FRAMES]
    await server(
        {"type": "http", "method": "POST", "path": path, "headers": headers}, receive, send
    )
    assert server.in_flight == 0
    batcher.close()
    streamer.close()
    return sent


def read(sent: list[Event]) -> list[Frame]:
    reader = FrameReader()
    frames = [frame for event in sent[1:] for frame in reader.feed(event["body"])]
    assert reader.is_between
    return frames


def ask(**parameters: object) -> bytes:
    return json.dumps({**json.loads(BODY), "parameters": parameters}).encode()


async def test_each_piece_is_a_frame() -> None:
    sent = await stream()
    assert (sent[0]["status"], sent[0]["headers"]) == (200, [(b"content-type", CONTENT_TYPE)])
    answers = [
        wire.decode_response(one.message.body, one.message.header_length) for one in read(sent)
    ]
    assert [float(answer.outputs[0].array[0, 1]) for answer in answers] == [0.0, 3.0, 6.0]


async def test_an_error_after_the_first_piece_is_the_last_frame() -> None:
    *answers, last = read(await stream(ask(fail=True)))
    assert len(answers) == 3
    assert last.is_error
    document = json.loads(last.message.body)
    assert document["status"] == 500
    assert "oops" in document["error"]


async def test_an_error_before_the_first_piece_is_an_ordinary_answer() -> None:
    sent = await stream(ask(steps=0, fail=True))
    assert sent[0]["status"] == 500
    assert "oops" in json.loads(sent[1]["body"])["error"]


async def test_no_piece_at_all_is_an_answer_too() -> None:
    sent = await stream(ask(steps=0))
    assert (sent[0]["status"], read(sent)) == (200, [])


@pytest.mark.parametrize(
    ("body", "path", "status"), [(b"{", PATH, 400), (BODY, "/v2/models/x/infer", 404)]
)
async def test_what_is_wrong_is_told_as_ever(body: bytes, path: str, status: int) -> None:
    assert (await stream(body, path=path))[0]["status"] == status
