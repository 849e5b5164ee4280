"""Publishing within one transaction: a stage's exposure is changed as a whole, under a new number."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select, update

from core.errors import InvalidSpec, NotFound
from core.exposure import Exposure
from core.spec import tell_faults
from registry.records import Deployment, Stage
from registry.schema import deployments, stages

Edit = Callable[[Exposure], Exposure]


@dataclass(frozen=True, slots=True)
class Authored:
    """Who publishes, when, and why."""

    now: float
    author: str = "platform"
    note: str = ""


def read_stages(connection: Connection) -> tuple[Stage, ...]:
    """All stages by name."""
    rows = connection.execute(select(stages).order_by(stages.c.name)).all()
    return tuple(_read_stage(row._mapping) for row in rows)


def find_stage(connection: Connection, name: str) -> Stage | None:
    """One stage."""
    row = connection.execute(select(stages).where(stages.c.name == name)).first()
    return None if row is None else _read_stage(row._mapping)


def read_deployment(connection: Connection, number: int) -> Deployment:
    """One deployment; raises NotFound."""
    row = connection.execute(select(deployments).where(deployments.c.number == number)).first()
    if row is None:
        raise NotFound("deployment", str(number))
    return read_row(row._mapping)


def publish(connection: Connection, name: str, edit: Edit, authored: Authored) -> Deployment:
    """Give the stage what `edit` makes of its exposure; the same deployment where nothing changes.

    A canary of the stage ends. Raises InvalidSpec when the result does not hold together.
    """
    stage = find_stage(connection, name)
    now = read_deployment(connection, stage.deployment) if stage is not None else None
    try:
        exposure = edit(Exposure() if now is None else now.exposure)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise InvalidSpec("Exposure", tell_faults(found, "exposure")) from error
    if now is not None and exposure == now.exposure:
        return now
    made = _insert(connection, exposure, authored)
    move(connection, stage, name, made.number, authored.now)
    return made


def move(connection: Connection, stage: Stage | None, name: str, number: int, now: float) -> None:
    """Let the stage have this deployment, and remember the one that it had."""
    values: dict[str, Any] = {
        "deployment": number, "canary": None, "share": 0.0, "updated_at": now
    }  # fmt: skip
    if stage is None:
        connection.execute(insert(stages).values(name=name, hosts=[], **values))
    elif stage.deployment != number or stage.canary is not None:
        previous = stage.deployment if stage.deployment != number else stage.previous
        changed = update(stages).where(stages.c.name == name)
        connection.execute(changed.values(previous=previous, **values))


def edit_everywhere(connection: Connection, edit: Edit, authored: Authored) -> None:
    """Change what every stage exposes, and its canary."""
    for stage in read_stages(connection):
        if stage.canary is not None:
            canary = read_deployment(connection, stage.canary).exposure
            if edit(canary) != canary:
                made = _insert(connection, edit(canary), authored)
                changed = update(stages).where(stages.c.name == stage.name)
                connection.execute(changed.values(canary=made.number))
        kept = find_stage(connection, stage.name)
        publish(connection, stage.name, edit, authored)
        if kept is not None and kept.canary is not None:
            changed = update(stages).where(stages.c.name == stage.name)
            connection.execute(changed.values(canary=kept.canary, share=kept.share))


def _insert(connection: Connection, exposure: Exposure, authored: Authored) -> Deployment:
    last = connection.execute(select(func.max(deployments.c.number))).scalar() or 0
    made = Deployment(last + 1, exposure, authored.author, authored.note, authored.now)
    connection.execute(
        insert(deployments).values(
            number=made.number,
            exposure=exposure.model_dump(mode="json"),
            author=made.author[:200],
            note=made.note[:1000],
            created_at=made.created_at,
        )
    )
    return made


def read_row(row: Any) -> Deployment:
    """A deployment of its row."""
    return Deployment(
        number=row["number"],
        exposure=Exposure.model_validate(row["exposure"]),
        author=row["author"],
        note=row["note"],
        created_at=row["created_at"],
    )


def _read_stage(row: Any) -> Stage:
    return Stage(
        name=row["name"],
        deployment=row["deployment"],
        previous=row["previous"],
        canary=row["canary"],
        share=row["share"],
        hosts=tuple(row["hosts"]),
        updated_at=row["updated_at"],
    )
