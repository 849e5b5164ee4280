"""TLS of the public listeners: certificates from files, read again when they change."""

import asyncio
import logging
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

log = logging.getLogger(__name__)
_LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Files:
    """PEM files: the chain, its key, and the authorities whose clients are asked for certificates."""

    certificate: Path
    key: Path
    client_authorities: Path | None = None

    @property
    def stamp(self) -> tuple[float, ...]:
        """Another one when a file has changed; raises OSError."""
        files = (self.certificate, self.key, self.client_authorities)
        return tuple(file.stat().st_mtime for file in files if file is not None)


class Encryption:
    """One context for all connections: what is read again counts for those that come next."""

    def __init__(self, files: Files) -> None:
        """Raises OSError, also for files that are no certificate and its key."""
        self._files = files
        self._stamp = files.stamp
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        if files.client_authorities is not None:
            # A route may ask for a certificate; others take who has none.
            self.context.verify_mode = ssl.CERT_OPTIONAL
        self._load()

    async def run(self) -> None:
        """Look at the files until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> bool:
        """Read the files again if they have changed; what cannot be read leaves the old ones in force."""
        try:
            stamp = self._files.stamp
            if stamp == self._stamp:
                return False
            self._load()
            self._stamp = stamp
        except OSError as error:
            log.warning("the certificate cannot be read again, the old one stays: %s", error)
            return False
        log.info("the certificate was read again")
        return True

    def credentials(self) -> Any:
        """The same for gRPC, which reads them at each connection.

        Its library asks every client for a certificate or none: here none, so `mtls` is HTTP's alone.
        """
        fetch = self._fetch
        return grpc.dynamic_ssl_server_credentials(
            fetch(), fetch, require_client_authentication=False
        )

    def _load(self) -> None:
        self.context.load_cert_chain(self._files.certificate, self._files.key)
        if self._files.client_authorities is not None:
            self.context.load_verify_locations(self._files.client_authorities)

    def _fetch(self) -> Any:
        files = self._files
        try:
            pair = (files.key.read_bytes(), files.certificate.read_bytes())
            return grpc.ssl_server_certificate_configuration([pair])
        except OSError:
            # gRPC keeps the configuration that it has.
            return None


def open_encryption(certificate: str, key: str, client_authorities: str) -> Encryption | None:
    """The listener's TLS; None where no certificate is named. Raises OSError."""
    if not certificate:
        return None
    authorities = Path(client_authorities) if client_authorities else None
    return Encryption(Files(Path(certificate), Path(key or certificate), authorities))
