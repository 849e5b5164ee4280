"""What people ask of serving: an endpoint and its variants."""

from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from core.autoscaling import Autoscaling
from core.batching import Batching
from core.resources import Resources
from core.rollout import Rollout
from core.spec import Named, Ref, Spec


class Shadow(Spec):
    """A variant that gets copies of this share of the requests and answers nobody.

    Its answers are compared with the live ones: numbers agree within `rtol` and `atol`, as numpy's
    `isclose`. At most `max_in_flight` copies are on their way from one gateway; more are dropped, counted.
    """

    share: float = Field(default=1.0, gt=0, le=1)
    rtol: float = Field(default=1e-3, ge=0, le=1)
    atol: float = Field(default=1e-6, ge=0, le=1e9)
    max_in_flight: int = Field(default=16, ge=1, le=1024)


class VariantSpec(Spec):
    """One version of a model behind an endpoint, with its share of the traffic.

    With `autoscaling` that decides the number of replicas. With `pool` the replicas of that pool load the
    model when it is asked for; their resources and number are the pool's. A `shadow` has no share of the
    traffic, whatever its weight.
    """

    name: Named = "main"
    model: Ref
    weight: float = Field(default=1.0, ge=0, le=1e6)
    autoscaling: Autoscaling | None = None
    replicas: int = Field(default=1, ge=0, le=1000)
    shadow: Shadow | None = None
    pool: Named | None = None
    resources: Resources = Resources()
    batching: Batching = Batching()
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)

    @field_validator("replicas")
    @classmethod
    def _is_scaled(cls, replicas: int, info: ValidationInfo) -> int:
        if not replicas and info.data.get("autoscaling") is None:
            raise ValueError("must be 1 or more, or autoscaling say when there are none")
        return replicas

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.pool is not None and (self.autoscaling is not None or self.replicas != 1):
            raise ValueError("the pool decides on replicas: leave replicas and autoscaling out")
        if self.pool is not None and self.batching.sequences is not None:
            raise ValueError("a pool unloads models, and would lose the state of their sequences")
        return self


class CaptureSpec(Spec):
    """Which share of an endpoint's requests is recorded, and which sides of them."""

    share: float = Field(default=0.0, ge=0, le=1)
    inputs: bool = True
    outputs: bool = True


class Sticky(Spec):
    """What keeps a caller at one variant: the value of a header, or of a request parameter."""

    header: str = Field(default="", max_length=100, pattern=r"^[A-Za-z0-9-]*$")
    parameter: str = Field(default="", max_length=100)

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.header) == bool(self.parameter):
            raise ValueError("name a header or a parameter")
        return self


class EndpointSpec(Spec):
    """A name that answers inference.

    `timeout_s` bounds a request from arrival to answer. `sticky` keeps a
    caller at one variant. `retain_s` keeps the previous version loaded
    after a switch, so that going back is immediate. `rollout` says how a
    new version of a variant takes over its traffic.
    """

    name: Named
    variants: tuple[VariantSpec, ...] = Field(min_length=1, max_length=16)
    capture: CaptureSpec = CaptureSpec()
    timeout_s: float = Field(default=30.0, gt=0, le=3600)
    sticky: Sticky | None = None
    retain_s: float = Field(default=60.0, ge=0, le=86_400)
    rollout: Rollout = Rollout()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len({variant.name for variant in self.variants}) != len(self.variants):
            raise ValueError("two variants have the same name")
        if sum(one.weight for one in self.variants if one.shadow is None) <= 0:
            raise ValueError("at least one variant that is no shadow needs a weight above 0")
        return self
