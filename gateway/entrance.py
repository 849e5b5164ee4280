"""The two ways in. Publicly only a route leads to an endpoint; privately every endpoint is there."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Literal, Protocol

from core.errors import EndpointNotFound, Forbidden, Unauthenticated
from core.plan import PlanSpec
from core.plugins import load
from core.route import RouteSpec
from gateway.authenticator import AUTHENTICATORS, Authenticator, Known, Principal, Trust
from gateway.call import Call
from gateway.caller import Caller
from gateway.directory import Directory, Served
from gateway.guard import Guard
from gateway.published import Published

ANYBODY = Principal("anonymous")
Right = Literal["infer", "metadata", "async", "documents"]


@dataclass(frozen=True, slots=True)
class Limit:
    """A plan that a request falls under; `subject` is whose bucket pays."""

    plan: PlanSpec
    subject: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller that may go on: the name it used, the endpoint behind it, and who it is.

    `may_target`: it may choose the variant itself. `route` is None on the private side.
    """

    name: str
    served: Served
    principal: Principal
    caller: Caller
    may_target: bool = False
    route: RouteSpec | None = None
    limits: tuple[Limit, ...] = ()
    stage: str = ""
    deployment: int = 0


class Entrance(Protocol):
    """Decides who comes in; called once for each request."""

    label: str

    def admit(self, call: Call, right: Right, directory: Directory) -> Admitted:
        """Let the caller in; raises EndpointNotFound, Unauthenticated, Forbidden, RateLimited."""
        ...

    def find_route(self, caller: Caller, path: str, directory: Directory) -> str | None:
        """The name of the route that has this path of its own."""
        ...


class PublicEntrance:
    """Routes only. A name without a route looks as if it did not exist."""

    label = "public"

    def __init__(self, trust: Trust) -> None:
        self._authenticators: dict[str, Authenticator] = {
            name: load("authenticator", AUTHENTICATORS, name)(trust) for name in AUTHENTICATORS
        }
        self._guard = Guard()
        # Not for secrets: it shares requests between deployments.
        self._draw: Callable[[], float] = Random().random  # noqa: S311

    def admit(self, call: Call, right: Right, directory: Directory) -> Admitted:
        """Follow the route of this name."""
        caller = call.caller
        stage = directory.find_stage(caller.stage, caller.host)
        published = None if stage is None else stage.choose(self._draw() if stage.canary else 0.0)
        route = None if published is None else published.routes.get(call.name)
        if stage is None or published is None or route is None or not route.takes(caller.host):
            raise EndpointNotFound(call.name)
        if not published.gates[route.name].admits(caller.address):
            raise Forbidden("this address", f"use route '{route.name}'")
        issuers, scope = published.issuers.get(route.name, ()), f"{published.number}/{route.name}"
        known = Known(directory, call.arrived_at, issuers, scope)
        if right == "documents":
            # A browser that opens a page shows no key; a route that offers documents offers them to all.
            check_offered(ANYBODY, route, right)
            return Admitted(
                call.name, directory.serve(route.endpoint), ANYBODY, caller, route=route
            )
        principal = self._authenticate(route, caller, known)
        check_rights(principal, route, right)
        return Admitted(
            call.name,
            directory.serve(route.endpoint),
            principal,
            caller,
            route.targeting,
            route,
            find_limits(stage.name, published, route, principal, caller),
            stage.name,
            published.number,
        )

    def find_route(self, caller: Caller, path: str, directory: Directory) -> str | None:
        """The name of the route that has this path of its own."""
        stage = directory.find_stage(caller.stage, caller.host)
        return None if stage is None else stage.live.paths.get(path)

    def _authenticate(self, route: RouteSpec, caller: Caller, known: Known) -> Principal:
        if route.auth == ("anonymous",):
            return self._authenticators["anonymous"].authenticate(caller, known)
        self._guard.check(caller, known.now)
        try:
            principal = self._choose(route, caller).authenticate(caller, known)
        except Unauthenticated:
            self._guard.fail(caller, known.now)
            raise
        self._guard.succeed(caller)
        return principal

    def _choose(self, route: RouteSpec, caller: Caller) -> Authenticator:
        if len(route.auth) == 1:
            return self._authenticators[route.auth[0]]
        for name in route.auth:
            if self._authenticators[name].is_shown(caller):
                return self._authenticators[name]
        raise Unauthenticated


class PrivateEntrance:
    """Every endpoint by its own name, for whoever reaches the private listener, or for keys only."""

    label = "private"

    def __init__(self, auth: str) -> None:
        name = "anonymous" if auth == "open" else auth
        self._authenticator: Authenticator = load("authenticator", AUTHENTICATORS, name)(Trust())

    def admit(self, call: Call, right: Right, directory: Directory) -> Admitted:
        """The endpoint of this name; the private listener grants every right."""
        del right
        known = Known(directory, call.arrived_at)
        principal = self._authenticator.authenticate(call.caller, known)
        served = directory.serve(call.name)
        return Admitted(call.name, served, principal, call.caller, may_target=True)

    def find_route(self, caller: Caller, path: str, directory: Directory) -> str | None:
        """Privately an endpoint has no path of its own."""
        del caller, path, directory
        return None


def check_offered(principal: Principal, route: RouteSpec, right: Right) -> None:
    """Raise Forbidden unless the route offers the operation."""
    if right not in route.operations:
        raise Forbidden(principal.name, f"ask route '{route.name}' for {right}")


def check_rights(principal: Principal, route: RouteSpec, right: Right) -> None:
    """Raise Forbidden unless the route offers the operation and the principal may use the route."""
    check_offered(principal, route, right)
    if principal.routes is not None and route.name not in principal.routes:
        raise Forbidden(principal.name, f"use route '{route.name}'")
    for scope in route.scopes:
        if scope not in principal.scopes:
            raise Forbidden(principal.name, f"use route '{route.name}' without scope '{scope}'")


def find_limits(
    stage: str, published: Published, route: RouteSpec, principal: Principal, caller: Caller
) -> tuple[Limit, ...]:
    """The plans that a request falls under: the caller's own, else its route's; and the route's total.

    A caller's own plan is paid from one account over all routes. Who is anonymous pays by address.
    """
    own = published.plans.get(principal.plan) if principal.plan else None
    plan = own or (published.plans.get(route.plan) if route.plan else None)
    if plan is None and route.total is None:
        return ()
    limits: list[Limit] = []
    at = f"{stage}/{route.name}"
    if own is not None:
        limits.append(Limit(own, f"{own.name}:{principal.account or principal.name}"))
    elif plan is not None:
        who = principal.account or principal.name
        who = f"{who}@{caller.address}" if principal.name == "anonymous" else who
        limits.append(Limit(plan, f"{plan.name}:{at}:{who}"))
    if route.total is not None:
        limits.append(Limit(published.plans[route.total], f"{route.total}:{at}"))
    return tuple(limits)
