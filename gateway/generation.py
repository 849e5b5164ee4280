"""Generation: the answers of `generate` and `generate_stream`. Source: Triton's "Generate Extension"."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing

import orjson

from core.errors import MalformedRequest, TidegateError
from core.http import JSON_TYPE, Reply, Streamed
from core.oip.generate import write_generate
from core.tensor import InferResponse
from core.wire import write_object

log = logging.getLogger(__name__)
EVENT_TYPE = (b"content-type", b"text/event-stream; charset=utf-8")
# An answer in events is stale at once, and a proxy that collects them defeats its purpose.
_EVENT_HEADERS = [EVENT_TYPE, (b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]
Responses = AsyncGenerator[InferResponse, None]


async def write_only(responses: Responses) -> Reply:
    """The one answer as a reply; raises MalformedRequest when the model gives several."""
    first = await anext(responses)
    async for _ in responses:
        raise MalformedRequest(
            "generate expects the model to produce exactly 1 response, use generate_stream for this one"
        )
    return Reply(200, [JSON_TYPE], write_object(write_generate(first)))


async def begin_events(responses: Responses) -> Streamed:
    """Server-sent events, one for each answer, from the first on: its failure is still a status."""
    try:
        first = write_event(await anext(responses))
    except BaseException:
        await responses.aclose()
        raise
    return Streamed(200, _EVENT_HEADERS, _write_events(first, responses))


async def _write_events(first: bytes, responses: Responses) -> AsyncGenerator[bytes, None]:
    async with aclosing(responses):
        yield first
        try:
            async for response in responses:
                yield write_event(response)
        except TidegateError as error:
            yield write_fault(str(error))
        except Exception:
            log.exception("a stream of events failed")
            yield write_fault("internal error")


def write_event(response: InferResponse) -> bytes:
    """One answer as an event; raises MalformedRequest for what JSON cannot carry."""
    return b"data: %s\n\n" % write_object(write_generate(response))


def write_fault(text: str) -> bytes:
    """The event that ends a stream which failed."""
    return b"data: %s\n\n" % orjson.dumps({"error": text})
