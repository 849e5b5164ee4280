"""One gateway's connection: uvicorn's HTTP/1.1, with each answer sent as one packet."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.cork import CorkedConnection
from core.departure import WatchedConnection


class GatewayConnection(CorkedConnection, WatchedConnection, HttpToolsProtocol):
    """Uvicorn's protocol behind the cork; what waits for a gateway that left is never computed."""
