"""The client's calls about pools."""

from collections.abc import Mapping
from typing import Any

from core.pool import PoolSpec
from tidegate.client.connection import Connection
from tidegate.control.documents import PoolDocument


class Pools:
    """Groups of replicas that hold many models each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def apply(self, spec: PoolSpec | Mapping[str, Any]) -> PoolDocument:
        """Create a pool or replace its spec."""
        wanted = spec if isinstance(spec, PoolSpec) else PoolSpec.read(spec)
        body = wanted.model_dump(mode="json")
        return self._connection.put(PoolDocument, "pools", wanted.name, body=body)

    def list(self) -> tuple[PoolDocument, ...]:
        """All pools."""
        return self._connection.list(PoolDocument, "pools")

    def get(self, name: str) -> PoolDocument:
        """One pool; raises NotFound."""
        return self._connection.get(PoolDocument, "pools", name)

    def remove(self, name: str) -> None:
        """Take a pool down; raises NotFound, and Conflict while an endpoint names it."""
        self._connection.delete("pools", name)
