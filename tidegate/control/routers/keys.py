"""API keys of the public listener."""

import secrets

from fastapi import APIRouter

from core.clock import Clock
from core.errors import NotFound
from core.keys import ENTROPY_BYTES, mint
from core.refs import KeyId
from registry.records import ApiKey
from registry.tables.keys import KeyTable
from registry.tables.routes import RouteTable
from tidegate.control.documents import KeyDocument, KeyRequest, Listing, MintedKey


class KeyOperations:
    """The operations on keys."""

    def __init__(self, keys: KeyTable, routes: RouteTable, clock: Clock) -> None:
        self._keys, self._routes, self._clock = keys, routes, clock

    def list(self) -> Listing[KeyDocument]:
        """All keys, oldest first, revoked ones included."""
        return Listing(items=tuple(KeyDocument.of(key) for key in self._keys.list()))

    def create(self, wanted: KeyRequest) -> MintedKey:
        """Make a key; its text is in this answer and nowhere else. Raises NotFound for an unknown route."""
        known = {route.spec.name for route in self._routes.list()}
        for name in wanted.routes:
            if name not in known:
                raise NotFound("route", name)
        identity, text, digest = mint(secrets.token_bytes(ENTROPY_BYTES))
        now = self._clock.now()
        key = ApiKey(identity, wanted.name, digest, wanted.routes, now, wanted.expires_at, None)
        self._keys.add(key)
        return MintedKey(key=KeyDocument.of(key), text=text)

    def revoke(self, key: str) -> None:
        """End a key; gateways follow within their poll interval."""
        self._keys.revoke(KeyId(key), self._clock.now())


def build_router(operations: KeyOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/keys", tags=["keys"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("", operations.create, methods=["POST"])
    router.add_api_route("/{key}", operations.revoke, methods=["DELETE"], status_code=204)
    return router
