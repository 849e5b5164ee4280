"""API keys of the public listener."""

import secrets

from fastapi import APIRouter

from core import sigv4
from core.clock import Clock
from core.errors import Conflict, NotFound
from core.keys import ENTROPY_BYTES, mint
from core.refs import KeyId
from registry.platform import Platform
from registry.records import ApiKey
from tidegate.control.documents import Listing
from tidegate.control.papers import KeyDocument, KeyRequest, MintedKey, Rotation, SigningKey


class KeyOperations:
    """The operations on keys. `master` derives the secrets that requests are signed with."""

    def __init__(self, platform: Platform, master: bytes, clock: Clock) -> None:
        self._platform, self._master, self._clock = platform, master, clock
        self._keys = platform.keys

    def list(self) -> Listing[KeyDocument]:
        """All keys, oldest first, revoked ones included."""
        return Listing(items=tuple(KeyDocument.of(key) for key in self._keys.list()))

    def get(self, key: str) -> KeyDocument:
        """One key, without its secret."""
        return KeyDocument.of(self._keys.get(KeyId(key)))

    def create(self, wanted: KeyRequest) -> MintedKey:
        """Make a key; its text is in this answer and nowhere else.

        Raises NotFound for a route or a plan that no stage has.
        """
        exposures = [live.exposure for _, live, _ in self._platform.stages.published()]
        known = {route.name for exposure in exposures for route in exposure.routes}
        for name in wanted.routes:
            if name not in known:
                raise NotFound("route", name)
        plans = {plan.name for exposure in exposures for plan in exposure.plans}
        if wanted.plan is not None and wanted.plan not in plans:
            raise NotFound("plan", wanted.plan)
        identity, text, digest = mint(secrets.token_bytes(ENTROPY_BYTES))
        key = ApiKey(
            id=identity,
            name=wanted.name,
            digest=digest,
            routes=wanted.routes,
            created_at=self._clock.now(),
            expires_at=wanted.expires_at,
            revoked_at=None,
            plan=wanted.plan,
            scopes=wanted.scopes,
        )
        self._keys.add(key)
        return MintedKey(key=KeyDocument.of(key), text=text)

    def rotate(self, key: str, wanted: Rotation) -> MintedKey:
        """Make a key with the same rights; the old one goes on for the overlap, then ends."""
        old = self._keys.get(KeyId(key))
        identity, text, digest = mint(secrets.token_bytes(ENTROPY_BYTES))
        now = self._clock.now()
        new = ApiKey(
            id=identity,
            name=old.name,
            digest=digest,
            routes=old.routes,
            created_at=now,
            expires_at=wanted.expires_at,
            revoked_at=None,
            plan=old.plan,
            scopes=old.scopes,
            # Quotas go on where they were, whichever of the two is used.
            replaces=old.replaces or old.id,
        )
        self._keys.rotate(old.id, new, now + wanted.overlap_s)
        return MintedKey(key=KeyDocument.of(new), text=text)

    def sign(self, key: str) -> SigningKey:
        """The key's pair for AWS's SDKs. It is derived, not kept: asking again gives the same."""
        found = self._keys.get(KeyId(key))
        if not self._master:
            raise Conflict("signing secret", "TIDEGATE_SIGNING_SECRET_FILE", "a file", "none")
        access_key = sigv4.write_access_key(found.id)
        secret = sigv4.derive_secret(self._master, access_key)
        return SigningKey(access_key_id=access_key, secret_access_key=secret)

    def revoke(self, key: str) -> None:
        """End a key; gateways follow within their poll interval."""
        self._keys.revoke(KeyId(key), self._clock.now())


def build_router(operations: KeyOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/keys", tags=["keys"])
    router.add_api_route("", operations.list, methods=["GET"])
    router.add_api_route("", operations.create, methods=["POST"])
    router.add_api_route("/{key}", operations.get, methods=["GET"])
    router.add_api_route("/{key}", operations.revoke, methods=["DELETE"], status_code=204)
    router.add_api_route("/{key}/rotate", operations.rotate, methods=["POST"])
    router.add_api_route("/{key}/signing", operations.sign, methods=["POST"])
    return router
