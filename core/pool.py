"""Pools: replicas that hold many models each, loaded when they are asked for."""

import hashlib
import json
from typing import Annotated

from pydantic import Field

from core.refs import ResidentId
from core.resources import Resources
from core.spec import Named, Spec

# A character that no name has.
_MARK = "~"


class PoolSpec(Spec):
    """A group of `replicas`, each with `resources`, for variants that name the pool.

    A replica keeps at most `max_models` models and `memory_mb` of them; the one that was asked for the
    longest ago makes room. A model that has `spread_at` requests at each replica that holds it is loaded
    by one more.
    """

    name: Annotated[Named, Field(max_length=40)]
    replicas: int = Field(default=1, ge=1, le=1000)
    resources: Resources = Resources(num_cpus=1.0)
    memory_mb: int = Field(default=1024, ge=1, le=100_000_000)
    max_models: int = Field(default=100, ge=1, le=10_000)
    spread_at: int = Field(default=8, ge=1, le=100_000)

    @property
    def app(self) -> ResidentId:
        """What its application is called: another one where its replicas must be others."""
        said = self.model_dump(mode="json", exclude={"spread_at"})
        digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return ResidentId(_MARK.join(("pool", self.name, digest[:12])))


def read_pool(app: str) -> str | None:
    """The name of the pool whose application is called so; None for what is no pool."""
    kind, _, rest = app.partition(_MARK)
    return rest.rpartition(_MARK)[0] if kind == "pool" and rest else None
