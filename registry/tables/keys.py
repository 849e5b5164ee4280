"""API keys, kept as digests."""

from typing import Any

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
            connection.execute(insert(keys).values(**_write(key)))

    def list(self) -> tuple[ApiKey, ...]:
        """All keys, oldest first, revoked ones included."""
        with self._database.read() as connection:
            rows = connection.execute(select(keys).order_by(keys.c.created_at)).all()
        return tuple(_read(row) for row in rows)

    def get(self, key: KeyId) -> ApiKey:
        """One key; raises NotFound."""
        with self._database.read() as connection:
            row = connection.execute(select(keys).where(keys.c.id == key)).first()
        if row is None:
            raise NotFound("key", key)
        return _read(row)

    def rotate(self, old: KeyId, new: ApiKey, ends_at: float) -> None:
        """Add the key that takes the place of another one, which goes on until `ends_at` at most.

        Raises NotFound for a key that is not there or was revoked.
        """
        with self._database.write() as connection:
            row = connection.execute(select(keys).where(keys.c.id == old)).first()
            if row is None or row.revoked_at is not None:
                raise NotFound("key", old)
            if row.expires_at is None or row.expires_at > ends_at:
                ending = update(keys).where(keys.c.id == old)
                connection.execute(ending.values(expires_at=ends_at))
            connection.execute(insert(keys).values(**_write(new)))

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


def _write(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "digest": key.digest,
        "routes": list(key.routes),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "plan": key.plan,
        "scopes": list(key.scopes),
        "replaces": key.replaces,
    }


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
        plan=known["plan"],
        scopes=tuple(known["scopes"]),
        replaces=known["replaces"],
    )
