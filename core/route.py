"""What people ask of the public listener: a route."""

from typing import Literal

from core.spec import Named, Spec


class RouteSpec(Spec):
    """A public name that leads to one endpoint. Without a route nothing is reachable publicly.

    `targeting`: callers may choose the variant by `X-Tidegate-Variant`.
    """

    name: Named
    endpoint: Named
    auth: Literal["api_key", "anonymous"] = "api_key"
    targeting: bool = False
    operations: tuple[Literal["infer", "metadata", "async"], ...] = ("infer", "metadata")
