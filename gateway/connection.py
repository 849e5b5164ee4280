"""One client's connection: uvicorn's HTTP/1.1, with each answer sent as one packet."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.cork import CorkedConnection
from core.departure import WatchedConnection
from core.farewell import PoliteConnection
from core.head import BoundedConnection
from gateway.certificate import CertifiedConnection


class ClientConnection(
    CorkedConnection,
    CertifiedConnection,
    WatchedConnection,
    BoundedConnection,
    PoliteConnection,
    HttpToolsProtocol,
):
    """Uvicorn's protocol behind the cork; heads are bounded, and work for who leaves is cancelled.

    Nor do we leave without a word: a request that comes while we do is answered.
    """
