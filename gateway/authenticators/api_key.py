"""API keys, as `Authorization: Bearer KEY` or `x-api-key: KEY`."""

from core import keys
from core.errors import Unauthenticated
from core.http import Headers
from gateway.authenticator import Principal
from gateway.directory import Directory


class ApiKeyAuthenticator:
    """Finds a key by its public id and compares its secret in constant time."""

    def authenticate(self, headers: Headers, directory: Directory, now: float) -> Principal:
        """The key's principal; raises Unauthenticated, the same for every reason."""
        parsed = keys.parse(_read_key(headers))
        if parsed is None:
            raise Unauthenticated
        key_id, secret = parsed
        known = directory.keys.get(key_id)
        # An unknown id is compared too, so that its time tells nothing.
        good = keys.matches(secret, known.digest if known else "0" * 64)
        if known is None or not good or known.revoked_at is not None:
            raise Unauthenticated
        if known.expires_at is not None and known.expires_at <= now:
            raise Unauthenticated
        return Principal(known.name, frozenset(known.routes) or None)


def _read_key(headers: Headers) -> str:
    for name, value in headers:
        if name == b"authorization":
            scheme, _, credential = value.strip().partition(b" ")
            if scheme.lower() == b"bearer":
                return credential.strip().decode("latin-1")
        elif name == b"x-api-key":
            return value.strip().decode("latin-1")
    raise Unauthenticated
