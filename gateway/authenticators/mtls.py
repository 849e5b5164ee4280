"""Mutual TLS: the client's certificate, which the TLS listener verified, says who calls."""

from core.errors import Unauthenticated
from gateway.authenticator import Known, Principal, Trust
from gateway.caller import Caller


class CertificateAuthenticator:
    """The principal is the certificate's common name, else its first alternative name."""

    def __init__(self, trust: Trust) -> None:
        del trust

    def is_shown(self, caller: Caller) -> bool:
        """Whether the connection has a client certificate."""
        return caller.certificate is not None

    def authenticate(self, caller: Caller, known: Known) -> Principal:
        """The certificate's principal; raises Unauthenticated without one."""
        del known
        certificate = caller.certificate
        if certificate is None:
            raise Unauthenticated
        name = certificate.subject or next(iter(certificate.names), certificate.fingerprint)
        return Principal(f"cert/{name}"[:200], account=certificate.fingerprint)
