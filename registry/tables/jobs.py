"""Jobs and how they stand."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from core.errors import NotFound
from core.refs import JobId
from registry.database import Database
from registry.records import Job, JobState
from registry.schema import jobs


class JobTable:
    """Jobs by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: Job) -> None:
        """Record a new job."""
        with self._database.write() as connection:
            connection.execute(
                insert(jobs).values(
                    id=job.id,
                    kind=job.kind,
                    spec=job.spec,
                    state=job.state,
                    message=job.message,
                    result=job.result,
                    created_at=job.created_at,
                    updated_at=job.updated_at,
                )
            )

    def get(self, job: JobId) -> Job:
        """One job; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job)).first()
        if row is None:
            raise NotFound("job", job)
        return _read(row)

    def list(self) -> tuple[Job, ...]:
        """All jobs, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(jobs).order_by(jobs.c.created_at.desc())).all()
        return tuple(_read(row) for row in rows)

    def mark(self, job: JobId, state: JobState, message: str, now: float) -> None:
        """Say how the job stands; a final state stays."""
        with self._database.write() as connection:
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.state.in_((JobState.PENDING, JobState.RUNNING)))
                .values(state=state, message=message, updated_at=now)
            )

    def publish(self, job: JobId, result: dict[str, Any], now: float) -> None:
        """Keep what the job made."""
        with self._database.write() as connection:
            connection.execute(
                update(jobs).where(jobs.c.id == job).values(result=result, updated_at=now)
            )


def _read(row: Row[tuple[object, ...]]) -> Job:
    known = row._mapping
    return Job(
        id=JobId(known["id"]),
        kind=known["kind"],
        spec=known["spec"],
        state=JobState(known["state"]),
        message=known["message"],
        result=known["result"],
        created_at=known["created_at"],
        updated_at=known["updated_at"],
    )
