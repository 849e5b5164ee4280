"""Aliases: movable names of versions, moved by compare-and-set only."""

from sqlalchemy import insert, select, update

from core.errors import Conflict, NotFound
from core.refs import AliasName, ModelName
from registry.database import Database
from registry.records import Alias
from registry.schema import aliases


class AliasTable:
    """Aliases by model and name. This table is the truth; the catalogue mirrors it to MLflow."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, model: ModelName, name: AliasName) -> Alias:
        """One alias; raises NotFound."""
        for alias in self.list(model):
            if alias.name == name:
                return alias
        raise NotFound("alias", f"{model}@{name}")

    def list(self, model: ModelName | None = None) -> tuple[Alias, ...]:
        """All aliases, or those of one model."""
        wanted = select(aliases).order_by(aliases.c.model, aliases.c.name)
        if model is not None:
            wanted = wanted.where(aliases.c.model == model)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Alias(
                ModelName(row.model), AliasName(row.name), row.version, row.previous, row.updated_at
            )
            for row in rows
        )

    def point(
        self, model: ModelName, name: AliasName, version: int, expected: int | None, now: float
    ) -> Alias:
        """Move the alias from `expected` (None: it must not exist) to `version`.

        Raises Conflict when it stands elsewhere; two racing moves never both succeed.
        """
        here = (aliases.c.model == model) & (aliases.c.name == name)
        with self._database.write() as connection:
            row = connection.execute(select(aliases.c.version).where(here)).first()
            actual = None if row is None else int(row.version)
            if actual != expected:
                raise Conflict("alias", f"{model}@{name}", _say(expected), _say(actual))
            moved = {"version": version, "previous": actual, "updated_at": now}
            if actual is None:
                connection.execute(insert(aliases).values(model=model, name=name, **moved))
            else:
                connection.execute(update(aliases).where(here).values(**moved))
        return Alias(model, name, version, actual, now)


def _say(version: int | None) -> str:
    return "no version" if version is None else f"version {version}"
