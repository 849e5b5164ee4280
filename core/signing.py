"""Short-lived proofs that a request to a replica comes from a gateway: HMAC-SHA256 with a shared secret.

A proof reads `key.expiry.audience.mac`: the secret's id, when it ends (Unix seconds) and the MAC of the
three. The audience is the resident that it is for, so a proof taken from one replica opens no other.
It covers no body, so one proof serves many requests and costs a comparison each.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from core.errors import Unauthenticated

LIFETIME_S = 30.0


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing secret, shown by its id only."""

    id: str
    value: bytes = field(repr=False)


def sign(secret: Secret, audience: str, expires_at: float) -> str:
    """A proof for `audience` that ends at `expires_at` (Unix seconds)."""
    claim = f"{secret.id}.{int(expires_at)}.{audience}"
    return f"{claim}.{_mac(secret, claim)}"


def verify(proof: str, secrets: dict[str, Secret], audience: str, now: float) -> float:
    """Return when the proof ends (Unix seconds); raises Unauthenticated when it is not good."""
    claim, _, mac = proof.rpartition(".")
    key, _, rest = claim.partition(".")
    expiry, _, named = rest.partition(".")
    secret = secrets.get(key)
    if secret is None or not hmac.compare_digest(_mac(secret, claim).encode(), mac.encode()):
        raise Unauthenticated("a signed request is required")
    if named != audience or not expiry.isdigit() or float(expiry) <= now:
        raise Unauthenticated("the request's signature has ended or is not for this replica")
    return float(expiry)


def _mac(secret: Secret, claim: str) -> str:
    return hmac.new(secret.value, claim.encode(), hashlib.sha256).hexdigest()
