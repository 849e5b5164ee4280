"""The plane: what every request passes, whatever protocol it came by.

authorise → resolve → check → send → tap. Everything is checked once and here; a facade only translates.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from random import Random

from capture.record import CaptureRecord
from capture.tap import Tap
from core.clock import Clock
from core.errors import Forbidden, NoReplica, UnsupportedOperation
from core.http import Headers
from core.reserved import read_reserved
from core.tensor import InferRequest, InferResponse
from gateway.choice import (
    choose_by_key,
    choose_by_variant,
    choose_by_version,
    find_key,
    find_sequence,
    find_target,
)
from gateway.directory import Served
from gateway.dispatcher import Dispatcher, Errand
from gateway.entrance import Admitted, Entrance, Right
from gateway.follower import Follower
from gateway.offers import NOTHING, Offers
from gateway.scribe import read_response, write_request
from gateway.shadower import LiveAnswer
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

    `desk` and `operator` are what it offers beside; the operator to private callers only.
    """

    def __init__(
        self,
        entrance: Entrance,
        follower: Follower,
        dispatcher: Dispatcher,
        tap: Tap,
        clock: Clock,
        offers: Offers = NOTHING,
    ) -> None:
        self._entrance = entrance
        self._follower = follower
        self._dispatcher = dispatcher
        self._tap = tap
        self._clock = clock
        self.desk = offers.desk
        self._shadower = offers.shadower
        # Publicly it is not there, whoever asks.
        self.operator = offers.operator if self.is_private else None
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
        return Described(admitted.name, self._resolve(call, admitted, None))

    def is_model_ready(self, call: Call) -> bool:
        """Whether a replica answers for the name, in this version; raises as `admit` does."""
        served = self.admit(call, "metadata").served
        residents: tuple[Resident, ...] = served.residents
        if call.version and residents:
            every = (*served.residents, *served.others)
            residents = (choose_by_version(every, call.name, call.version),)
        return any(map(self._follower.directory.find_leases, residents))

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
        resident = self._resolve(call, admitted, request)
        resident.signature.check(request)
        errand = await write_errand(served, resident, request)
        began = self._clock.monotonic()
        reply = await self._dispatcher.dispatch(errand)
        response = await read_response(reply.message)
        if served.shadows and self._shadower is not None:
            taken_s = self._clock.monotonic() - began
            live = LiveAnswer(request, errand, response.outputs, taken_s)
            self._shadower.offer(served.shadows, live)
        self._capture(call, served, resident, request, response)
        return InferResponse(
            admitted.name, response.model_version, response.outputs, request.id, response.parameters
        )

    async def stream(
        self, call: Call, request: InferRequest
    ) -> AsyncGenerator[InferResponse, None]:
        """Answer the request in the pieces that the model makes; one where it does not stream.

        Raises as `infer` does, before the first piece or between two. Close the iterator to stop early.
        """
        admitted = self.admit(call, "infer")
        async with aclosing(self.stream_admitted(call, admitted, request)) as responses:
            async for response in responses:
                yield response

    async def stream_admitted(
        self, call: Call, admitted: Admitted, request: InferRequest
    ) -> AsyncGenerator[InferResponse, None]:
        """Stream to a caller that is let in already; as `stream`. Captured is the last piece."""
        served = admitted.served
        resident = self._resolve(call, admitted, request)
        resident.signature.check(request)
        errand = await write_errand(served, resident, request)
        response: InferResponse | None = None
        async with aclosing(self._dispatcher.stream(errand)) as messages:
            async for message in messages:
                response = await read_response(message)
                yield replace(response, model_name=admitted.name, id=request.id)
        if response is not None:
            self._capture(call, served, resident, request, response)

    async def explain(self, call: Call, request: InferRequest) -> InferResponse:
        """How the answer to this request comes about; raises as `infer` does, and UnsupportedOperation.

        The variant is chosen as for an inference. Nothing of it is captured.
        """
        admitted = self.admit(call, "infer")
        answering = self._resolve(call, admitted, request)
        for explainer in admitted.served.explainers:
            if explainer.variant == answering.variant:
                explainer.signature.check(request)
                errand = await write_errand(admitted.served, explainer, request)
                reply = await self._dispatcher.dispatch(errand)
                response = await read_response(reply.message)
                return replace(response, model_name=admitted.name, id=request.id)
        raise UnsupportedOperation(
            f"explaining '{admitted.name}' (its package does not ask for it)"
        )

    def resolve(self, call: Call, admitted: Admitted) -> Resident:
        """A resident that may answer this call; raises EndpointNotFound, NotFound, NoReplica, Forbidden."""
        return self._resolve(call, admitted, None)

    def _resolve(self, call: Call, admitted: Admitted, request: InferRequest | None) -> Resident:
        served = admitted.served
        if not served.residents:
            raise NoReplica(served.spec.name)
        if target := find_target(call.headers):
            if not admitted.may_target:
                raise Forbidden(admitted.principal.name, f"choose a variant of '{admitted.name}'")
            every = (*served.residents, *served.others)
            return self._choose_version(served, choose_by_variant(every, target))
        if call.version:
            return choose_by_version((*served.residents, *served.others), call.name, call.version)
        if len(served.residents) == 1:
            return served.residents[0]
        if key := find_sequence(served, request) or find_key(
            served.spec.sticky, call.headers, request
        ):
            return choose_by_key(served.residents, served.weights, key)
        return self._random.choices(served.residents, served.weights)[0]

    def _choose_version(self, served: Served, found: tuple[Resident, ...]) -> Resident:
        """One of a variant's versions, by their shares."""
        shares = dict(zip((one.id for one in served.residents), served.weights, strict=True))
        weights = [shares.get(one.id, 0.0) for one in found]
        return self._random.choices(found, weights)[0] if any(weights) else found[0]

    def _capture(
        self,
        call: Call,
        served: Served,
        resident: Resident,
        request: InferRequest,
        response: InferResponse,
    ) -> None:
        capture = served.spec.capture
        if not capture.share or (capture.share < 1 and self._random.random() >= capture.share):
            return
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


async def write_errand(served: Served, resident: Resident, request: InferRequest) -> Errand:
    """What the dispatcher is to do; the caller's `timeout` counts where it is the shorter one.

    Raises MalformedRequest for a reserved parameter that cannot be one.
    """
    reserved = read_reserved(request.parameters)
    limit_s = served.spec.timeout_s
    timeout_s = min(limit_s, reserved.timeout_s or limit_s)
    message = await write_request(request)
    # A step changes the state that the next one finds: it is computed once at most, in one place.
    is_step = resident.spec.batching.sequences is not None
    return Errand(
        resident,
        message,
        timeout_s,
        idempotent=reserved.idempotent and not is_step,
        rows=request.rows,
        sequence=str(reserved.sequence_id or "") if is_step else "",
    )
