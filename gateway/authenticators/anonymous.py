"""Nobody in particular: for routes that say so."""

from core.http import Headers
from gateway.authenticator import Principal
from gateway.directory import Directory

_ANYONE = Principal("anonymous")


class Anonymous:
    """Lets everybody in."""

    def authenticate(self, headers: Headers, directory: Directory, now: float) -> Principal:
        """Always the same principal; nothing is looked at."""
        del headers, directory, now
        return _ANYONE
