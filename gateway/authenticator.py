"""Authenticators: ways to say who is calling. One file each, named by a route's `auth`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from core.issuer import IssuerSpec
from gateway.caller import Caller
from gateway.directory import Directory
from gateway.issuer import IssuerKeys

AUTHENTICATORS: Mapping[str, str] = {
    "anonymous": "gateway.authenticators.anonymous:Anonymous",
    "api_key": "gateway.authenticators.api_key:ApiKeyAuthenticator",
    "jwt": "gateway.authenticators.jwt:JwtAuthenticator",
    "mtls": "gateway.authenticators.mtls:CertificateAuthenticator",
    "sigv4": "gateway.authenticators.sigv4:SignatureAuthenticator",
}
NO_SCOPES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling. `routes` are those that it may use, None for all.

    `plan` limits it in place of its route's; `account` is whose bucket then pays. `confirm` raises
    Unauthenticated unless the body, once it is there, is the one that the credential speaks of.
    """

    name: str
    routes: frozenset[str] | None = None
    scopes: frozenset[str] = NO_SCOPES
    plan: str | None = None
    account: str = ""
    confirm: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """What credentials are checked with. `master` derives the secrets of signing keys."""

    master: bytes = field(default=b"", repr=False)
    issuer_keys: IssuerKeys | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a credential is looked up in, at `now` (Unix seconds); `scope` names what trusts the issuers."""

    directory: Directory
    now: float
    issuers: tuple[IssuerSpec, ...] = ()
    scope: str = ""


class Authenticator(Protocol):
    """Built once for each entrance; must not block the event loop."""

    def __init__(self, trust: Trust) -> None: ...

    def is_shown(self, caller: Caller) -> bool:
        """Whether the request has a credential of this kind, good or not."""
        ...

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """Who is calling; raises Unauthenticated, saying nothing of why."""
        ...
