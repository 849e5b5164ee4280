import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MalformedRequest
from core.frames import Frame, FrameReader, write_frame
from core.wire import Message

FRAMES = [
    Frame(Message(b'{"a":1}', None)),
    Frame(Message(b'{"a":1}\x00\x01', 7)),
    Frame(Message(b'{"error":"x"}', None), is_error=True),
]


@given(st.integers(1, 40))
def test_frames_survive_any_cut(size: int) -> None:
    data = b"".join(map(write_frame, FRAMES))
    reader = FrameReader()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == FRAMES
    assert reader.is_between


def test_a_frame_that_is_cut_off_is_noticed() -> None:
    reader = FrameReader()
    assert list(reader.feed(write_frame(FRAMES[0])[:-1])) == []
    assert not reader.is_between


@pytest.mark.parametrize("data", [b"\x07" + bytes(8), b"\x00" + b"\xff" * 8])
def test_bytes_that_are_no_frame_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedRequest):
        list(FrameReader(limit_bytes=100).feed(data))
