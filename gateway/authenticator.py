"""Authenticators: ways to say who is calling. One file each, named by a route's `auth`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.http import Headers
from gateway.directory import Directory

AUTHENTICATORS: Mapping[str, str] = {
    "anonymous": "gateway.authenticators.anonymous:Anonymous",
    "api_key": "gateway.authenticators.api_key:ApiKeyAuthenticator",
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling. `routes` are those that it may use, None for all."""

    name: str
    routes: frozenset[str] | None = None


class Authenticator(Protocol):
    """Called once for each request, on the event loop; must not block."""

    def authenticate(self, headers: Headers, directory: Directory, now: float) -> Principal:
        """Who is calling at `now` (Unix seconds); raises Unauthenticated, saying nothing of why."""
        ...
