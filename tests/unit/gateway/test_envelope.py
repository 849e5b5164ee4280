import orjson
import pytest

from core.errors import (
    DeadlineExceeded,
    MalformedRequest,
    ModelError,
    NoReplica,
    PayloadTooLarge,
    QueueFull,
    TidegateError,
    TooManyRequests,
    Unavailable,
    UnsupportedOperation,
)
from core.refs import EndpointName
from core.signing import LIFETIME_S, Secret, verify
from core.wire import Message
from gateway.envelope import Sealer, read_error
from gateway.upstream import UpstreamReply
from tests.fakes.clock import FakeClock
from tests.fakes.gateway import SECRET, make_resident
from tests.fakes.traced import HOP_ID, TRACE_ID, make_trace

RESIDENT = make_resident()
MESSAGE = Message(b"{}tail", 2)


def read_headers(request: bytes) -> dict[str, str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_a_request_is_whole() -> None:
    request = Sealer(FakeClock()).seal(RESIDENT, SECRET, MESSAGE, 1.5)
    assert request.startswith(b"POST /v2/models/iris/infer HTTP/1.1\r\n")
    assert request.endswith(b"\r\n\r\n{}tail")
    headers = read_headers(request)
    assert headers["content-length"] == "6"
    assert headers["inference-header-content-length"] == "2"
    assert headers["x-tidegate-timeout"] == "1.500"


def test_a_request_is_part_of_its_trace() -> None:
    sealed = Sealer(FakeClock()).seal(RESIDENT, SECRET, MESSAGE, 1.5, make_trace(state="a=1"))
    headers = read_headers(sealed)
    assert headers["traceparent"] == f"00-{TRACE_ID}-{HOP_ID}-01"
    assert headers["tracestate"] == "a=1"
    assert sealed.endswith(b"\r\n\r\n{}tail")
    assert "traceparent" not in read_headers(Sealer(FakeClock()).seal(RESIDENT, SECRET, MESSAGE, 1))


def test_its_proof_is_good_for_this_resident() -> None:
    clock = FakeClock()
    proof = read_headers(Sealer(clock).seal(RESIDENT, SECRET, MESSAGE, 1))["x-tidegate-proof"]
    assert verify(proof, {SECRET.id: SECRET}, RESIDENT.id, clock.now()) > clock.now()


def test_a_proof_is_kept_and_signed_anew_in_time() -> None:
    clock = FakeClock()
    sealer = Sealer(clock)
    first = sealer.seal(RESIDENT, SECRET, MESSAGE, 1)
    clock.advance(LIFETIME_S / 2 - 1)
    assert sealer.seal(RESIDENT, SECRET, MESSAGE, 1) == first
    clock.advance(1)
    assert sealer.seal(RESIDENT, SECRET, MESSAGE, 1) != first


def test_a_new_secret_is_used_at_once() -> None:
    sealer = Sealer(FakeClock())
    first = sealer.seal(RESIDENT, SECRET, MESSAGE, 1)
    assert sealer.seal(RESIDENT, Secret("s2", b"n" * 32), MESSAGE, 1) != first


def test_without_a_secret_nobody_can_be_asked() -> None:
    with pytest.raises(NoReplica):
        Sealer(FakeClock()).seal(RESIDENT, None, MESSAGE, 1)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, MalformedRequest),
        (413, PayloadTooLarge),
        (401, Unavailable),
        (429, ModelError),
        (501, UnsupportedOperation),
        (503, Unavailable),
        (504, DeadlineExceeded),
        (500, ModelError),
        (418, ModelError),
    ],
)
def test_a_replicas_error_becomes_one_of_ours(status: int, kind: type[TidegateError]) -> None:
    reply = UpstreamReply(status, [], b'{"error":"what it said"}')
    error = read_error(EndpointName("iris"), reply, 1.0)
    assert type(error) is kind
    says_it = kind not in (PayloadTooLarge, DeadlineExceeded) and status != 401
    assert ("what it said" in str(error)) == says_it


@pytest.mark.parametrize(("header", "seconds"), [(b"7", 7.0), (b"soon", 1.0)])
def test_a_full_replica_says_when_to_come_back(header: bytes, seconds: float) -> None:
    for status, kind in ((503, QueueFull), (429, TooManyRequests)):
        reply = UpstreamReply(status, [(b"retry-after", header)], b"")
        error = read_error(EndpointName("iris"), reply, 1.0)
        assert isinstance(error, QueueFull)
        assert (type(error), error.retry_after_s) == (kind, seconds)


@pytest.mark.parametrize("body", [b"", b"[]", b"text", b'{"no": 1}'])
def test_an_error_of_no_form_is_not_shown(body: bytes) -> None:
    error = read_error(EndpointName("iris"), UpstreamReply(500, [], body), 1.0)
    assert "not an error of the protocol" in str(error)


def test_the_replicas_limit_is_told() -> None:
    body = orjson.dumps({"error": str(PayloadTooLarge(1024))})
    error = read_error(EndpointName("iris"), UpstreamReply(413, [], body), 1.0)
    assert str(error) == str(PayloadTooLarge(1024))


def test_frames_are_asked_for_when_wanted() -> None:
    sealer = Sealer(FakeClock())
    for streams in (True, False):
        sealed = sealer.seal(make_resident(), SECRET, Message(b"{}", 2), 1.0, streams=streams)
        assert (b"\r\naccept: application/x-tidegate-frames\r\n" in sealed) is streams
