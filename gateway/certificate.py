"""The certificate of a TLS client, from the connection to the request's scope."""

import asyncio
from hashlib import sha256
from typing import Any

from core.http import Scope
from gateway.caller import Certificate

CERTIFICATE = "tidegate.certificate"


class CertifiedConnection(asyncio.Protocol):
    """Stands before an HTTP protocol class, and puts the client's certificate into each scope."""

    scope: Any

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Read the certificate once; the handshake has verified it."""
        self._certificate = read_peer(transport.get_extra_info("ssl_object"))
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """A request begins: its scope is there."""
        super().on_message_begin()  # type: ignore[misc] # the parser's callback, of the class behind
        if self._certificate is not None:
            self.scope["extensions"][CERTIFICATE] = self._certificate


def read_peer(connection: Any) -> Certificate | None:
    """The certificate at the other end of a TLS connection; None without one."""
    raw = None if connection is None else connection.getpeercert(binary_form=True)
    if not raw:
        return None
    told = connection.getpeercert()
    subject = {name: value for part in told.get("subject", ()) for name, value in part}
    names = tuple(str(value) for _, value in told.get("subjectAltName", ()))
    return Certificate(subject.get("commonName", ""), sha256(raw).hexdigest(), names)


def read_certificate(scope: Scope) -> Certificate | None:
    """The certificate that the connection was opened with."""
    found: Certificate | None = scope.get("extensions", {}).get(CERTIFICATE)
    return found
