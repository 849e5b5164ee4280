"""How a replica joins requests into runs of the model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from core.sequences import Sequences
from core.spec import Spec


class Padding(Spec):
    """Lets requests of several lengths share a run: a free dimension is filled up to the next length.

    `axis` counts from 1, since 0 is the rows. `outputs` name those whose same axis is cut back, as
    `name` or `name:axis`. A request longer than the last length runs as it is.
    """

    input: str = Field(min_length=1, max_length=250)
    axis: int = Field(default=1, ge=1, le=31)
    lengths: tuple[int, ...] = Field(min_length=1, max_length=64)
    value: float = 0.0
    outputs: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if list(self.lengths) != sorted(set(self.lengths)) or self.lengths[0] < 1:
            raise ValueError("lengths must grow and be above 0")
        return self


class Batching(Spec):
    """Limits of the batcher, counted in rows. A delay of 0 ms takes at once what is there.

    `preferred_rows`: a batch is cut to the largest of these that fills. `instances`: so many copies of
    the model run at once. Priorities go from 1, the highest, to `priority_levels`; a request that names
    none has `default_priority`. A run longer than `run_timeout_s` means that the replica hangs. A request
    that finds no room is refused with `full_status`. With `sequences` requests are steps of them.
    """

    max_rows: int = Field(default=64, ge=1, le=1_000_000)
    max_delay_ms: float = Field(default=0.0, ge=0, le=10_000)
    max_queue_rows: int = Field(default=4096, ge=1, le=100_000_000)
    preferred_rows: tuple[int, ...] = Field(default=(), max_length=16)
    instances: int = Field(default=1, ge=1, le=64)
    priority_levels: int = Field(default=1, ge=1, le=1000)
    default_priority: int = Field(default=1, ge=1, le=1000)
    padding: tuple[Padding, ...] = Field(default=(), max_length=16)
    run_timeout_s: float = Field(default=60.0, gt=0, le=86_400)
    full_status: Literal[429, 503] = 503
    sequences: Sequences | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.default_priority > self.priority_levels:
            raise ValueError("default_priority is beyond priority_levels")
        if any(not 1 <= rows <= self.max_rows for rows in self.preferred_rows):
            raise ValueError("preferred_rows must lie from 1 to max_rows")
        return self

    def level(self, priority: int) -> int:
        """The level of a request that asked for this one: 0 gets the default, what is beyond the last."""
        return min(priority, self.priority_levels) if priority else self.default_priority

    def cut(self, rows: int) -> int:
        """How many rows the next batch should have when so many wait."""
        return max((size for size in self.preferred_rows if size <= rows), default=self.max_rows)
