"""The plane: what every request passes, whatever protocol it came by.

authorise → resolve → check → send → tap. Everything is checked once and here; a facade only translates.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from capture.record import CaptureRecord
from capture.tap import Tap
from core.clock import Clock
from core.errors import Forbidden, NoReplica, Unavailable, UnsupportedOperation
from core.reserved import read_reserved
from core.route import Cors
from core.tensor import InferRequest, InferResponse
from gateway.call import Call
from gateway.caller import Caller
from gateway.choice import (
    choose_by_key,
    choose_by_variant,
    choose_by_version,
    find_key,
    find_sequence,
    find_target,
)
from gateway.directory import Directory, Served
from gateway.dispatcher import Dispatcher, Errand
from gateway.entrance import Admitted, Entrance, Right
from gateway.follower import Follower
from gateway.limiter import Ticket
from gateway.offers import NOTHING, Offers
from gateway.scribe import read_response, write_request
from gateway.shadower import LiveAnswer
from gateway.timeout import find_timeout
from gateway.transform import apply_route, hide_outputs
from gateway.upstream import UpstreamReply
from registry.records import Resident


@dataclass(frozen=True, slots=True)
class Described:
    """What a facade tells of an endpoint: its name for this caller, one live resident, all versions."""

    name: str
    resident: Resident
    versions: tuple[str, ...]


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
        self._limiter = offers.limiter
        self._entrance = entrance
        self._follower = follower
        self._dispatcher = dispatcher
        self._tap = tap
        self._clock = clock
        self.desk, self.inputs = offers.desk, offers.inputs
        self._shadower, self._recall = offers.shadower, offers.recall
        # Publicly it is not there, whoever asks.
        self.operator = offers.operator if self.is_private else None
        # Not for secrets: it chooses variants and samples.
        self._random = Random()  # noqa: S311

    @property
    def is_private(self) -> bool:
        """Whether whoever asks here may see what others asked."""
        return self._entrance.label == "private"

    @property
    def directory(self) -> Directory:
        """The last reading of the tables."""
        return self._follower.directory

    def find_route(self, caller: Caller, path: str) -> str | None:
        """The name of the route that has this path of its own."""
        return self._entrance.find_route(caller, path, self._follower.directory)

    def find_cors(self, caller: Caller, name: str) -> Cors | None:
        """What browsers may be told of a route; nothing on the private side."""
        if self.is_private:
            return None
        stage = self._follower.directory.find_stage(caller.stage, caller.host)
        route = None if stage is None else stage.live.routes.get(name)
        return None if route is None else route.cors

    @property
    def is_ready(self) -> bool:
        """Whether the tables were read at least once."""
        return self._follower.directory.generation > 0

    def admit(self, call: Call, right: Right) -> Admitted:
        """Let the caller in; raises EndpointNotFound, Unauthenticated, Forbidden, RateLimited."""
        caller, spent = call.caller, call.caller.spent
        spent.auth_at = self._clock.now()
        try:
            admitted = self._entrance.admit(call, right, self._follower.directory)
        finally:
            spent.auth_end = self._clock.now()
        caller.principal = admitted.principal.name
        spent.may_show = admitted.route is None or admitted.route.timing
        if admitted.limits and self._limiter is not None:
            self._limiter.refuse_early(admitted)
        return admitted

    def describe(self, call: Call) -> Described:
        """What the name stands for now; raises as `admit` does, and NoReplica while it loads."""
        admitted = self.admit(call, "metadata")
        resident = self._resolve(call, admitted, None)
        if call.version:
            return Described(admitted.name, resident, (str(resident.version),))
        live = (*admitted.served.residents, *admitted.served.others)
        versions = sorted({one.version for one in live})
        return Described(admitted.name, resident, tuple(map(str, versions)))

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
        """Answer a request of a caller that is let in already; raises as `infer` does, and RateLimited."""
        call.caller.rows = request.rows
        resident = self._resolve(call, admitted, request)
        resident.signature.check(request)
        note_resident(call.caller, resident)
        ticket = await self._charge(admitted, request)
        try:
            route = admitted.route
            cache = None if route is None else route.cache
            if cache is None or self._recall is None:
                response = await self._compute(admitted, resident, request)
            else:
                compute = partial(self._compute, admitted, resident, request)
                response = await self._recall.answer(
                    call, admitted, cache, resident, request, compute
                )
        finally:
            self._give_back(ticket)
        self._capture(call, admitted.served, resident, request, response)
        if route is not None and route.outputs:
            response = hide_outputs(response, route.outputs)
        return InferResponse(
            admitted.name, response.model_version, response.outputs, request.id, response.parameters
        )

    async def _compute(
        self, admitted: Admitted, resident: Resident, request: InferRequest, spent_s: float = 0.0
    ) -> InferResponse:
        """A replica's answer, to a request that has waited for `spent_s` already."""
        served = admitted.served
        errand = await write_errand(admitted, resident, request)
        if spent_s:
            errand = replace(errand, timeout_s=errand.timeout_s - spent_s)
        # The way that most requests go: as `_dispatch`, without one more call.
        spent = admitted.caller.spent
        spent.upstream_at = self._clock.now()
        try:
            reply = await self._dispatcher.dispatch(errand)
        finally:
            spent.upstream_end = self._clock.now()
        spent.replied = reply.headers
        response = await read_response(reply.message)
        if served.shadows and self._shadower is not None:
            live = LiveAnswer(request, errand, response.outputs, spent.upstream_s)
            self._shadower.offer(served.shadows, live)
        return response

    async def _dispatch(self, caller: Caller, errand: Errand) -> UpstreamReply:
        """The replica's answer; the caller's times tell how long it took."""
        spent = caller.spent
        spent.upstream_at = self._clock.now()
        try:
            reply = await self._dispatcher.dispatch(errand)
        finally:
            spent.upstream_end = self._clock.now()
        spent.replied = reply.headers
        return reply

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
        resident = self._resolve(call, admitted, request)
        resident.signature.check(request)
        note_resident(call.caller, resident)
        ticket = await self._charge(admitted, request)
        try:
            pieces = self._stream(call, admitted, resident, request)
            async with aclosing(pieces) as responses:
                async for response in responses:
                    yield response
        finally:
            self._give_back(ticket)

    async def _stream(
        self, call: Call, admitted: Admitted, resident: Resident, request: InferRequest
    ) -> AsyncGenerator[InferResponse, None]:
        errand = await write_errand(admitted, resident, request)
        response: InferResponse | None = None
        spent = call.caller.spent
        spent.upstream_at = self._clock.now()
        try:
            async with aclosing(self._dispatcher.stream(errand)) as messages:
                async for message in messages:
                    response = await read_response(message)
                    shown = response
                    if admitted.route is not None and admitted.route.outputs:
                        shown = hide_outputs(response, admitted.route.outputs)
                    yield replace(shown, model_name=admitted.name, id=request.id)
        finally:
            spent.upstream_end = self._clock.now()
        if response is not None:
            self._capture(call, admitted.served, resident, request, response)

    async def explain(self, call: Call, admitted: Admitted, request: InferRequest) -> InferResponse:
        """How the answer to this request comes about; raises as `infer` does, and UnsupportedOperation.

        The variant is chosen as for an inference. Nothing of it is captured.
        """
        answering = self._resolve(call, admitted, request)
        for explainer in admitted.served.explainers:
            if explainer.variant == answering.variant:
                explainer.signature.check(request)
                errand = await write_errand(admitted, explainer, request)
                ticket = await self._charge(admitted, request)
                try:
                    reply = await self._dispatch(admitted.caller, errand)
                finally:
                    self._give_back(ticket)
                response = await read_response(reply.message)
                return replace(response, model_name=admitted.name, id=request.id)
        if (reason := admitted.served.unexplained.get(answering.variant)) is not None:
            raise Unavailable(admitted.name, f"its explainer did not start: {reason}")
        raise UnsupportedOperation(
            f"explaining '{admitted.name}' (its package does not ask for it)"
        )

    async def charge(self, call: Call, admitted: Admitted, request: InferRequest) -> None:
        """Charge a request that is answered later, when it is taken; raises RateLimited, Unavailable."""
        call.caller.rows = request.rows
        self._give_back(await self._charge(admitted, request))

    async def _charge(self, admitted: Admitted, request: InferRequest) -> Ticket | None:
        if not admitted.limits or self._limiter is None:
            return None
        return await self._limiter.take(admitted, request.rows)

    def _give_back(self, ticket: Ticket | None) -> None:
        if ticket is not None and self._limiter is not None:
            self._limiter.give(ticket)

    def resolve(self, call: Call, admitted: Admitted) -> Resident:
        """A resident that may answer this call; raises EndpointNotFound, NotFound, NoReplica, Forbidden."""
        return self._resolve(call, admitted, None)

    def _resolve(self, call: Call, admitted: Admitted, request: InferRequest | None) -> Resident:
        served = admitted.served
        if not served.residents:
            raise NoReplica(served.spec.name)
        route = admitted.route
        if route is not None and route.variant is not None:
            every = (*served.residents, *served.others)
            return self._choose_version(served, choose_by_variant(every, route.variant))
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


def note_resident(caller: Caller, resident: Resident) -> None:
    """Let the caller, its metrics and its trace know who answers."""
    caller.answered_by = resident.variant
    if caller.trace is not None:
        caller.trace.resident = resident


async def write_errand(admitted: Admitted, resident: Resident, request: InferRequest) -> Errand:
    """What the dispatcher is to do, within the shortest time of caller, route and endpoint.

    Raises MalformedRequest for a reserved parameter that cannot be one.
    """
    request = apply_route(admitted.route, request)
    reserved = read_reserved(request.parameters)
    timeout_s = find_timeout(admitted, reserved)
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
        begins=reserved.sequence_start,
        trace=admitted.caller.trace,
    )
