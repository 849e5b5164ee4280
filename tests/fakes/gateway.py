"""A whole gateway in memory: real plane, listeners and facades; the replicas are functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from core import keys, wire
from core.dtypes import DataType
from core.endpoint import CaptureSpec, EndpointSpec, VariantSpec
from core.exposure import Exposure
from core.plugins import load
from core.refs import EndpointName, KeyId, ModelName, ReplicaId, ResidentId, VariantName
from core.route import RouteSpec
from core.signature import Signature, TensorSpec
from core.signing import Secret
from core.tensor import InferResponse, Tensor
from gateway.authenticator import Trust
from gateway.balancer import Balancer
from gateway.budget import Budget
from gateway.cache import ResponseCache
from gateway.census import Census
from gateway.directory import Directory, Served
from gateway.dispatcher import Dispatcher
from gateway.entrance import Entrance, PrivateEntrance, PublicEntrance
from gateway.facade import FACADES, Facade
from gateway.follower import Follower
from gateway.issuer import IssuerKeys
from gateway.journal import Journal
from gateway.ledger import Ledger
from gateway.limit_stores.memory import MemoryStore
from gateway.limiter import Limiter
from gateway.listener import Listener
from gateway.meter import Meter
from gateway.metrics import RequestMetrics
from gateway.offers import Offers
from gateway.operator import Operator
from gateway.plane import DataPlane
from gateway.published import Published, StageView
from gateway.recall import Recall
from gateway.repository import Repository
from gateway.scribe import Limits, Scribe
from gateway.shadower import Shadower
from gateway.tracer import Tracer
from gateway.upstream import UpstreamReply
from gateway.witness import Witness
from registry.platform import open_platform
from registry.records import ApiKey, Counter, Lease, Resident, ResidentState
from tests.fakes.clock import FakeClock
from tests.fakes.control_api import FakeControlApi
from tests.fakes.tap import FakeTap
from tests.fakes.upstream import FakeUpstream

BODY_LIMIT = 10_000
KEY_ID, KEY, DIGEST = keys.mint(bytes(range(36)))
OTHER_ID, OTHER_KEY, OTHER_DIGEST = keys.mint(bytes(range(100, 136)))
FEATURES = ("width", "height")
SIGNATURE = Signature(
    (TensorSpec("x", DataType.FP32, (-1, 2), features=FEATURES),),
    (
        TensorSpec("label", DataType.INT64, (-1,), labels=("low", "high")),
        TensorSpec("scores", DataType.FP32, (-1, 2), labels=("low", "high")),
    ),
    batched=True,
)
ANSWER = (
    Tensor.of("label", Tensor.of("l", [1]).array.astype("i8")),
    Tensor.of("scores", Tensor.of("s", [[0.25, 0.75]]).array.astype("f4")),
)
SECRET = Secret("s1", b"k" * 32)


def make_resident(version: int = 1, variant: str = "main", endpoint: str = "iris") -> Resident:
    """A live resident."""
    spec = VariantSpec(name=variant, model=f"flowers:{version}")
    return Resident(
        id=ResidentId(f"{endpoint}-{variant}-{version}"),
        endpoint=EndpointName(endpoint),
        variant=VariantName(variant),
        model=ModelName("flowers"),
        version=version,
        spec=spec,
        signature=SIGNATURE,
        platform="onnxruntime_onnx",
        location="",
        digest="",
        state=ResidentState.LIVE,
    )


def make_lease(resident: Resident, replica: str = "r1", ends_at: float = 2e9) -> Lease:
    """A lease of the replica, at an address of the same name."""
    return Lease(ReplicaId(replica), resident.id, f"{replica}:80", ends_at)


def make_directory(
    *residents: Resident, leases: Sequence[Lease] | None = None, share: float = 0.0
) -> Directory:
    """Endpoint `iris`, public as route `flowers`, openly as `garden`, with two keys."""
    residents = residents or (make_resident(),)
    leases = [make_lease(one) for one in residents] if leases is None else leases
    spec = EndpointSpec(
        name="iris",
        variants=tuple(one.spec for one in residents),
        capture=CaptureSpec(share=share),
        timeout_s=5,
    )
    named = [
        RouteSpec(name="flowers", endpoint="iris", operations=("infer", "metadata", "async")),
        RouteSpec(name="garden", endpoint="iris", auth="anonymous", operations=("infer",)),
    ]
    return Directory(
        generation=1,
        endpoints={spec_name(spec): Served(spec, residents, (1.0,) * len(residents))},
        stages={"prod": StageView("prod", Published.of(Exposure(routes=tuple(named)), 1))},
        keys={
            KEY_ID: make_key(KEY_ID, DIGEST),
            OTHER_ID: replace(make_key(OTHER_ID, OTHER_DIGEST), routes=("other",)),
        },
        leases={
            one.id: tuple(lease for lease in leases if lease.resident == one.id)
            for one in residents
        },
        secret=SECRET,
    )


def spec_name(spec: EndpointSpec) -> EndpointName:
    """The spec's name as an endpoint's."""
    return EndpointName(spec.name)


def make_key(key: KeyId, digest: str) -> ApiKey:
    """A key that is good for all routes."""
    return ApiKey(key, f"key-{key}", digest, (), 0.0, None, None)


def make_reply(
    version: int = 1, outputs: tuple[Tensor, ...] = ANSWER, spent: bytes = b""
) -> UpstreamReply:
    """A replica's answer in binary; `spent` is what it says of its times."""
    response = InferResponse("iris", str(version), outputs)
    message = wire.encode_response(response, lambda _output: True)
    headers = [(b"inference-header-content-length", b"%d" % (message.header_length or 0))]
    headers += [(b"x-tidegate-spent", spent)] if spent else []
    return UpstreamReply(200, headers, message.body)


async def fetch_nothing(url: str) -> bytes:
    """An issuer that does not answer."""
    raise ConnectionError(url)


async def answer_well(_message: bytes) -> UpstreamReply:
    """A replica that always answers the same."""
    return make_reply()


@dataclass
class FakeGateway:
    """Both listeners over one upstream. `adopt` changes what the gateway knows."""

    share: float = 0.0
    private_auth: str = "open"
    clock: FakeClock = field(default_factory=FakeClock)
    tap: FakeTap = field(default_factory=FakeTap)
    upstream: FakeUpstream = field(default_factory=FakeUpstream)
    scribe: Scribe = field(default_factory=lambda: Scribe(Limits(BODY_LIMIT, BODY_LIMIT)))
    control: FakeControlApi = field(default_factory=FakeControlApi)
    counters: list[Counter] = field(default_factory=list)
    budget: Budget = field(default_factory=lambda: Budget(2**30))
    tracer: Tracer | None = None
    journal: Journal | None = None

    def __post_init__(self) -> None:
        self.upstream.answers["r1:80"] = answer_well
        self.follower = Follower(open_platform("sqlite://"), 0.1, self.clock)
        self.follower.adopt(make_directory(share=self.share))
        random = Random(1)  # noqa: S311 - balances load and samples, guards nothing
        self.balancer = Balancer(random)
        self.meter = Meter()
        self.dispatcher = Dispatcher(
            self.follower, self.upstream, self.balancer, self.clock, self.meter
        )
        self.shadower = Shadower(self.dispatcher, random)
        self.recall = Recall(ResponseCache(2**20), self.clock)
        self.metrics = RequestMetrics(self.tap, cache=self.recall.tally)
        self.ledger = Ledger("g1")
        self.witness = Witness(self.metrics, self.ledger, self.journal, self.clock, self.tracer)
        self.limiter = Limiter(MemoryStore(), self.clock)
        self.trust = Trust(b"m" * 32, IssuerKeys(fetch_nothing, self.clock))
        census = Census(self._read_counters, self.follower, self.upstream, self.clock)
        repository = Repository(self.control.ask, self.follower, self.clock)
        operator = Operator(self.private_auth, self.follower, census, repository)
        self.offers = Offers(
            operator=operator, shadower=self.shadower, limiter=self.limiter, recall=self.recall
        )
        self.public = self._listen(PublicEntrance(self.trust))
        self.private = self._listen(PrivateEntrance(self.private_auth))

    def plane(self, entrance: Entrance) -> DataPlane:
        """The plane behind an entrance."""
        return DataPlane(
            entrance,
            self.follower,
            self.dispatcher,
            self.tap,
            self.clock,
            self.offers,
        )

    def parts(self, entrance: Entrance) -> tuple[DataPlane, Scribe]:
        """What a facade is built of."""
        return self.plane(entrance), self.scribe

    def _read_counters(self, endpoint: EndpointName) -> tuple[Counter, ...]:
        return tuple(one for one in self.counters if one.endpoint == endpoint)

    def _listen(self, entrance: Entrance) -> Listener:
        plane = self.plane(entrance)
        facades: dict[str, Facade] = {
            name: load("facade", FACADES, name)(plane, self.scribe) for name in FACADES
        }
        return Listener(plane, facades, self.witness, self.budget, self.clock)
