import pytest
from botocore.eventstream import EventStreamBuffer

from gateway.eventstream import write_event, write_exception


@pytest.mark.parametrize("payload", [b"", b"part", bytes(range(256)) * 100])
def test_amazons_own_parser_reads_it(payload: bytes) -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(write_event("PayloadPart", payload))
    (event,) = list(buffer)
    assert event.payload == payload
    assert event.headers[":event-type"] == "PayloadPart"


def test_an_exception_ends_a_stream() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(write_exception("ModelStreamError", 'it said "no"', "ModelError"))
    (event,) = list(buffer)
    assert event.headers[":exception-type"] == "ModelStreamError"
    assert event.payload == b'{"Message":"it said \\"no\\"","ErrorCode":"ModelError"}'
