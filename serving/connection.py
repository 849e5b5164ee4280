"""One gateway's connection: uvicorn's HTTP/1.1, with each answer sent as one packet."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.cork import CorkedTransport


class GatewayConnection(HttpToolsProtocol):
    """Uvicorn writes headers and body apart; the cork puts them together."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Put the cork between."""
        whole = CorkedTransport(cast("asyncio.Transport", transport), self.loop)
        super().connection_made(whole)
