"""The public keys of issuers, read from afar so that a request never waits for them."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from joserfc.jwk import Key, KeySet, import_key

from core.clock import Clock
from core.issuer import IssuerSpec

log = logging.getLogger(__name__)
REFRESH_S = 300.0
# Tokens with made-up key ids must not make us flood an issuer.
SHORTEST_S = 5.0
FETCH_S = 10.0
MAX_BYTES = 1 << 20
MAX_KEYS = 100
# What 2048 bits are in base64url.
_RSA_LETTERS = 342
_KINDS = ("RSA", "EC", "OKP")

Fetch = Callable[[str], Awaitable[bytes]]


class _Followed:
    """One issuer: its keys, when they were last asked for, and when they are next."""

    __slots__ = ("asked_at", "due_at", "is_fresh", "keys", "spec")

    def __init__(self, spec: IssuerSpec) -> None:
        self.spec = spec
        self.keys = None if spec.jwks is None else read_keys(spec.jwks)
        self.asked_at = float("-inf")
        self.due_at = float("-inf" if spec.jwks is None else "inf")
        self.is_fresh = True

    def comes_from(self, spec: IssuerSpec) -> bool:
        """Whether `spec` has its keys from the same place."""
        ours, theirs = self.spec, spec
        return ours is theirs or (
            (ours.issuer, ours.jwks_url, ours.jwks) == (theirs.issuer, theirs.jwks_url, theirs.jwks)
        )


class IssuerKeys:
    """Holds the keys of those it follows. Belongs to one event loop.

    `fetch` gives the body at a URL, and may raise anything; it should itself stop after MAX_BYTES.
    `generation` rises with every change of issuers or keys: what was verified before may not be good now.
    """

    def __init__(self, fetch: Fetch, clock: Clock, refresh_s: float = REFRESH_S) -> None:
        self._fetch, self._clock, self._refresh_s = fetch, clock, refresh_s
        self._issuers: tuple[IssuerSpec, ...] = ()
        self._followed: dict[str, _Followed] = {}
        self._woken = asyncio.Event()
        self.generation = 0

    def adopt(self, issuers: tuple[IssuerSpec, ...]) -> None:
        """Follow these and nobody else; keys that still come from the same place stay."""
        if issuers == self._issuers:
            return
        self._issuers = issuers
        self._followed = {spec.name: self._follow(spec) for spec in issuers}
        self.generation += 1
        self._woken.set()

    def find(self, issuer: IssuerSpec, kid: str | None) -> KeySet | None:
        """The issuer's keys where `kid` (None: any) is one of them; else None, and they are read anew."""
        followed = self._followed.get(issuer.name)
        if followed is None or not followed.comes_from(issuer):
            return None
        keys = followed.keys
        if keys is not None and (kid is None or any(key.kid == kid for key in keys)):
            return keys
        self._hurry(followed)
        return None

    async def run(self) -> None:
        """Refresh what is due, until cancelled."""
        while True:
            self._woken.clear()
            await self.refresh()
            await self._wait()

    async def refresh(self) -> None:
        """Read the keys of every issuer that is due, all at once."""
        now = self._clock.monotonic()
        due = [followed for followed in self._followed.values() if followed.due_at <= now]
        await asyncio.gather(*(self._refresh(followed) for followed in due))

    def _follow(self, spec: IssuerSpec) -> _Followed:
        known = self._followed.get(spec.name)
        if known is None or not known.comes_from(spec):
            return _Followed(spec)
        known.spec = spec
        return known

    def _hurry(self, followed: _Followed) -> None:
        soonest = followed.asked_at + SHORTEST_S
        if followed.spec.jwks is None and soonest < followed.due_at:
            followed.due_at = soonest
            self._woken.set()

    async def _wait(self) -> None:
        due_at = min((one.due_at for one in self._followed.values()), default=float("inf"))
        left = None if due_at == float("inf") else max(0.0, due_at - self._clock.monotonic())
        try:
            async with asyncio.timeout(left):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _refresh(self, followed: _Followed) -> None:
        followed.asked_at = self._clock.monotonic()
        followed.due_at = followed.asked_at + self._refresh_s
        try:
            async with asyncio.timeout(FETCH_S):
                keys = await self._read(followed.spec)
        except Exception as error:  # noqa: BLE001 - whatever it is, the old keys stay
            if followed.is_fresh:
                name = followed.spec.name
                log.warning("keys of %s not read (%s): the last stay", name, type(error).__name__)
            followed.is_fresh = False
            return
        followed.is_fresh = True
        if keys != followed.keys:
            followed.keys = keys
            self.generation += 1

    async def _read(self, spec: IssuerSpec) -> KeySet:
        keys = read_keys(await self._load(spec.jwks_url or await self._discover(spec.issuer)))
        if keys is None:
            raise ValueError("no key that we can use")
        return keys

    async def _discover(self, issuer: str) -> str:
        found = await self._load(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        url = found.get("jwks_uri")
        if found.get("issuer") != issuer or not isinstance(url, str):
            raise ValueError("not this issuer's configuration")
        if not url.startswith(
            ("https://",) if issuer.startswith("https:") else ("https://", "http://")
        ):
            raise ValueError("the keys are at an address that we do not read")
        return url

    async def _load(self, url: str) -> dict[str, Any]:
        body = await self._fetch(url)
        document = orjson.loads(body) if len(body) <= MAX_BYTES else None
        if not isinstance(document, dict):
            raise TypeError("too large, or not an object")
        return document


def read_keys(document: Mapping[str, Any]) -> KeySet | None:
    """The keys of a JWKS that can verify a signature; those that we do not understand are passed over."""
    listed = document.get("keys")
    found = (_read_key(one) for one in (listed if isinstance(listed, list) else [])[:MAX_KEYS])
    keys = [key for key in found if key is not None]
    return KeySet(keys) if keys else None


def _read_key(document: Any) -> Key | None:
    match document:
        case {"d": _} | {"k": _}:
            return None
        case {"kty": "RSA", "n": str(modulus)} if len(modulus) < _RSA_LETTERS:
            return None
        case {"kty": str(kind)} if kind in _KINDS and document.get("use", "sig") == "sig":
            try:
                return import_key(document)
            except Exception:  # noqa: BLE001 - a key that cannot be read is none (RFC 7517, section 5)
                return None
    return None
