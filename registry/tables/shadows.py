"""What shadows answered beside the live variants, in spans of time."""

from collections.abc import Iterable
from math import inf, isfinite

from sqlalchemy import Row, delete, insert, select, tuple_

from core.agreement import Agreement
from core.latencies import Latencies
from core.refs import ResidentId
from registry.database import Database
from registry.records import Comparison
from registry.schema import shadows


class ShadowTable:
    """Comparisons by gateway, resident and span."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, rows: Iterable[Comparison]) -> None:
        """Write spans as a gateway has them now, in place of what it wrote of them before."""
        values = [_write(row) for row in rows]
        if not values:
            return
        keys = [(one["gateway"], one["resident"], one["span"]) for one in values]
        known = tuple_(shadows.c.gateway, shadows.c.resident, shadows.c.span).in_(keys)
        with self._database.write(visible=False) as connection:
            connection.execute(delete(shadows).where(known))
            connection.execute(insert(shadows), values)

    def list(self, resident: ResidentId, since: float = 0.0) -> tuple[Comparison, ...]:
        """The resident's spans that begin at or after this time (Unix seconds), oldest first."""
        query = select(shadows).where(shadows.c.resident == resident, shadows.c.span >= int(since))
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(shadows.c.span)).all()
        return tuple(_read(row) for row in rows)

    def sweep(self, before: float) -> int:
        """Drop the spans that began before this time; returns how many."""
        with self._database.write(visible=False) as connection:
            gone = connection.execute(delete(shadows).where(shadows.c.span < int(before)))
        return gone.rowcount


def _write(row: Comparison) -> dict[str, object]:
    return {
        "gateway": row.gateway,
        "resident": row.resident,
        "span": row.span,
        "compared": row.compared,
        "agreed": row.agreed,
        "failed": row.failed,
        "dropped": row.dropped,
        "latencies": list(row.latencies.counts),
        "live_latencies": list(row.live_latencies.counts),
        # JSON has no infinity.
        "outputs": {
            name: [one.rows, one.agreed, one.largest if isfinite(one.largest) else None]
            for name, one in row.outputs.items()
        },
    }


def _read(row: Row[tuple[object, ...]]) -> Comparison:
    known = row._mapping
    return Comparison(
        gateway=known["gateway"],
        resident=ResidentId(known["resident"]),
        span=known["span"],
        compared=known["compared"],
        agreed=known["agreed"],
        failed=known["failed"],
        dropped=known["dropped"],
        latencies=Latencies(tuple(known["latencies"])),
        live_latencies=Latencies(tuple(known["live_latencies"])),
        outputs={
            name: Agreement(rows, agreed, inf if largest is None else largest)
            for name, (rows, agreed, largest) in known["outputs"].items()
        },
    )
