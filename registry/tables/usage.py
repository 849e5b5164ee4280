"""Usage: what each caller asked of each route, day by day, as each gateway counted it."""

from collections.abc import Iterable

from sqlalchemy import func, insert, select, update

from registry.database import Database
from registry.records import Usage
from registry.schema import usage

_COUNTS = ("requests", "errors", "refused", "rows", "bytes_in", "bytes_out")
_KEYS = ("gateway", "day", "route", "principal")


class UsageTable:
    """Counts that only grow, by gateway, day, route and caller."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, found: Iterable[Usage]) -> None:
        """Add what a gateway counted since it last told."""
        # Nobody waits for it: the generation stays, or every report would make gateways read again.
        with self._database.write(visible=False) as connection:
            for one in found:
                keys = {name: getattr(one, name) for name in _KEYS}
                counts = {name: getattr(one, name) for name in _COUNTS}
                known = update(usage).where(*(usage.c[name] == keys[name] for name in _KEYS))
                more = {name: usage.c[name] + count for name, count in counts.items()}
                if connection.execute(known.values(**more)).rowcount == 0:
                    connection.execute(insert(usage).values(**keys, **counts))

    def list(self, first: str, last: str) -> tuple[Usage, ...]:
        """All gateways' together from one day to another, both included, by day, route and caller."""
        by = (usage.c.day, usage.c.route, usage.c.principal)
        sums = (func.sum(usage.c[name]).label(name) for name in _COUNTS)
        wanted = (
            select(*by, *sums)
            .where(usage.c.day >= first, usage.c.day <= last)
            .group_by(*by)
            .order_by(*by)
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(
            Usage(
                gateway="",
                day=row.day,
                route=row.route,
                principal=row.principal,
                **{name: int(getattr(row, name)) for name in _COUNTS},
            )
            for row in rows
        )
