"""Stages: which deployment is public under which name, and the deployments that there were."""

from sqlalchemy import delete, select, update

from core.errors import Conflict, NotFound
from registry.database import Database
from registry.publishing import (
    Authored,
    Edit,
    find_stage,
    move,
    publish,
    read_deployment,
    read_row,
    read_stages,
)
from registry.records import Deployment, Stage
from registry.schema import deployments, stages


class StageTable:
    """Stages by name. Each change of one is seen by gateways as a whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> tuple[Stage, ...]:
        """All stages by name."""
        with self._database.read() as connection:
            return read_stages(connection)

    def get(self, name: str) -> Stage:
        """One stage; raises NotFound."""
        with self._database.read() as connection:
            found = find_stage(connection, name)
        if found is None:
            raise NotFound("stage", name)
        return found

    def published(self) -> tuple[tuple[Stage, Deployment, Deployment | None], ...]:
        """Each stage with its deployment and its canary, as of one moment."""
        with self._database.read() as connection:
            return tuple(
                (
                    stage,
                    read_deployment(connection, stage.deployment),
                    None if stage.canary is None else read_deployment(connection, stage.canary),
                )
                for stage in read_stages(connection)
            )

    def deployment(self, number: int) -> Deployment:
        """One deployment; raises NotFound."""
        with self._database.read() as connection:
            return read_deployment(connection, number)

    def deployments(self, limit: int = 100) -> tuple[Deployment, ...]:
        """The last ones, newest first."""
        wanted = select(deployments).order_by(deployments.c.number.desc()).limit(limit)
        with self._database.read() as connection:
            return tuple(read_row(row._mapping) for row in connection.execute(wanted).all())

    def publish(self, name: str, edit: Edit, authored: Authored) -> Deployment:
        """Publish what `edit` makes of the stage's exposure; raises InvalidSpec."""
        with self._database.write() as connection:
            return publish(connection, name, edit, authored)

    def move(self, name: str, number: int, now: float) -> Stage:
        """Let a stage, which is made where there is none, have a deployment; raises NotFound."""
        with self._database.write() as connection:
            read_deployment(connection, number)
            move(connection, find_stage(connection, name), name, number, now)
        return self.get(name)

    def roll_back(self, name: str, now: float) -> Stage:
        """Let the stage have the deployment that it had before; its canary ends.

        Raises NotFound, and Conflict where there was none.
        """
        with self._database.write() as connection:
            stage = find_stage(connection, name)
            if stage is None:
                raise NotFound("stage", name)
            if stage.previous is None:
                raise Conflict("stage", name, "an earlier deployment", "none")
            move(connection, stage, name, stage.previous, now)
        return self.get(name)

    def share(self, name: str, canary: int | None, share: float, now: float) -> Stage:
        """Let a canary have a share of the stage's requests, or end it; raises NotFound."""
        with self._database.write() as connection:
            if canary is not None:
                read_deployment(connection, canary)
            changed = (
                update(stages)
                .where(stages.c.name == name)
                .values(canary=canary, share=share if canary else 0.0, updated_at=now)
            )
            if connection.execute(changed).rowcount == 0:
                raise NotFound("stage", name)
        return self.get(name)

    def host(self, name: str, hosts: tuple[str, ...], now: float) -> Stage:
        """Let these hosts lead to the stage; raises NotFound, Conflict for another stage's host."""
        with self._database.write() as connection:
            for other in read_stages(connection):
                if other.name != name and (taken := set(other.hosts) & set(hosts)):
                    raise Conflict("host", min(taken), "no other stage's", other.name)
            changed = update(stages).where(stages.c.name == name)
            if connection.execute(changed.values(hosts=hosts, updated_at=now)).rowcount == 0:
                raise NotFound("stage", name)
        return self.get(name)

    def remove(self, name: str) -> None:
        """Nothing is public under the name any more; its deployments are kept. Raises NotFound."""
        with self._database.write() as connection:
            gone = connection.execute(delete(stages).where(stages.c.name == name))
            if gone.rowcount == 0:
                raise NotFound("stage", name)
