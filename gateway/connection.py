"""One client's connection: uvicorn's HTTP/1.1, with each answer sent as one packet."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.cork import CorkedConnection


class ClientConnection(CorkedConnection, HttpToolsProtocol):
    """Uvicorn's protocol behind the cork."""
