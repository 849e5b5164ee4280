"""AWS Signature Version 4, so that unmodified AWS SDKs can call with keys that are issued here.

The access key is an API key's id with a prefix; its secret is derived from the platform's master secret and
shown once, so nothing that could sign is stored.
"""

from dataclasses import replace
from functools import partial

from core import sigv4
from core.errors import Unauthenticated
from core.http import header
from core.refs import KeyId
from gateway.authenticator import Known, Principal, Trust
from gateway.authenticators.api_key import identify, is_in_force
from gateway.caller import Caller

SERVICES = frozenset({"sagemaker"})


class SignatureAuthenticator:
    """The signature covers the body, so the principal asks for it to be confirmed."""

    def __init__(self, trust: Trust) -> None:
        self._master = trust.master

    def is_shown(self, caller: Caller) -> bool:
        """Whether the request is signed."""
        return _read(caller).startswith("AWS4-HMAC-SHA256 ")

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """The access key's principal; raises Unauthenticated, the same for every reason."""
        said = sigv4.parse_authorization(_read(caller))
        if said is None or not self._master:
            raise Unauthenticated
        key = known.directory.keys.get(KeyId(sigv4.read_access_key(said.access_key)))
        if key is None or not is_in_force(key, known.now):
            raise Unauthenticated
        if not sigv4.is_timely(said, caller.headers, SERVICES, known.now):
            raise Unauthenticated
        return replace(identify(key), confirm=partial(self._confirm, caller, said))

    def _confirm(self, caller: Caller, said: sigv4.Authorization, body: bytes) -> None:
        secret = sigv4.derive_secret(self._master, said.access_key)
        request = sigv4.SignedRequest(caller.method, caller.raw_path, caller.query, caller.headers)
        if not sigv4.is_signed(secret, said, request, body):
            raise Unauthenticated


def _read(caller: Caller) -> str:
    return (header(caller.headers, b"authorization") or b"").decode("latin-1")
