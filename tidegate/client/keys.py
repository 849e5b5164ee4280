"""The client's calls about API keys."""

from collections.abc import Sequence

from tidegate.client.connection import Connection
from tidegate.control.documents import KeyDocument, MintedKey


class Keys:
    """API keys of the public listener."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self, name: str, routes: Sequence[str] = (), expires_at: float | None = None
    ) -> MintedKey:
        """Make a key for these routes; its text is in this answer and nowhere else.

        Without `routes` it opens all, those that are published later too. Raises NotFound for a route
        that is not there.
        """
        body = {"name": name, "routes": list(routes), "expires_at": expires_at}
        return self._connection.post(MintedKey, "keys", body=body)

    def list(self) -> tuple[KeyDocument, ...]:
        """All keys, oldest first, revoked ones included."""
        return self._connection.list(KeyDocument, "keys")

    def revoke(self, key: str) -> None:
        """End the key of this id; raises NotFound."""
        self._connection.delete("keys", key)
