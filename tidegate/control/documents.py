"""What the control API takes and answers, as frozen pydantic values; the client returns the same.

Times are Unix seconds. A list travels as `{"items": [...]}`.
"""

from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from core.endpoint import EndpointSpec
from core.pool import PoolSpec
from core.spec import Spec
from registry.manifest import Manifest
from registry.records import (
    Alias,
    Endpoint,
    EndpointState,
    Event,
    Job,
    JobState,
    Lease,
    Monitor,
    MonitorRun,
    Resident,
    ResidentState,
    Role,
)

if TYPE_CHECKING:
    # The client reads these documents, and need not pay for the tables' library.
    from registry.catalogue import Version


class Document(BaseModel):
    """Base of what is answered: frozen; fields of a newer server are ignored."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


Item = TypeVar("Item", bound=Document)


class Listing(Document, Generic[Item]):
    """A list of documents."""

    items: tuple[Item, ...]


class AliasDocument(Document):
    """A movable name of a version; `previous` is where it stood before its last move."""

    model: str
    name: str
    version: int
    previous: int | None
    updated_at: float

    @classmethod
    def of(cls, alias: Alias) -> Self:
        """The document of a record."""
        return cls.model_validate(alias)


class VersionDocument(Document):
    """A published package."""

    model: str
    version: int
    digest: str
    location: str
    created_at: float
    manifest: Manifest

    @classmethod
    def of(cls, version: "Version") -> Self:
        """The document of a record."""
        return cls.model_validate(version)


class ModelSummary(Document):
    """A model in the list: its newest version and where its aliases stand."""

    name: str
    latest: int | None
    aliases: dict[str, int]


class ModelDocument(Document):
    """A model with all its versions, oldest first, and aliases."""

    name: str
    versions: tuple[VersionDocument, ...]
    aliases: tuple[AliasDocument, ...]


class PointRequest(Spec):
    """Where an alias shall stand.

    Without `expected` it moves from wherever it is now; `null` means that it must not exist yet.
    """

    version: int = Field(ge=1)
    expected: int | None = None


class ResidentDocument(Document):
    """One version of one variant that is loaded in the cluster, or on its way in or out."""

    id: str
    variant: str
    model: str
    version: int
    state: ResidentState
    reason: str
    created_at: float
    retire_at: float | None
    role: Role = Role.PREDICTOR
    share: float = 1.0

    @classmethod
    def of(cls, resident: Resident) -> Self:
        """The document of a record."""
        return cls.model_validate(resident)


class ReplicaDocument(Document):
    """A replica that answers for a resident at `address` (host:port)."""

    replica: str
    resident: str
    address: str
    expires_at: float

    @classmethod
    def of(cls, lease: Lease) -> Self:
        """The document of a record."""
        return cls.model_validate(lease)


class EndpointDocument(Document):
    """An endpoint: what is wanted, how it stands, and what is loaded for it."""

    name: str
    spec: EndpointSpec
    state: EndpointState
    reason: str
    created_at: float
    updated_at: float
    residents: tuple[ResidentDocument, ...]
    replicas: tuple[ReplicaDocument, ...]

    @classmethod
    def of(
        cls, endpoint: Endpoint, residents: tuple[Resident, ...], leases: tuple[Lease, ...]
    ) -> Self:
        """The document of an endpoint; takes its own out of all residents and all leases."""
        own = tuple(one for one in residents if one.endpoint == endpoint.name)
        ids = {one.id for one in own}
        return cls(
            name=endpoint.name,
            spec=endpoint.spec,
            state=endpoint.state,
            reason=endpoint.reason,
            created_at=endpoint.created_at,
            updated_at=endpoint.updated_at,
            residents=tuple(ResidentDocument.of(one) for one in own),
            replicas=tuple(ReplicaDocument.of(one) for one in leases if one.resident in ids),
        )


class PoolDocument(Document):
    """A pool; `replicas` has, for the address of each, the residents that it holds now."""

    name: str
    spec: PoolSpec
    created_at: float
    replicas: dict[str, tuple[str, ...]]


class EventDocument(Document):
    """Something that happened, for people to read."""

    at: float
    kind: str
    subject: str
    message: str

    @classmethod
    def of(cls, event: Event) -> Self:
        """The document of a record."""
        return cls.model_validate(event)


class TruthRecord(Spec):
    """What the right answer to one row of an inference was."""

    inference_id: str = Field(min_length=1, max_length=200)
    row: int = Field(default=0, ge=0, lt=2**31)
    label: JsonValue


class TruthRequest(Spec):
    """Ground truth for captured requests."""

    records: tuple[TruthRecord, ...] = Field(min_length=1, max_length=100_000)


class TruthReceipt(Document):
    """How many records were written."""

    accepted: int


class ProofRequest(Spec):
    """How long a proof shall be good for."""

    ttl_s: float = Field(default=300.0, gt=0, le=3600)


class ProofDocument(Document):
    """What opens the replicas of an endpoint until `expires_at`: a header and its value."""

    replicas: tuple[str, ...]
    header: str
    proof: str = Field(repr=False)
    expires_at: float


class JobDocument(Document):
    """A job; `result` is what it published, `message` how it goes or why it failed."""

    id: str
    kind: str
    spec: dict[str, Any]
    state: JobState
    message: str
    result: dict[str, Any]
    created_at: float
    updated_at: float

    @classmethod
    def of(cls, job: Job) -> Self:
        """The document of a record."""
        return cls.model_validate(job)


class MonitorDocument(Document):
    """A monitor's definition."""

    name: str
    endpoint: str
    spec: dict[str, Any]
    created_at: float

    @classmethod
    def of(cls, monitor: Monitor) -> Self:
        """The document of a record."""
        return cls.model_validate(monitor)


class RunRequest(Spec):
    """Which window to compare.

    Without `start` it is the monitor's own `window_s` before `end`; without `end` it ends now.
    """

    start: float | None = Field(default=None, ge=0)
    end: float | None = Field(default=None, ge=0)


class MonitorRunDocument(Document):
    """One comparison of a window with its baseline; `findings` counts violated constraints."""

    id: str
    monitor: str
    started_at: float
    state: JobState
    window_start: float
    window_end: float
    rows: int
    findings: int
    message: str

    @classmethod
    def of(cls, run: MonitorRun) -> Self:
        """The document of a record."""
        return cls.model_validate(run)


class LoopDocument(Document):
    """A background loop of the control process; `error` is empty when its last turn was good."""

    name: str
    turns: int
    failures: int
    last_good_at: float | None
    error: str


class StatusDocument(Document):
    """How the platform stands. `degraded`: a loop fails, and its `error` says why."""

    state: Literal["ok", "degraded"]
    version: str
    generation: int
    endpoints: dict[str, EndpointState]
    loops: tuple[LoopDocument, ...]
