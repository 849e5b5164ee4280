import pytest

from core.frames import CONTENT_TYPE, Frame, write_frame
from core.wire import Message
from gateway.answering import Answering, begin_answering, read_error_frame
from gateway.flow import Flow
from gateway.upstream import Broken, UpstreamReply
from tests.fakes.upstream import FakeUpstream

pytestmark = pytest.mark.anyio
FRAMES = [(b"content-type", CONTENT_TYPE)]
ONE = Frame(Message(b"one", None))


def make_flow(body: bytes, upstream: FakeUpstream | None = None) -> Flow:
    flow = (upstream or FakeUpstream()).make_flow(200, FRAMES)
    flow.push(body)
    flow.end()
    return flow


async def test_frames_in_any_pieces_are_the_same_frames() -> None:
    flow = FakeUpstream().make_flow(200, FRAMES)
    for byte in write_frame(ONE) * 3:
        flow.push(bytes([byte]))
    flow.end()
    answering = await begin_answering(flow, lambda: None)
    assert isinstance(answering, Answering)
    assert [frame.message.body async for frame in answering] == [b"one"] * 3


async def test_closing_ends_the_flow_and_tells() -> None:
    upstream, told = FakeUpstream(), [0]
    answering = await begin_answering(make_flow(write_frame(ONE), upstream), lambda: told.append(1))
    assert isinstance(answering, Answering)
    answering.close()
    assert (told, len(upstream.released)) == ([0, 1], 1)


async def test_an_ordinary_answer_comes_whole() -> None:
    flow = FakeUpstream().make_flow(200, [])
    flow.push(b"whole")
    flow.end()
    assert await begin_answering(flow, lambda: None) == UpstreamReply(200, [], b"whole")


@pytest.mark.parametrize("body", [b"", b"\x07" * 9, write_frame(ONE)[:-1]])
async def test_what_holds_no_whole_first_frame_is_broken(body: bytes) -> None:
    upstream = FakeUpstream()
    with pytest.raises(Broken) as caught:
        await begin_answering(make_flow(body, upstream), lambda: None)
    assert caught.value.was_sent
    assert len(upstream.released) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [(b'{"error":"x","status":400}', 400), (b'{"error":"x"}', 500), (b"[]", 500), (b"{", 500)],
)
def test_an_error_frame_has_a_status(body: bytes, status: int) -> None:
    assert read_error_frame(Frame(Message(body, None), is_error=True)).status == status
