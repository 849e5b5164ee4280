"""The client's calls about API keys."""

from collections.abc import Sequence

from tidegate.client.connection import Connection
from tidegate.control.papers import KeyDocument, MintedKey, SigningKey


class Keys:
    """API keys of the public listener."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(
        self,
        name: str,
        routes: Sequence[str] = (),
        expires_at: float | None = None,
        *,
        plan: str | None = None,
        scopes: Sequence[str] = (),
    ) -> MintedKey:
        """Make a key for these routes; its text is in this answer and nowhere else.

        Without `routes` it opens all, those that are published later too. Raises NotFound for a route
        that is not there.
        """
        body = {
            "name": name,
            "routes": list(routes),
            "expires_at": expires_at,
            "plan": plan,
            "scopes": list(scopes),
        }
        return self._connection.post(MintedKey, "keys", body=body)

    def list(self) -> tuple[KeyDocument, ...]:
        """All keys, oldest first, revoked ones included."""
        return self._connection.list(KeyDocument, "keys")

    def rotate(
        self, key: str, overlap_s: float = 86_400, expires_at: float | None = None
    ) -> MintedKey:
        """Make a key with the same rights; the old one goes on for so long. Raises NotFound."""
        body = {"overlap_s": overlap_s, "expires_at": expires_at}
        return self._connection.post(MintedKey, "keys", key, "rotate", body=body)

    def sign(self, key: str) -> SigningKey:
        """The key's pair for AWS's SDKs; asking again gives the same. Raises NotFound."""
        return self._connection.post(SigningKey, "keys", key, "signing")

    def revoke(self, key: str) -> None:
        """End the key of this id; raises NotFound."""
        self._connection.delete("keys", key)
