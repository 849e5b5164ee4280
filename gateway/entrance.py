"""The two ways in. Publicly only a route leads to an endpoint; privately every endpoint is there."""

from dataclasses import dataclass
from typing import Literal, Protocol

from core.errors import EndpointNotFound, Forbidden
from core.http import Headers
from core.plugins import load
from core.route import RouteSpec
from gateway.authenticator import AUTHENTICATORS, Authenticator, Principal
from gateway.directory import Directory, Served

Right = Literal["infer", "metadata", "async"]


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller that may go on: the name it used, the endpoint behind it, and who it is.

    `may_target`: it may choose the variant itself.
    """

    name: str
    served: Served
    principal: Principal
    may_target: bool = False


class Entrance(Protocol):
    """Decides who comes in; called once for each request."""

    label: str

    def admit(
        self, name: str, right: Right, headers: Headers, directory: Directory, now: float
    ) -> Admitted:
        """Let the caller in; raises EndpointNotFound, Unauthenticated, Forbidden."""
        ...


class PublicEntrance:
    """Routes only. A name without a route looks as if it did not exist."""

    label = "public"

    def __init__(self) -> None:
        self._authenticators: dict[str, Authenticator] = {
            name: load("authenticator", AUTHENTICATORS, name)() for name in AUTHENTICATORS
        }

    def admit(
        self, name: str, right: Right, headers: Headers, directory: Directory, now: float
    ) -> Admitted:
        """Follow the route of this name."""
        route = directory.routes.get(name)
        if route is None:
            raise EndpointNotFound(name)
        principal = self._authenticators[route.auth].authenticate(headers, directory, now)
        check_rights(principal, route, right)
        return Admitted(name, directory.serve(route.endpoint), principal, route.targeting)


class PrivateEntrance:
    """Every endpoint by its own name, for whoever reaches the private listener, or for keys only."""

    label = "private"

    def __init__(self, auth: str) -> None:
        name = "anonymous" if auth == "open" else auth
        self._authenticator: Authenticator = load("authenticator", AUTHENTICATORS, name)()

    def admit(
        self, name: str, right: Right, headers: Headers, directory: Directory, now: float
    ) -> Admitted:
        """The endpoint of this name; the private listener grants every right."""
        del right
        principal = self._authenticator.authenticate(headers, directory, now)
        return Admitted(name, directory.serve(name), principal, may_target=True)


def check_rights(principal: Principal, route: RouteSpec, right: Right) -> None:
    """Raise Forbidden unless the route offers the operation and the principal may use the route."""
    if right not in route.operations:
        raise Forbidden(principal.name, f"ask route '{route.name}' for {right}")
    if principal.routes is not None and route.name not in principal.routes:
        raise Forbidden(principal.name, f"use route '{route.name}'")
