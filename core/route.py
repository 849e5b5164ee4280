"""What people ask of the public listener: a route."""

import re
from ipaddress import ip_network
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from core.spec import Named, Spec
from core.tensor import Parameter

AuthName = Literal["api_key", "anonymous", "jwt", "sigv4", "mtls"]
Operation = Literal["infer", "metadata", "async", "documents"]
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?", re.ASCII)
_PATH = re.compile(r"(/[A-Za-z0-9._~-]{1,64}){1,8}", re.ASCII)
# First parts of paths that the listener answers itself.
_TAKEN = ("v1", "v2", "endpoints", "api", "metrics", "docs")


def _is_network(text: str) -> str:
    return str(ip_network(text, strict=False))


def _is_host(text: str) -> str:
    if not _HOST.fullmatch(text.lower()):
        raise ValueError(f"{text[:80]!r} is no host name; write api.example.com or *.example.com")
    return text.lower()


def _is_path(text: str) -> str:
    if not _PATH.fullmatch(text) or text.split("/")[1] in _TAKEN:
        taken = ", ".join(_TAKEN)
        raise ValueError(f"{text[:80]!r} is no path; write /some/path, not beginning with {taken}")
    return text


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Network = Annotated[str, AfterValidator(_is_network)]
Host = Annotated[str, AfterValidator(_is_host)]
Path = Annotated[str, AfterValidator(_is_path)]


class Cors(Spec):
    """Which web pages may call: their `origins` (`https://app.example.com`, or `*`).

    A browser may remember the answer to its question for `max_age_s`.
    """

    origins: tuple[str, ...] = Field(min_length=1, max_length=100)
    headers: tuple[str, ...] = ("authorization", "content-type", "x-api-key")
    max_age_s: int = Field(default=600, ge=0, le=86_400)


class Cache(Spec):
    """Answers that are kept for `ttl_s`, and given to who asks the same of the same version.

    `vary`: each caller has answers of its own, unless it says `content`: then whoever asks the same gets
    the same, and may tell from `Age` that somebody asked before. Answers of more than `max_bytes` are not
    kept. `not_modified`: a caller whose `If-None-Match` names the answer gets 304 in place of it.
    """

    ttl_s: float = Field(gt=0, le=86_400)
    max_bytes: int = Field(default=2**20, ge=1024, le=2**30)
    vary: Literal["caller", "content"] = "caller"
    not_modified: bool = False


class RouteSpec(Spec):
    """A public name that leads to one endpoint. Without a route nothing is reachable publicly.

    `variant`: the one that answers, instead of all by weight. `hosts`: those that it is reachable by, any
    unless said. `path`: one more path, which takes plain JSON. `auth`: ways to come in; the first that the
    request shows a credential for decides. `scopes`: what a caller's key or token must hold. `targeting`:
    callers may choose the variant by `X-Tidegate-Variant`. `timing`: they may ask where the time went.

    `plan` limits each caller that has no plan of its own, `total` all of them together. `timeout_s` and
    `max_body_bytes` count where they are lower than the endpoint's and the gateway's. `allow` and `deny`
    are networks (CIDR); who is denied is not let in, whatever is allowed. `outputs`: those that are
    answered with, all unless said; `parameters` are set on each request in place of the caller's.
    `priority` is given to requests that name none. `cache` keeps answers.
    """

    name: Named
    endpoint: Named
    variant: Named | None = None
    hosts: tuple[Host, ...] = Field(default=(), max_length=100)
    path: Path | None = None
    auth: Annotated[tuple[AuthName, ...], BeforeValidator(_listed), Field(min_length=1)] = (
        "api_key",
    )
    scopes: tuple[Named, ...] = Field(default=(), max_length=100)
    issuers: tuple[Named, ...] = Field(default=(), max_length=20)
    targeting: bool = False
    timing: bool = False
    operations: tuple[Operation, ...] = ("infer", "metadata")
    plan: Named | None = None
    total: Named | None = None
    timeout_s: float | None = Field(default=None, gt=0, le=86_400)
    max_body_bytes: int | None = Field(default=None, ge=1)
    allow: tuple[Network, ...] = Field(default=(), max_length=1000)
    deny: tuple[Network, ...] = Field(default=(), max_length=1000)
    cors: Cors | None = None
    cache: Cache | None = None
    outputs: tuple[str, ...] = Field(default=(), max_length=1000)
    parameters: dict[str, Parameter] = Field(default={}, max_length=100)
    priority: int | None = Field(default=None, ge=0, le=2**31)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if "anonymous" in self.auth and self.scopes:
            raise ValueError("scopes: an anonymous caller has none")
        if "anonymous" in self.auth and len(self.auth) > 1:
            raise ValueError("auth: anonymous lets everybody in; name it alone")
        if self.variant is not None and self.targeting:
            raise ValueError("targeting: the route names the variant itself")
        if self.cache is not None and self.parameters.get("idempotent") is False:
            raise ValueError("cache: requests that are not idempotent are never answered from it")
        return self

    def takes(self, host: str) -> bool:
        """Whether the route is reachable by this host (lower case, without a port)."""
        return not self.hosts or any(_fits(host, wanted) for wanted in self.hosts)


def _fits(host: str, wanted: str) -> bool:
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted
