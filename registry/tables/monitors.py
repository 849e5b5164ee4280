"""Monitors and their runs."""

from dataclasses import asdict

from sqlalchemy import Row, delete, func, insert, select

from core.errors import NotFound
from core.refs import EndpointName
from registry.database import Database
from registry.records import JobState, Monitor, MonitorRun
from registry.schema import monitor_runs, monitors


class MonitorTable:
    """Monitors by name, and the runs of each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def apply(self, monitor: Monitor) -> None:
        """Define a monitor, in place of the one of the same name."""
        with self._database.write() as connection:
            connection.execute(delete(monitors).where(monitors.c.name == monitor.name))
            connection.execute(insert(monitors).values(**asdict(monitor)))

    def get(self, name: str) -> Monitor:
        """One monitor; raises NotFound."""
        for monitor in self.list():
            if monitor.name == name:
                return monitor
        raise NotFound("monitor", name)

    def list(self) -> tuple[Monitor, ...]:
        """All monitors by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(monitors).order_by(monitors.c.name)).all()
        return tuple(
            Monitor(row.name, EndpointName(row.endpoint), row.spec, row.created_at) for row in rows
        )

    def remove(self, name: str) -> None:
        """Forget a monitor and its runs; raises NotFound."""
        with self._database.write() as connection:
            gone = connection.execute(delete(monitors).where(monitors.c.name == name))
            if gone.rowcount == 0:
                raise NotFound("monitor", name)
            connection.execute(delete(monitor_runs).where(monitor_runs.c.monitor == name))

    def add_run(self, run: MonitorRun) -> None:
        """Record a run, in place of the one of the same id."""
        with self._database.write(visible=False) as connection:
            connection.execute(delete(monitor_runs).where(monitor_runs.c.id == run.id))
            connection.execute(insert(monitor_runs).values(**asdict(run)))

    def trim_runs(self, keep: int) -> int:
        """Forget all but the newest `keep` runs of each monitor; returns how many went."""
        place = func.row_number().over(
            partition_by=monitor_runs.c.monitor, order_by=monitor_runs.c.started_at.desc()
        )
        ranked = select(monitor_runs.c.id, place.label("place")).subquery()
        old = select(ranked.c.id).where(ranked.c.place > keep)
        with self._database.write(visible=False) as connection:
            gone = connection.execute(delete(monitor_runs).where(monitor_runs.c.id.in_(old)))
        return gone.rowcount

    def list_run_ids(self) -> frozenset[str]:
        """The runs of all monitors."""
        with self._database.read() as connection:
            return frozenset(connection.execute(select(monitor_runs.c.id)).scalars())

    def get_run(self, run: str) -> MonitorRun:
        """One run; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(monitor_runs).where(monitor_runs.c.id == run)).first()
        if row is None:
            raise NotFound("monitor run", run)
        return _read_run(row)

    def list_runs(self, name: str, limit: int = 100) -> tuple[MonitorRun, ...]:
        """A monitor's latest runs, newest first."""
        wanted = (
            select(monitor_runs)
            .where(monitor_runs.c.monitor == name)
            .order_by(monitor_runs.c.started_at.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(_read_run(row) for row in rows)


def _read_run(row: Row[tuple[object, ...]]) -> MonitorRun:
    known = dict(row._mapping)
    return MonitorRun(**{**known, "state": JobState(known["state"])})
