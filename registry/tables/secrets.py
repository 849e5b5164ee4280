"""Secrets that sign requests to replicas: the control process makes them, the others read."""

import secrets as entropy

from sqlalchemy import delete, insert, select

from core.signing import Secret
from registry.database import Database
from registry.schema import secrets

LIFETIME_S = 24 * 3600.0


class SecretTable:
    """Signing secrets, newest first; each ends, and the control process adds the next in time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, now: float) -> tuple[Secret, ...]:
        """The secrets that have not ended, newest first."""
        wanted = (
            select(secrets).where(secrets.c.expires_at > now).order_by(secrets.c.created_at.desc())
        )
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        return tuple(Secret(row.id, bytes(row.value)) for row in rows)

    def rotate(self, now: float) -> Secret:
        """Return the newest secret, adding one when it is past half its life; drop the ended."""
        with self._database.read() as connection:
            fresh = connection.execute(
                select(secrets).where(secrets.c.created_at > now - LIFETIME_S / 2)
            ).first()
        if fresh is not None:
            return self.list(now)[0]
        secret = Secret(entropy.token_hex(4), entropy.token_bytes(32))
        with self._database.write() as connection:
            connection.execute(delete(secrets).where(secrets.c.expires_at <= now))
            connection.execute(
                insert(secrets).values(
                    id=secret.id, value=secret.value, created_at=now, expires_at=now + LIFETIME_S
                )
            )
        return secret
