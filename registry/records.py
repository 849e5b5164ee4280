"""Rows of the platform's tables, as frozen values. Times are Unix seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from core.agreement import Agreement
from core.endpoint import EndpointSpec, VariantSpec
from core.exposure import Exposure
from core.latencies import NO_LATENCIES, Latencies
from core.oip.statistics import Counts
from core.pool import PoolSpec
from core.refs import (
    AliasName,
    EndpointName,
    JobId,
    KeyId,
    ModelName,
    ReplicaId,
    ResidentId,
    VariantName,
)
from core.route import RouteSpec
from core.signature import Signature


class EndpointState(StrEnum):
    """Where an endpoint stands. DEGRADED: the last good version answers, the wanted one failed."""

    CREATING = "creating"
    READY = "ready"
    UPDATING = "updating"
    DEGRADED = "degraded"
    FAILED = "failed"
    DELETING = "deleting"


class ResidentState(StrEnum):
    """Where one loaded version stands. RETIRED ones are kept loaded until `retire_at`.

    A CANARY has a share of the variant's traffic, and the version that is LIVE the rest.
    """

    STARTING = "starting"
    CANARY = "canary"
    LIVE = "live"
    RETIRED = "retired"
    DRAINING = "draining"
    FAILED = "failed"


class Role(StrEnum):
    """What a resident does for its variant."""

    PREDICTOR = "predictor"
    EXPLAINER = "explainer"


class JobState(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"

    @property
    def is_final(self) -> bool:
        """Whether it can change no more."""
        return self not in (JobState.PENDING, JobState.RUNNING)


class AsyncState(StrEnum):
    """Where an asynchronous request stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether it can change no more."""
        return self not in (AsyncState.QUEUED, AsyncState.RUNNING)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint: what is wanted (`spec`, applied at `updated_at`) and how it stands."""

    name: EndpointName
    spec: EndpointSpec
    state: EndpointState
    reason: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Resident:
    """One version of one variant, loaded or to be loaded in the cluster; its id is its content's hash.

    `share` is a canary's part of the variant's traffic, at `step` of its rollout since `stepped_at`.
    """

    id: ResidentId
    endpoint: EndpointName
    variant: VariantName
    model: ModelName
    version: int
    spec: VariantSpec
    signature: Signature
    platform: str
    location: str
    digest: str
    state: ResidentState
    reason: str = ""
    created_at: float = 0.0
    retire_at: float | None = None
    role: Role = Role.PREDICTOR
    share: float = 1.0
    step: int = 0
    stepped_at: float | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool that is wanted."""

    spec: PoolSpec
    created_at: float


@dataclass(frozen=True, slots=True)
class Lease:
    """A replica's word that it answers for a resident at `address` (host:port) until `expires_at`."""

    replica: ReplicaId
    resident: ResidentId
    address: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class Alias:
    """A movable name of a model's version. `previous` is where it stood before its last move."""

    model: ModelName
    name: AliasName
    version: int
    previous: int | None
    updated_at: float


@dataclass(frozen=True, slots=True)
class Route:
    """A route that is published."""

    spec: RouteSpec
    created_at: float


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is kept: `digest` is the SHA-256 of its secret part, never the secret.

    `routes` lists the route names that it opens; empty means all. `plan` limits it in place of its route's;
    `replaces` is the key that it was rotated from.
    """

    id: KeyId
    name: str
    digest: str = field(repr=False)
    routes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    plan: str | None = None
    scopes: tuple[str, ...] = ()
    replaces: KeyId | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was published as one, by whom and why; it never changes."""

    number: int
    exposure: Exposure
    author: str
    note: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Stage:
    """A name under which a deployment is public; `canary` is another that takes `share` of its requests.

    `previous` is the deployment that it had before. `hosts` lead to it whatever the path says.
    """

    name: str
    deployment: int
    previous: int | None
    canary: int | None
    share: float
    hosts: tuple[str, ...]
    updated_at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What one caller asked of one route in one day (UTC, `2026-11-24`), as one gateway counted it.

    `refused` are requests that a limit turned away; `errors` answers of 5xx. They are among `requests`.
    """

    gateway: str
    day: str
    route: str
    principal: str
    requests: int = 0
    errors: int = 0
    refused: int = 0
    rows: int = 0
    bytes_in: int = 0
    bytes_out: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change that somebody asked the control API for: what was there `before`, what `after`."""

    at: float
    actor: str
    action: str
    subject: str
    status: int
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Counter:
    """What a replica has counted since it started, as it last wrote it."""

    replica: ReplicaId
    endpoint: EndpointName
    resident: ResidentId
    version: int
    counts: Counts
    updated_at: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one gateway sent to a resident in one span, which begins at `span` (Unix seconds).

    `errors` are answers of 5xx. `waiting` requests found no replica, `outstanding` rows were at
    replicas: both the highest of the span.
    """

    gateway: str
    resident: ResidentId
    span: int
    requests: int = 0
    errors: int = 0
    latencies: Latencies = NO_LATENCIES
    waiting: int = 0
    outstanding: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a shadow answered to one gateway's copies in one span, beside what was answered live.

    `compared`, `agreed`, `failed` and `dropped` count requests, `outputs` the rows of each output.
    """

    gateway: str
    resident: ResidentId
    span: int
    compared: int = 0
    agreed: int = 0
    failed: int = 0
    dropped: int = 0
    latencies: Latencies = NO_LATENCIES
    live_latencies: Latencies = NO_LATENCIES
    outputs: Mapping[str, Agreement] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a thing, for people to read."""

    at: float
    kind: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """A training or tuning job. `result` is what it published."""

    id: JobId
    kind: str
    spec: dict[str, Any]
    state: JobState
    message: str
    result: dict[str, Any]
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor's definition; `spec` is the monitor room's own form."""

    name: str
    endpoint: EndpointName
    spec: dict[str, Any]
    created_at: float


@dataclass(frozen=True, slots=True)
class MonitorRun:
    """One comparison of a window with its baseline. `findings` counts violated constraints."""

    id: str
    monitor: str
    started_at: float
    state: JobState
    window_start: float
    window_end: float
    rows: int
    findings: int
    report: str
    message: str


@dataclass(frozen=True, slots=True)
class AsyncRequest:
    """An inference that is answered later. Its bodies lie in the spool, under its id.

    `name` and `version` are what the caller asked for, `headers` and `reply` the HTTP headers of the two
    bodies (and the reply's status). A courier owns it until `owned_until` while it runs. A callback that
    is not delivered is due at `callback_due_at`.
    """

    id: str
    endpoint: EndpointName
    name: str
    version: str
    principal: str
    headers: dict[str, str]
    created_at: float
    expires_at: float
    due_at: float
    callback: str = ""
    state: AsyncState = AsyncState.QUEUED
    reply: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    attempts: int = 0
    owner: str = ""
    owned_until: float = 0.0
    finished_at: float | None = None
    callback_attempts: int = 0
    callback_due_at: float | None = None
