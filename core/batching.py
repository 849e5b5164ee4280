"""How a replica joins requests into runs of the model."""

from pydantic import Field

from core.spec import Spec


class Batching(Spec):
    """Limits of the batcher, counted in rows. A delay of 0 ms takes at once what is there."""

    max_rows: int = Field(default=64, ge=1, le=1_000_000)
    max_delay_ms: float = Field(default=0.0, ge=0, le=10_000)
    max_queue_rows: int = Field(default=4096, ge=1, le=100_000_000)
