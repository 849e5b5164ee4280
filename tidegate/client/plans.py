"""The client's calls about usage plans."""

from collections.abc import Mapping
from typing import Any

from core.exposure import DEFAULT_STAGE
from core.plan import PlanSpec
from tidegate.client.connection import Connection
from tidegate.control.papers import PlanDocument


class Plans:
    """How much callers may ask for. Each change publishes a deployment of its stage."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(self, spec: PlanSpec | Mapping[str, Any], stage: str = DEFAULT_STAGE) -> PlanDocument:
        """Make a plan or change it."""
        wanted = spec if isinstance(spec, PlanSpec) else PlanSpec.read(spec)
        body = wanted.model_dump(mode="json")
        query = {"stage": stage}
        return self._connection.put(PlanDocument, "plans", wanted.name, body=body, query=query)

    def list(self, stage: str = DEFAULT_STAGE) -> tuple[PlanDocument, ...]:
        """All plans of a stage."""
        return self._connection.list(PlanDocument, "plans", query={"stage": stage})

    def remove(self, name: str, stage: str = DEFAULT_STAGE) -> None:
        """Remove a plan; raises NotFound, InvalidSpec while a route needs it."""
        self._connection.delete("plans", name, query={"stage": stage})
