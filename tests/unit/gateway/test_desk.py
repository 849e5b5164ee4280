import pytest

from core.errors import MalformedRequest
from gateway.desk import body_path, keep_headers, keep_trace, read_expiry, reply_path
from tests.fakes.traced import SPAN_ID, TRACE_ID, make_trace


def test_only_headers_of_the_body_are_kept() -> None:
    headers = [(b"authorization", b"Bearer secret"), (b"content-encoding", b"gzip")]
    assert keep_headers(headers) == {"content-encoding": "gzip"}


def test_a_request_and_its_answer_lie_side_by_side() -> None:
    assert body_path("abcd") == "ab/abcd.request"
    assert reply_path("abcd") == "ab/abcd.reply"


def test_who_says_nothing_gets_the_usual_time() -> None:
    assert read_expiry([], 60.0) == 60.0
    assert read_expiry([(b"x-tidegate-expires-s", b"5")], 60.0) == 5.0


@pytest.mark.parametrize("said", [b"", b"-1", b"1.5", b"604801", b"9" * 5000])
def test_a_time_that_makes_no_sense_is_refused(said: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_expiry([(b"x-tidegate-expires-s", said)], 60.0)


def test_the_trace_is_kept_with_the_request() -> None:
    assert keep_trace(None) == {}
    kept = keep_trace(make_trace(state="a=1"))
    assert kept == {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01", "tracestate": "a=1"}
