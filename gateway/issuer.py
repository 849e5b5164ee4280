"""The keys of issuers: followed beside the event loop, looked up on it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.clock import Clock
from core.issuer import IssuerSpec

log = logging.getLogger(__name__)
REFRESH_S = 300.0
# An unknown key id makes us ask again, but no oftener than this: anybody can make one up.
AGAIN_S = 5.0
MAX_BYTES = 2**20
_DISCOVERY = "/.well-known/openid-configuration"
Fetch = Callable[[str], Awaitable[bytes]]


class IssuerKeys:
    """The published keys of every issuer that a route trusts. Belongs to one event loop.

    What cannot be fetched leaves the keys as they were.
    """

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._issuers: dict[str, IssuerSpec] = {}
        self._keys: dict[str, KeySet] = {}
        self._asked_at: dict[str, float] = {}
        self._is_due = asyncio.Event()
        self._stale: set[str] = set()

    def find(self, issuer: IssuerSpec, kid: str | None) -> KeySet | None:
        """The issuer's keys; an unknown `kid` has them fetched again, for the next request."""
        if issuer.issuer not in self._issuers:
            self.adopt((issuer,))
        keys = self._keys.get(issuer.issuer)
        if keys is None or (kid is not None and all(key.kid != kid for key in keys.keys)):
            self._ask_again(issuer)
        return keys

    def adopt(self, issuers: Iterable[IssuerSpec]) -> None:
        """Follow these issuers as well."""
        for issuer in issuers:
            if self._issuers.get(issuer.issuer) != issuer:
                self._issuers[issuer.issuer] = issuer
                if issuer.jwks is not None:
                    self._keys[issuer.issuer] = KeySet.import_key_set(issuer.jwks)  # type: ignore[arg-type]
                else:
                    self._ask_again(issuer)

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            try:
                async with asyncio.timeout(REFRESH_S):
                    await self._is_due.wait()
            except TimeoutError:
                self._stale |= set(self._issuers)
            self._is_due.clear()
            await self.refresh()

    async def refresh(self) -> None:
        """Fetch what is due."""
        stale, self._stale = self._stale, set()
        for name in stale:
            issuer = self._issuers[name]
            if issuer.jwks is None:
                await self._load(issuer)

    def _ask_again(self, issuer: IssuerSpec) -> None:
        now = self._clock.monotonic()
        if now - self._asked_at.get(issuer.issuer, float("-inf")) >= AGAIN_S:
            self._asked_at[issuer.issuer] = now
            self._stale.add(issuer.issuer)
            self._is_due.set()

    async def _load(self, issuer: IssuerSpec) -> None:
        try:
            url = issuer.jwks_url or await self._discover(issuer)
            document = await self._read(url)
            self._keys[issuer.issuer] = KeySet.import_key_set(document)  # type: ignore[arg-type]
        except (OSError, ValueError, KeyError, TypeError, JoseError, TimeoutError) as error:
            log.warning("keys of issuer %s cannot be read: %r", issuer.name, error)

    async def _discover(self, issuer: IssuerSpec) -> str:
        document = await self._read(issuer.issuer.rstrip("/") + _DISCOVERY)
        if document["issuer"] != issuer.issuer:
            raise ValueError("its configuration names another issuer")
        return str(document["jwks_uri"])

    async def _read(self, url: str) -> dict[str, object]:
        body = await self._fetch(url)
        if len(body) > MAX_BYTES:
            raise ValueError("more bytes than keys take")
        found = orjson.loads(body)
        if not isinstance(found, dict):
            raise ValueError("no JSON object")  # noqa: TRY004 - what was read, not what was passed
        return found
