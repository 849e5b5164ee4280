"""An answering: a replica's answer in frames, from its first frame on."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import orjson

from core.errors import MalformedRequest
from core.frames import CONTENT_TYPE, Frame, FrameReader
from core.http import header
from gateway.flow import Flow
from gateway.upstream import Broken, UpstreamReply, read_reply


class Answering:
    """Frames of one flow. `first` has been read already, so that a flow that dies before it can be told.

    The reader closes it.
    """

    def __init__(
        self, first: Frame, frames: AsyncIterator[Frame], flow: Flow, release: Callable[[], None]
    ) -> None:
        self._first = first
        self._frames = frames
        self._flow = flow
        self._release = release

    async def __aiter__(self) -> AsyncIterator[Frame]:
        """All frames; raises Broken when the flow breaks off or holds no frames, and TimeoutError."""
        yield self._first
        async for frame in self._frames:
            yield frame

    def close(self) -> None:
        """End the flow, once; the replica stops when more was to come."""
        self._flow.close()
        self._release()


async def begin_answering(flow: Flow, release: Callable[[], None]) -> Answering | UpstreamReply:
    """The flow's frames once the first is there; an ordinary answer, or an error, whole.

    `release` is called when an Answering is closed, and only then.
    Raises Broken and TimeoutError. An error in the first frame becomes the reply it would have been.
    """
    if flow.status != 200 or header(flow.headers, b"content-type") != CONTENT_TYPE:
        return await read_reply(flow)
    try:
        frames = cut_frames(flow)
        first = await anext(frames)
        if not first.is_error:
            return Answering(first, frames, flow, release)
    except BaseException:
        flow.close()
        raise
    flow.close()
    return read_error_frame(first)


async def cut_frames(flow: Flow) -> AsyncIterator[Frame]:
    """The flow's frames; raises Broken when it breaks off, is empty, or holds something else."""
    reader = FrameReader()
    is_empty = True
    try:
        async for piece in flow:
            for frame in reader.feed(piece):
                is_empty = False
                yield frame
    except MalformedRequest as error:
        raise Broken(str(error), is_refused=False, was_sent=True) from error
    if is_empty or not reader.is_between:
        raise Broken("its answer breaks off", is_refused=False, was_sent=True)


def read_error_frame(frame: Frame) -> UpstreamReply:
    """The reply that the error of a last frame would have been: `{"error": ..., "status": int}`."""
    status = 500
    with suppress(orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        status = int(orjson.loads(frame.message.body)["status"])
    return UpstreamReply(status, [], frame.message.body)
