"""API keys, kept as digests."""

from sqlalchemy import Row, insert, select, update

from core.errors import NotFound
from core.refs import KeyId
from registry.database import Database
from registry.records import ApiKey
from registry.schema import keys


class KeyTable:
    """API keys by id, which is the public part of the key's text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, key: ApiKey) -> None:
        """Record a new key."""
        with self._database.write() as connection:
            connection.execute(
                insert(keys).values(
                    id=key.id,
                    name=key.name,
                    digest=key.digest,
                    routes=list(key.routes),
                    created_at=key.created_at,
                    expires_at=key.expires_at,
                    revoked_at=key.revoked_at,
                )
            )

    def list(self) -> tuple[ApiKey, ...]:
        """All keys, oldest first, revoked ones included."""
        with self._database.read() as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created_at)).all()
        return tuple(_read(row) for row in rows)

    def revoke(self, key: KeyId, now: float) -> None:
        """End a key; gateways follow within their poll interval. Raises NotFound."""
        with self._database.write() as connection:
            found = connection.execute(
                update(keys)
                .where(keys.c.id == key, keys.c.revoked_at.is_(None))
                .values(revoked_at=now)
            )
            if found.rowcount == 0:
                raise NotFound("key", key)


def _read(row: Row[tuple[object, ...]]) -> ApiKey:
    known = row._mapping
    return ApiKey(
        id=KeyId(known["id"]),
        name=known["name"],
        digest=known["digest"],
        routes=tuple(known["routes"]),
        created_at=known["created_at"],
        expires_at=known["expires_at"],
        revoked_at=known["revoked_at"],
    )
