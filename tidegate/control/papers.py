"""What the control API says of the gateway: routes, plans, stages, deployments, keys, records."""

from typing import Any, Self

from pydantic import Field

from core.exposure import Exposure
from core.plan import PlanSpec
from core.route import RouteSpec
from core.spec import Named, Spec
from registry.records import ApiKey, AuditEntry, Deployment, Route, Stage, Usage
from tidegate.control.documents import Document


class RouteDocument(Document):
    """A public name and where it leads."""

    spec: RouteSpec
    created_at: float

    @classmethod
    def of(cls, route: Route) -> Self:
        """The document of a record."""
        return cls.model_validate(route)


class PlanDocument(Document):
    """A usage plan."""

    spec: PlanSpec


class DeploymentDocument(Document):
    """What was published as one."""

    number: int
    exposure: Exposure
    author: str
    note: str
    created_at: float

    @classmethod
    def of(cls, deployment: Deployment) -> Self:
        """The document of a record."""
        return cls.model_validate(deployment)


class StageDocument(Document):
    """A stage: the deployment that it has, and a canary that takes `share` of its requests."""

    name: str
    deployment: int
    previous: int | None
    canary: int | None
    share: float
    hosts: tuple[str, ...]
    updated_at: float

    @classmethod
    def of(cls, stage: Stage) -> Self:
        """The document of a record."""
        return cls.model_validate(stage)


class UsageDocument(Document):
    """What one caller asked of one route on one day (UTC)."""

    day: str
    route: str
    principal: str
    requests: int
    errors: int
    refused: int
    rows: int
    bytes_in: int
    bytes_out: int

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """The document of a record."""
        return cls.model_validate(usage)


class AuditDocument(Document):
    """One change that somebody asked for."""

    at: float
    actor: str
    action: str
    subject: str
    status: int
    before: Any
    after: Any

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        """The document of a record."""
        return cls.model_validate(entry)


class KeyRequest(Spec):
    """A new API key; no `routes` means all of them."""

    name: Named
    routes: tuple[Named, ...] = Field(default=(), max_length=1000)
    expires_at: float | None = Field(default=None, gt=0)
    plan: Named | None = None
    scopes: tuple[Named, ...] = Field(default=(), max_length=100)


class Rotation(Spec):
    """How long the old key goes on beside the new one, and when the new one ends."""

    overlap_s: float = Field(default=86_400, ge=0, le=90 * 86_400)
    expires_at: float | None = Field(default=None, gt=0)


class KeyDocument(Document):
    """An API key as it is kept; its secret is nowhere."""

    id: str
    name: str
    routes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    revoked_at: float | None
    plan: str | None
    scopes: tuple[str, ...]
    replaces: str | None

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """The document of a record."""
        return cls.model_validate(key)


class MintedKey(Document):
    """A new key with its text, which is shown this once."""

    key: KeyDocument
    text: str = Field(repr=False)


class SigningKey(Document):
    """A key's pair for AWS's SDKs."""

    access_key_id: str
    secret_access_key: str = Field(repr=False)
