"""What gateways sent to each resident, in spans of time. Guards of rollouts and scaling look here."""

from collections.abc import Iterable

from sqlalchemy import Row, delete, insert, select, tuple_

from core.latencies import Latencies
from core.refs import ResidentId
from registry.database import Database
from registry.records import Traffic
from registry.schema import traffic

# Seconds of one span.
SPAN_S = 5


class TrafficTable:
    """Traffic by gateway, resident and span."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, rows: Iterable[Traffic]) -> None:
        """Write spans as a gateway has them now, in place of what it wrote of them before."""
        values = [_write(row) for row in rows]
        if not values:
            return
        keys = [(one["gateway"], one["resident"], one["span"]) for one in values]
        known = tuple_(traffic.c.gateway, traffic.c.resident, traffic.c.span).in_(keys)
        with self._database.write(visible=False) as connection:
            connection.execute(delete(traffic).where(known))
            connection.execute(insert(traffic), values)

    def list(self, since: float = 0.0) -> tuple[Traffic, ...]:
        """The spans that begin at or after this time (Unix seconds), oldest first."""
        query = select(traffic).where(traffic.c.span >= int(since)).order_by(traffic.c.span)
        with self._database.read() as connection:
            return tuple(_read(row) for row in connection.execute(query).all())

    def sweep(self, before: float) -> int:
        """Drop the spans that began before this time; returns how many."""
        with self._database.write(visible=False) as connection:
            gone = connection.execute(delete(traffic).where(traffic.c.span < int(before)))
        return gone.rowcount


def _write(row: Traffic) -> dict[str, object]:
    return {
        "gateway": row.gateway,
        "resident": row.resident,
        "span": row.span,
        "requests": row.requests,
        "errors": row.errors,
        "latencies": list(row.latencies.counts),
        "waiting": row.waiting,
        "outstanding": row.outstanding,
    }


def _read(row: Row[tuple[object, ...]]) -> Traffic:
    known = row._mapping
    return Traffic(
        gateway=known["gateway"],
        resident=ResidentId(known["resident"]),
        span=known["span"],
        requests=known["requests"],
        errors=known["errors"],
        latencies=Latencies(tuple(known["latencies"])),
        waiting=known["waiting"],
        outstanding=known["outstanding"],
    )
