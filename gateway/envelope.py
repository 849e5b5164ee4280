"""The HTTP request that carries an inference to a replica, and the error in a replica's answer."""

from dataclasses import dataclass

import orjson

from core.clock import Clock
from core.errors import (
    DeadlineExceeded,
    MalformedRequest,
    ModelError,
    NoReplica,
    QueueFull,
    TidegateError,
    Unavailable,
)
from core.headers import HEADER_LENGTH, PROOF, TIMEOUT
from core.http import header
from core.refs import EndpointName, ResidentId
from core.signing import LIFETIME_S, Secret, sign
from core.wire import Message
from gateway.upstream import UpstreamReply
from registry.records import Resident


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
        self, resident: Resident, secret: Secret | None, message: Message, timeout_s: float
    ) -> bytes:
        """One whole HTTP/1.1 request; raises NoReplica when there is no secret to sign with."""
        if secret is None:
            raise NoReplica(resident.endpoint)
        start = self._starts.get(resident.id)
        now = self._clock.now()
        if start is None or start.renew_at <= now or start.secret != secret.id:
            start = self._starts[resident.id] = _sign_start(resident, secret, now)
        length = message.header_length
        rest = b"%s: %.3f\r\n%s: %d\r\ncontent-length: %d\r\n\r\n" % (
            TIMEOUT.encode(), timeout_s, HEADER_LENGTH.encode(),
            len(message.body) if length is None else length, len(message.body),
        )  # fmt: skip
        return b"".join((start.text, rest, message.body))


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
    match reply.status:
        case 400 | 413:
            return MalformedRequest(text)
        case 401:
            return Unavailable(endpoint, "the replica refused the gateway's proof")
        case 503:
            after = header(reply.headers, b"retry-after") or b"1"
            return QueueFull(endpoint, float(after) if after.isdigit() else 1.0)
        case 504:
            return DeadlineExceeded(endpoint, timeout_s)
        case _:
            return ModelError(text)


def _read_text(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["error"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "the replica's answer was not an error of the protocol"
