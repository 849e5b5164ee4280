"""API keys: `tg_` and the key's public id, then its secret. Only the secret's SHA-256 is ever kept."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode

from core.refs import KeyId

ENTROPY_BYTES = 36
_KEY = re.compile(r"tg_([0-9a-f]{8})_([A-Za-z0-9_-]{43})", re.ASCII)


def mint(entropy: bytes) -> tuple[KeyId, str, str]:
    """A key of ENTROPY_BYTES random bytes: its id, its text (shown once), its digest (kept)."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a key needs {ENTROPY_BYTES} random bytes")
    key = KeyId(entropy[:4].hex())
    secret = urlsafe_b64encode(entropy[4:]).decode().rstrip("=")
    return key, f"tg_{key}_{secret}", digest_secret(secret)


def parse(text: str) -> tuple[KeyId, str] | None:
    """The id and the secret of a key's text, None when it is not one."""
    found = _KEY.fullmatch(text)
    return None if found is None else (KeyId(found[1]), found[2])


def digest_secret(secret: str) -> str:
    """What is kept of a secret. It has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, digest: str) -> bool:
    """Whether the secret is the one that was kept, in constant time."""
    return hmac.compare_digest(digest_secret(secret), digest)
