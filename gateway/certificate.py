"""The certificate of a TLS client, as our listeners put it into a request's scope."""

from core.http import Scope
from gateway.caller import Certificate

CERTIFICATE = "tidegate.certificate"


def read_certificate(scope: Scope) -> Certificate | None:
    """The certificate that the connection was opened with."""
    found: Certificate | None = scope.get("extensions", {}).get(CERTIFICATE)
    return found
