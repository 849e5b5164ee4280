"""What is public, as one value: routes and what they refer to. It is published as a whole."""

from collections.abc import Callable
from typing import Self, TypeVar

from pydantic import Field, model_validator

from core.issuer import IssuerSpec
from core.plan import PlanSpec
from core.route import RouteSpec
from core.spec import Spec

# The stage that paths without one lead to.
DEFAULT_STAGE = "prod"
Item = TypeVar("Item", bound=RouteSpec | PlanSpec | IssuerSpec)


class Exposure(Spec):
    """Routes, plans and issuers by name; what a route refers to is there."""

    routes: tuple[RouteSpec, ...] = Field(default=(), max_length=10_000)
    plans: tuple[PlanSpec, ...] = Field(default=(), max_length=1000)
    issuers: tuple[IssuerSpec, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _check(self) -> Self:
        for kind in ("routes", "plans", "issuers"):
            names = [one.name for one in getattr(self, kind)]
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind}: '{twice[0]}' stands twice")
        paths = [route.path for route in self.routes if route.path]
        if len(set(paths)) != len(paths):
            raise ValueError("routes: two have one path")
        self._check_references()
        return self

    def _check_references(self) -> None:
        plans = {plan.name for plan in self.plans}
        issuers = {issuer.name for issuer in self.issuers}
        for route in self.routes:
            for plan in (route.plan, route.total):
                if plan is not None and plan not in plans:
                    raise ValueError(f"route '{route.name}': there is no plan '{plan}'")
            for issuer in route.issuers:
                if issuer not in issuers:
                    raise ValueError(f"route '{route.name}': there is no issuer '{issuer}'")
            if "jwt" in route.auth and not issuers:
                raise ValueError(f"route '{route.name}': tokens need an issuer")

    def with_route(self, route: RouteSpec) -> Self:
        """With this route, in place of the one of its name; raises ValidationError."""
        return self._change(routes=_replace(self.routes, route))

    def with_plan(self, plan: PlanSpec) -> Self:
        """With this plan, in place of the one of its name."""
        return self._change(plans=_replace(self.plans, plan))

    def with_issuer(self, issuer: IssuerSpec) -> Self:
        """With this issuer, in place of the one of its name."""
        return self._change(issuers=_replace(self.issuers, issuer))

    def without_routes(self, drop: Callable[[RouteSpec], bool]) -> Self:
        """Without the routes that `drop` names."""
        return self._change(routes=tuple(route for route in self.routes if not drop(route)))

    def without_plan(self, name: str) -> Self:
        """Without this plan; raises ValidationError while a route needs it."""
        return self._change(plans=tuple(plan for plan in self.plans if plan.name != name))

    def without_issuer(self, name: str) -> Self:
        """Without this issuer; raises ValidationError while a route needs it."""
        return self._change(issuers=tuple(one for one in self.issuers if one.name != name))

    def _change(self, **fields: object) -> Self:
        # Validated again: a copy would not be.
        return type(self)(
            **{name: getattr(self, name) for name in type(self).model_fields} | fields
        )


def _replace(items: tuple[Item, ...], new: Item) -> tuple[Item, ...]:
    kept = [item for item in items if item.name != new.name]
    return tuple(sorted((*kept, new), key=lambda item: item.name))
