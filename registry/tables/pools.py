"""Pools that people asked for."""

from sqlalchemy import Row, delete, insert, select, update

from core.errors import Conflict, NotFound
from core.pool import PoolSpec
from registry.database import Database
from registry.records import Pool
from registry.schema import endpoints, pools


class PoolTable:
    """Pools by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, spec: PoolSpec, now: float) -> Pool:
        """Create a pool or replace its spec."""
        document = spec.model_dump(mode="json")
        with self._database.write() as connection:
            known = update(pools).where(pools.c.name == spec.name)
            if connection.execute(known.values(spec=document)).rowcount == 0:
                row = {"name": spec.name, "spec": document, "created_at": now}
                connection.execute(insert(pools).values(**row))
        return self.get(spec.name)

    def get(self, name: str) -> Pool:
        """One pool; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(pools).where(pools.c.name == name)).first()
        if row is None:
            raise NotFound("pool", name)
        return _read(row)

    def list(self) -> tuple[Pool, ...]:
        """All pools by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(pools).order_by(pools.c.name)).all()
        return tuple(_read(row) for row in rows)

    def remove(self, name: str) -> None:
        """Forget a pool; raises NotFound, and Conflict while an endpoint names it."""
        with self._database.write() as connection:
            specs = connection.execute(select(endpoints.c.name, endpoints.c.spec)).all()
            users = [
                row.name
                for row in specs
                if any(variant.get("pool") == name for variant in row.spec["variants"])
            ]
            if users:
                raise Conflict("pool", name, "no endpoint that uses it", ", ".join(sorted(users)))
            if connection.execute(delete(pools).where(pools.c.name == name)).rowcount == 0:
                raise NotFound("pool", name)


def _read(row: Row[tuple[object, ...]]) -> Pool:
    known = row._mapping
    return Pool(PoolSpec.model_validate(known["spec"]), known["created_at"])
