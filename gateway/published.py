"""What a stage exposes, made ready for look-ups: its routes by name and path, and what they refer to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self

from core.exposure import Exposure
from core.issuer import IssuerSpec
from core.plan import PlanSpec
from core.route import RouteSpec

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Gate:
    """The networks that a route lets in: none named means all of them, and `deny` goes before `allow`."""

    allow: tuple[Network, ...] = ()
    deny: tuple[Network, ...] = ()

    def admits(self, address: str) -> bool:
        """Whether a caller at this address may come in; one that cannot be read may not."""
        if not self.allow and not self.deny:
            return True
        try:
            found = _read_address(address)
        except ValueError:
            return False
        if any(found in network for network in self.deny):
            return False
        return not self.allow or any(found in network for network in self.allow)


@dataclass(frozen=True, slots=True)
class Published:
    """One deployment. `gates` and `issuers` are those of each route, by its name."""

    number: int = 0
    routes: Mapping[str, RouteSpec] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    plans: Mapping[str, PlanSpec] = field(default_factory=dict)
    issuers: Mapping[str, tuple[IssuerSpec, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, exposure: Exposure, number: int) -> Self:
        """An exposure made ready."""
        issuers = {issuer.name: issuer for issuer in exposure.issuers}
        return cls(
            number=number,
            routes={route.name: route for route in exposure.routes},
            paths={route.path: route.name for route in exposure.routes if route.path},
            gates={route.name: _make_gate(route) for route in exposure.routes},
            plans={plan.name: plan for plan in exposure.plans},
            issuers={
                route.name: tuple(issuers[name] for name in route.issuers) or exposure.issuers
                for route in exposure.routes
            },
        )


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage: what it exposes, and a canary that takes `share` of its requests."""

    name: str
    live: Published
    canary: Published | None = None
    share: float = 0.0

    def choose(self, draw: float) -> Published:
        """The deployment for a request that drew this number from 0 to 1."""
        return self.canary if self.canary is not None and draw < self.share else self.live


NOTHING = Published()


def _make_gate(route: RouteSpec) -> Gate:
    return Gate(tuple(map(ip_network, route.allow)), tuple(map(ip_network, route.deny)))


def _read_address(text: str) -> Address:
    found = ip_address(text)
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found
