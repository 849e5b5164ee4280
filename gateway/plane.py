"""The plane: what every request passes, whatever protocol it came by.

authorise → resolve → check → send → tap. Everything is checked once and here; a facade only translates.
"""

from dataclasses import dataclass
from random import Random

from capture.record import CaptureRecord
from capture.tap import Tap
from core import wire
from core.clock import Clock
from core.endpoint import CaptureSpec
from core.errors import EndpointNotFound, MalformedRequest, ModelError, NoReplica
from core.http import Headers
from core.tensor import InferRequest, InferResponse
from gateway.desk import Desk
from gateway.directory import Served
from gateway.dispatcher import Dispatcher
from gateway.entrance import Admitted, Entrance, Right
from gateway.follower import Follower
from gateway.upstream import UpstreamReply
from registry.records import Resident


@dataclass(frozen=True, slots=True)
class Call:
    """One call as its facade read it: the name and version asked for, and the caller's headers.

    `version` is empty for whatever is live. `arrived_at` is in Unix seconds.
    """

    name: str
    version: str
    headers: Headers
    inference_id: str
    arrived_at: float


@dataclass(frozen=True, slots=True)
class Described:
    """What a facade tells of an endpoint: its name for this caller, and one live resident."""

    name: str
    resident: Resident


class DataPlane:
    """One entrance's way to the replicas. Belongs to one event loop.

    `desk` takes what is to be answered later; without one that is not offered.
    """

    def __init__(
        self,
        entrance: Entrance,
        follower: Follower,
        dispatcher: Dispatcher,
        tap: Tap,
        clock: Clock,
        desk: Desk | None = None,
    ) -> None:
        self._entrance = entrance
        self._follower = follower
        self._dispatcher = dispatcher
        self._tap = tap
        self._clock = clock
        self.desk = desk
        # Not for secrets: it chooses variants and samples.
        self._random = Random()  # noqa: S311

    @property
    def is_private(self) -> bool:
        """Whether whoever asks here may see what others asked."""
        return self._entrance.label == "private"

    @property
    def is_ready(self) -> bool:
        """Whether the tables were read at least once."""
        return self._follower.directory.generation > 0

    def admit(self, call: Call, right: Right) -> Admitted:
        """Let the caller in; raises EndpointNotFound, Unauthenticated, Forbidden."""
        return self._entrance.admit(
            call.name, right, call.headers, self._follower.directory, call.arrived_at
        )

    def describe(self, call: Call) -> Described:
        """What the name stands for now; raises as `admit` does, and NoReplica while it loads."""
        admitted = self.admit(call, "metadata")
        return Described(admitted.name, self._resolve(admitted.served, call))

    def is_model_ready(self, call: Call) -> bool:
        """Whether a replica answers for the name; raises as `admit` does."""
        admitted = self.admit(call, "metadata")
        leases = self._follower.directory.leases
        return any(leases.get(resident.id) for resident in admitted.served.residents)

    async def infer(self, call: Call, request: InferRequest) -> InferResponse:
        """Answer the request.

        Raises EndpointNotFound, Unauthenticated, Forbidden, SignatureMismatch, QueueFull, NoReplica,
        ReplicaLost, DeadlineExceeded, ModelError.
        """
        admitted = self.admit(call, "infer")
        return await self.answer(call, admitted, request)

    async def answer(self, call: Call, admitted: Admitted, request: InferRequest) -> InferResponse:
        """Answer a request of a caller that is let in already; raises as `infer` does."""
        served = admitted.served
        resident = self._resolve(served, call)
        resident.signature.check(request)
        timeout_s = choose_timeout(served.spec.timeout_s, request)
        reply = await self._dispatcher.dispatch(resident, wire.encode_request(request), timeout_s)
        response = read_response(reply)
        capture = served.spec.capture
        if capture.share and (capture.share >= 1 or self._random.random() < capture.share):
            self._record(call, resident, capture, request, response)
        return InferResponse(
            admitted.name, response.model_version, response.outputs, request.id, response.parameters
        )

    def resolve(self, call: Call, admitted: Admitted) -> Resident:
        """The resident that would answer this call now; raises EndpointNotFound, NoReplica."""
        return self._resolve(admitted.served, call)

    def _resolve(self, served: Served, call: Call) -> Resident:
        residents = served.residents
        if not residents:
            raise NoReplica(served.spec.name)
        if call.version:
            found = [one for one in residents if str(one.version) == call.version]
            if not found:
                raise EndpointNotFound(f"{call.name}' version '{call.version}")
            return found[0]
        if len(residents) == 1:
            return residents[0]
        return self._random.choices(residents, served.weights)[0]

    def _record(
        self,
        call: Call,
        resident: Resident,
        capture: CaptureSpec,
        request: InferRequest,
        response: InferResponse,
    ) -> None:
        self._tap.offer(
            CaptureRecord(
                inference_id=call.inference_id,
                at=call.arrived_at,
                endpoint=resident.endpoint,
                variant=resident.variant,
                model=resident.model,
                version=resident.version,
                request=request.inputs if capture.inputs else (),
                response=response.outputs if capture.outputs else (),
                latency_s=self._clock.now() - call.arrived_at,
                rows=request.rows,
            )
        )


def choose_timeout(limit_s: float, request: InferRequest) -> float:
    """The caller's `timeout` parameter (microseconds) where it is the shorter one, in seconds."""
    asked = request.parameters.get("timeout")
    if asked is None:
        return limit_s
    if isinstance(asked, bool) or not isinstance(asked, int) or asked < 0:
        raise MalformedRequest("parameter 'timeout' must be a number of microseconds")
    return min(limit_s, asked / 1e6) if asked else limit_s


def read_response(reply: UpstreamReply) -> InferResponse:
    """The response in a replica's answer; raises ModelError, since its fault is not the caller's."""
    length: int | None = None
    try:
        for name, value in reply.headers:
            if name == b"inference-header-content-length":
                length = int(value)
        return wire.decode_response(reply.body, length)
    except (MalformedRequest, ValueError) as error:
        raise ModelError("the replica's answer cannot be read") from error
