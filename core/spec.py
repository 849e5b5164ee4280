"""What people ask for: an endpoint and its variants, a route. Frozen, validated, written as JSON."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InvalidName, InvalidSpec
from core.refs import ModelRef, check_name


def _named(kind: str) -> AfterValidator:
    def check(name: str) -> str:
        try:
            return check_name(kind, name)
        except InvalidName as error:
            raise ValueError(str(error)) from error

    return AfterValidator(check)


def _is_ref(text: str) -> str:
    try:
        return str(ModelRef.parse(text))
    except InvalidName as error:
        raise ValueError(str(error)) from error


Named = Annotated[str, _named("name")]
Ref = Annotated[str, AfterValidator(_is_ref)]


class Spec(BaseModel):
    """Base of all specifications: frozen, and a field that we do not know is a fault."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def read(cls, document: Any) -> Self:
        """Validate; raises InvalidSpec with every fault by its path."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            faults = {
                ".".join(str(part) for part in fault["loc"]) or "spec": fault["msg"]
                for fault in error.errors(include_url=False)
            }
            raise InvalidSpec(cls.__name__, faults) from error


class Resources(Spec):
    """What one replica takes. `device` auto means CUDA where there is one, else the CPU."""

    num_cpus: float = Field(default=0.25, gt=0, le=1024)
    num_gpus: float = Field(default=0.0, ge=0, le=64)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    intra_op_num_threads: int = Field(default=1, ge=1, le=1024)


class Batching(Spec):
    """Limits of the batcher, counted in rows. A delay of 0 ms takes at once what is there."""

    max_rows: int = Field(default=64, ge=1, le=1_000_000)
    max_delay_ms: float = Field(default=0.0, ge=0, le=10_000)
    max_queue_rows: int = Field(default=4096, ge=1, le=100_000_000)


class VariantSpec(Spec):
    """One version of a model behind an endpoint, with its share of the traffic."""

    name: Named = "main"
    model: Ref
    weight: float = Field(default=1.0, ge=0, le=1e6)
    replicas: int = Field(default=1, ge=1, le=1000)
    resources: Resources = Resources()
    batching: Batching = Batching()
    options: dict[str, str | int | float | bool] = Field(default_factory=dict)


class CaptureSpec(Spec):
    """Which share of an endpoint's requests is recorded, and which sides of them."""

    share: float = Field(default=0.0, ge=0, le=1)
    inputs: bool = True
    outputs: bool = True


class EndpointSpec(Spec):
    """A name that answers inference.

    `timeout_s` bounds a request from arrival to answer. `retain_s` keeps the previous version loaded
    after a switch, so that going back is immediate.
    """

    name: Named
    variants: tuple[VariantSpec, ...] = Field(min_length=1, max_length=16)
    capture: CaptureSpec = CaptureSpec()
    timeout_s: float = Field(default=30.0, gt=0, le=3600)
    retain_s: float = Field(default=60.0, ge=0, le=86_400)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if len({variant.name for variant in self.variants}) != len(self.variants):
            raise ValueError("two variants have the same name")
        if sum(variant.weight for variant in self.variants) <= 0:
            raise ValueError("at least one variant needs a weight above 0")
        return self


class RouteSpec(Spec):
    """A public name that leads to one endpoint. Without a route nothing is reachable publicly."""

    name: Named
    endpoint: Named
    auth: Literal["api_key", "anonymous"] = "api_key"
    operations: tuple[Literal["infer", "metadata"], ...] = ("infer", "metadata")
