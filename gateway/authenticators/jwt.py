"""JSON Web Tokens of known issuers (OpenID Connect), as `Authorization: Bearer TOKEN`."""

from core.errors import Unauthenticated
from core.http import header
from gateway.authenticator import Known, Principal, Trust
from gateway.caller import Caller
from gateway.token import TokenMemory, verify_token


class JwtAuthenticator:
    """A token that was verified is remembered until it ends, so that the next request costs a look-up."""

    def __init__(self, trust: Trust) -> None:
        self._keys = trust.issuer_keys
        self._memory = TokenMemory()

    def is_shown(self, caller: Caller) -> bool:
        """Whether the bearer's credential has a token's form."""
        return _read_token(caller).count(".") == 2

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """The token's principal; raises Unauthenticated, the same for every reason."""
        if self._keys is None or not known.issuers:
            raise Unauthenticated
        token = _read_token(caller)
        # What was good for one route of one deployment says nothing of another, which trusts others.
        remembered, generation = f"{token}\n{known.scope}", self._keys.generation
        found = self._memory.recall(remembered, generation, known.now)
        if found is None:
            found = verify_token(token, known.issuers, self._keys.find, known.now)
            self._memory.remember(remembered, generation, found)
        return Principal(
            found.principal, scopes=found.scopes, plan=found.plan, account=found.principal
        )


def _read_token(caller: Caller) -> str:
    scheme, _, credential = (header(caller.headers, b"authorization") or b"").partition(b" ")
    return credential.strip().decode("latin-1") if scheme.lower() == b"bearer" else ""
