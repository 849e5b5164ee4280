"""Bearer tokens: claims that an issuer has signed (RFC 7519, with the advice of RFC 8725)."""

import re
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeGuard

import orjson
from joserfc.errors import JoseError
from joserfc.jwk import Key, KeySet
from joserfc.jws import JWSRegistry

from core.errors import Unauthenticated
from core.issuer import IssuerSpec

MAX_TOKEN_BYTES = 8192
MAX_REMEMBERED = 4096
MAX_SUBJECT = 255
_FORM = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_REFUSAL = "a valid bearer token is required"

FindKeys = Callable[[IssuerSpec, str | None], KeySet | None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good token says. `principal` is `issuer's name/subject`; `expires_at` is Unix time."""

    principal: str
    scopes: frozenset[str]
    plan: str | None
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Parsed:
    algorithm: str
    kid: str | None
    claims: dict[str, Any]
    signed: bytes
    signature: bytes


class TokenMemory:
    """Remembers verified tokens by their digest; the one used the longest ago is forgotten first.

    `generation` is that of the issuers' keys: with another, everything is forgotten.
    """

    def __init__(self, size: int = MAX_REMEMBERED) -> None:
        self._size = size
        self._generation = 0
        self._known: OrderedDict[bytes, Verified] = OrderedDict()

    def recall(self, token: str, generation: int, now: float) -> Verified | None:
        """What the token said when it was verified, None where it must be verified again."""
        self._turn(generation)
        digest = _digest(token)
        found = self._known.get(digest)
        if found is None:
            return None
        if found.expires_at <= now:
            del self._known[digest]
            return None
        self._known.move_to_end(digest)
        return found

    def remember(self, token: str, generation: int, verified: Verified) -> None:
        """Keep what the token says until it expires; `generation` is from before it was verified."""
        self._turn(generation)
        self._known[_digest(token)] = verified
        if len(self._known) > self._size:
            self._known.popitem(last=False)

    def _turn(self, generation: int) -> None:
        if generation != self._generation:
            self._generation = generation
            self._known.clear()


def verify_token(
    token: str, issuers: Sequence[IssuerSpec], find_keys: FindKeys, now: float
) -> Verified:
    """Who the token is of; raises Unauthenticated, the same for every reason."""
    parsed = _parse(token)
    if parsed is None:
        raise Unauthenticated(_REFUSAL)
    for issuer in issuers:
        # Signatures first: what is asked of the claims cannot be probed without a key.
        if (
            parsed.claims.get("iss") == issuer.issuer
            and _is_signed(parsed, issuer, find_keys)
            and _is_meant(parsed.claims, issuer)
            and (expires_at := _find_end(parsed.claims, issuer, now)) is not None
            and (subject := _find_subject(parsed.claims, issuer)) is not None
        ):
            scopes = _split(parsed.claims.get(issuer.scopes_claim))
            plan = _find_plan(parsed.claims, issuer)
            return Verified(f"{issuer.name}/{subject}", scopes, plan, expires_at)
    raise Unauthenticated(_REFUSAL)


def _parse(token: str) -> _Parsed | None:
    if len(token) > MAX_TOKEN_BYTES or not (form := _FORM.fullmatch(token)):
        return None
    try:
        header, claims = (orjson.loads(_decode(form[part])) for part in (1, 2))
        signature = _decode(form[3])
    except ValueError:
        return None
    match header, claims:
        case {"alg": str(algorithm)}, dict():
            kid = header.get("kid")
            # Extensions that must be understood are not (RFC 7515, section 4.1.11).
            if "crit" in header or not isinstance(kid, str | None):
                return None
            return _Parsed(algorithm, kid, claims, token[: form.end(2)].encode(), signature)
    return None


def _decode(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_signed(parsed: _Parsed, issuer: IssuerSpec, find_keys: FindKeys) -> bool:
    if parsed.algorithm not in issuer.algorithms:
        return False
    keys = find_keys(issuer, parsed.kid) or ()
    fitting = [
        key for key in keys if parsed.kid in (None, key.kid) and _fits(key, parsed.algorithm)
    ]
    # A token that names no key is good where only one can be meant (OpenID Connect Core, section 10.1).
    return len(fitting) == 1 and _has_signed(fitting[0], parsed)


def _fits(key: Key, algorithm: str) -> bool:
    try:
        JWSRegistry.algorithms[algorithm].check_key(key)
    except JoseError:
        return False
    return True


def _has_signed(key: Key, parsed: _Parsed) -> bool:
    algorithm = JWSRegistry.algorithms[parsed.algorithm]
    try:
        return algorithm.verify(parsed.signed, parsed.signature, key)
    except (JoseError, ValueError):
        return False


def _is_meant(claims: Mapping[str, Any], issuer: IssuerSpec) -> bool:
    asked = (("aud", issuer.audiences), *issuer.required_claims.items())
    return all(
        not _texts(claims.get(name)).isdisjoint((wanted,) if isinstance(wanted, str) else wanted)
        for name, wanted in asked
    )


def _find_end(claims: Mapping[str, Any], issuer: IssuerSpec, now: float) -> float | None:
    end = claims.get("exp")
    begins = [claims[name] for name in ("nbf", "iat") if name in claims]
    if not _is_time(end) or not all(_is_time(begin) for begin in begins):
        return None
    is_over = end <= now - issuer.leeway_s
    is_early = any(begin > now + issuer.leeway_s for begin in begins)
    return None if is_over or is_early else float(end)


def _is_time(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _find_subject(claims: Mapping[str, Any], issuer: IssuerSpec) -> str | None:
    subject = claims.get(issuer.principal_claim)
    if isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT and subject.isprintable():
        return subject
    return None


def _find_plan(claims: Mapping[str, Any], issuer: IssuerSpec) -> str | None:
    held = _texts(claims.get(issuer.plan_claim))
    return next((plan for value, plan in issuer.plans.items() if value in held), None)


def _split(value: Any) -> frozenset[str]:
    return frozenset(value.split()) if isinstance(value, str) else _texts(value)


def _texts(value: Any) -> frozenset[str]:
    listed = value if isinstance(value, list) else [value]
    return frozenset(one for one in listed if isinstance(one, str))


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
