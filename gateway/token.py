"""Tokens: JSON Web Tokens (RFC 7519) of known issuers, verified. Source of the checks: RFC 8725."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import Unauthenticated
from core.issuer import IssuerSpec

MAX_TOKEN_CHARS = 8192
_REMEMBERED = 4096
Find = Callable[[IssuerSpec, str | None], KeySet | None]
Claims = dict[str, Any]
# The key type that goes with an algorithm: a public RSA key must never be taken for a shared secret.
_KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good token says of its bearer; `expires_at` in Unix seconds."""

    principal: str
    scopes: frozenset[str]
    plan: str | None
    expires_at: float


class TokenMemory:
    """Tokens that were verified under these issuers, until they end."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[Sequence[IssuerSpec], Verified]] = OrderedDict()

    def find(self, token: str, issuers: Sequence[IssuerSpec], now: float) -> Verified | None:
        """What is known of a token that has not ended."""
        held = self._known.get(_digest(token))
        # Another deployment may trust others: what was verified under it counts no more.
        if held is None or held[0] is not issuers or held[1].expires_at <= now:
            return None
        return held[1]

    def keep(self, token: str, issuers: Sequence[IssuerSpec], found: Verified) -> None:
        """Remember a token."""
        self._known[_digest(token)] = (issuers, found)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def verify_token(token: str, issuers: Sequence[IssuerSpec], find: Find, now: float) -> Verified:
    """Whose token it is; raises Unauthenticated, saying nothing of why."""
    try:
        return _verify(token, issuers, find, now)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unauthenticated from error


def _verify(token: str, issuers: Sequence[IssuerSpec], find: Find, now: float) -> Verified:
    if len(token) > MAX_TOKEN_CHARS or token.count(".") != 2:
        raise Unauthenticated
    parsed = jws.extract_compact(token.encode())
    said = _read_claims(parsed.payload)
    issuer = next((one for one in issuers if one.issuer == said.get("iss")), None)
    heads = parsed.headers()
    algorithm, kid = heads.get("alg"), heads.get("kid")
    if issuer is None or algorithm not in issuer.algorithms or "crit" in heads:
        raise Unauthenticated
    keys = find(issuer, kid)
    wanted = [] if keys is None else [key for key in keys.keys if _fits(key, algorithm, kid)]
    for key in wanted:
        try:
            jws.deserialize_compact(token, key, algorithms=[algorithm])
        except JoseError:
            continue
        return _read(issuer, said, now)
    raise Unauthenticated


def _fits(key: Any, algorithm: str, kid: str | None) -> bool:
    return key.key_type == _KINDS[algorithm[:2]] and (kid is None or key.kid == kid)


def _read_claims(payload: bytes) -> Claims:
    claims = orjson.loads(payload)
    if not isinstance(claims, dict):
        raise Unauthenticated
    return claims


def _read(issuer: IssuerSpec, claims: Claims, now: float) -> Verified:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    ends = float(claims["exp"])
    leeway = issuer.leeway_s
    is_timely = (
        ends + leeway > now
        and float(claims.get("nbf", 0)) <= now + leeway
        and float(claims.get("iat", 0)) <= now + leeway
    )
    if not is_timely or not any(one in issuer.audiences for one in audiences):
        raise Unauthenticated
    for name, wanted in issuer.required_claims.items():
        allowed = (wanted,) if isinstance(wanted, str) else wanted
        held = claims.get(name)
        if not any(one in allowed for one in (held if isinstance(held, list) else [held])):
            raise Unauthenticated
    principal = claims[issuer.principal_claim]
    if not isinstance(principal, str) or not principal:
        raise Unauthenticated
    plan = issuer.plans.get(str(claims.get(issuer.plan_claim))) if issuer.plan_claim else None
    scopes = frozenset(_list(claims.get(issuer.scopes_claim)))
    return Verified(f"{issuer.name}/{principal}"[:200], scopes, plan, ends)


def _list(claim: Any) -> list[str]:
    if isinstance(claim, str):
        return claim.split()
    return [one for one in claim if isinstance(one, str)] if isinstance(claim, list) else []


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
