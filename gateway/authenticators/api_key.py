"""API keys, as `Authorization: Bearer KEY` or `x-api-key: KEY`."""

from core import keys
from core.errors import Unauthenticated
from core.http import Headers
from gateway.authenticator import Known, Principal, Trust
from gateway.caller import Caller
from registry.records import ApiKey

_MARK = b"tg_"


class ApiKeyAuthenticator:
    """Finds a key by its public id and compares its secret in constant time."""

    def __init__(self, trust: Trust) -> None:
        del trust

    def is_shown(self, caller: Caller) -> bool:
        """Whether a header has a key's form."""
        return _read_key(caller.headers).startswith(_MARK)

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """The key's principal; raises Unauthenticated, the same for every reason."""
        parsed = keys.parse(_read_key(caller.headers).decode("latin-1"))
        if parsed is None:
            raise Unauthenticated
        key_id, secret = parsed
        key = known.directory.keys.get(key_id)
        # An unknown id is compared too, so that its time tells nothing.
        good = keys.matches(secret, key.digest if key else "0" * 64)
        if key is None or not good or not is_in_force(key, known.now):
            raise Unauthenticated
        return identify(key)


def is_in_force(key: ApiKey, now: float) -> bool:
    """Whether the key has neither been revoked nor ended."""
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def identify(key: ApiKey) -> Principal:
    """Who has this key; one that was rotated from another pays from the same account."""
    return Principal(
        key.name,
        frozenset(key.routes) or None,
        frozenset(key.scopes),
        key.plan,
        key.replaces or key.id,
    )


def _read_key(headers: Headers) -> bytes:
    for name, value in headers:
        if name == b"authorization":
            scheme, _, credential = value.strip().partition(b" ")
            if scheme.lower() == b"bearer":
                return credential.strip()
        elif name == b"x-api-key":
            return value.strip()
    return b""
