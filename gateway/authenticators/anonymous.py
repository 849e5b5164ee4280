"""Nobody in particular: for routes that say that everybody may come in."""

from gateway.authenticator import Known, Principal, Trust
from gateway.caller import Caller


class Anonymous:
    """Lets everybody in under one name."""

    def __init__(self, trust: Trust) -> None:
        del trust

    def is_shown(self, caller: Caller) -> bool:
        """It asks for nothing."""
        del caller
        return True

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """Nobody in particular."""
        del caller, known
        return _ANYBODY


_ANYBODY = Principal("anonymous")
