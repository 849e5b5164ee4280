"""The HTTP request that carries an inference to a replica, and the error in a replica's answer."""

import re
from dataclasses import dataclass

import orjson

from core import frames
from core.clock import Clock
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
from core.headers import HEADER_LENGTH, PROOF, TIMEOUT
from core.http import header
from core.refs import EndpointName, ResidentId
from core.signing import LIFETIME_S, Secret, sign
from core.wire import Message
from gateway.trace import Trace
from gateway.upstream import UpstreamReply
from registry.records import Resident

# As core.errors words it.
_LIMIT = re.compile(r"limit of (\d+) bytes")
_ACCEPT_FRAMES = b"accept: %s\r\n" % frames.CONTENT_TYPE


@dataclass(frozen=True, slots=True)
class _Start:
    """The part of a request that stays the same while its proof is good."""

    text: bytes
    secret: str
    renew_at: float


class Sealer:
    """Writes requests for replicas, each with a proof; a proof is signed anew at half its life."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._starts: dict[ResidentId, _Start] = {}

    def seal(
        self,
        resident: Resident,
        secret: Secret | None,
        message: Message,
        timeout_s: float,
        trace: Trace | None = None,
        *,
        streams: bool = False,
    ) -> bytes:
        """One whole HTTP/1.1 request; raises NoReplica when there is no secret to sign with.

        `streams`: an answer in frames is welcome. The request is part of the `trace`, where there is one.
        """
        start = self._find_start(resident, secret)
        length = message.header_length
        rest = b"%s%s%s: %.3f\r\n%s: %d\r\ncontent-length: %d\r\n\r\n" % (
            b"" if trace is None else trace.write_hop(), _ACCEPT_FRAMES if streams else b"",
            TIMEOUT.encode(), timeout_s, HEADER_LENGTH.encode(),
            len(message.body) if length is None else length, len(message.body),
        )  # fmt: skip
        return b"".join((start.text, rest, message.body))

    def seal_get(self, resident: Resident, secret: Secret | None, path: str) -> bytes:
        """One whole request for what lies at a path; raises NoReplica as `seal` does."""
        _, _, head = self._find_start(resident, secret).text.partition(b"\r\n")
        return b"GET %s HTTP/1.1\r\n%s\r\n" % (path.encode(), head)

    def _find_start(self, resident: Resident, secret: Secret | None) -> _Start:
        if secret is None:
            raise NoReplica(resident.endpoint)
        start = self._starts.get(resident.id)
        now = self._clock.now()
        if start is None or start.renew_at <= now or start.secret != secret.id:
            start = self._starts[resident.id] = _sign_start(resident, secret, now)
        return start


def _sign_start(resident: Resident, secret: Secret, now: float) -> _Start:
    proof = sign(secret, resident.id, now + LIFETIME_S)
    text = (
        f"POST /v2/models/{resident.endpoint}/infer HTTP/1.1\r\n"
        f"host: {resident.id}\r\n{PROOF}: {proof}\r\n"
    )
    return _Start(text.encode(), secret.id, now + LIFETIME_S / 2)


def read_error(endpoint: EndpointName, reply: UpstreamReply, timeout_s: float) -> TidegateError:
    """The replica's error as one of ours."""
    text = _read_text(reply.body)
    after = header(reply.headers, b"retry-after")
    error: TidegateError
    match reply.status:
        case 400:
            error = MalformedRequest(text)
        case 401:
            error = Unavailable(endpoint, "the replica refused the gateway's proof")
        case 413:
            error = PayloadTooLarge(_read_limit(text))
        case 429 | 503 if after is not None:
            kind = TooManyRequests if reply.status == 429 else QueueFull
            error = kind(endpoint, float(after) if after.isdigit() else 1.0)
        case 503:
            error = Unavailable(endpoint, text)
        case 501:
            error = UnsupportedOperation(text.removesuffix(" is not supported here"))
        case 504:
            error = DeadlineExceeded(endpoint, timeout_s)
        case _:
            error = ModelError(text)
    return error


def _read_limit(text: str) -> int:
    found = _LIMIT.search(text)
    return int(found[1]) if found else 0


def _read_text(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "the replica's answer was not an error of the protocol"
