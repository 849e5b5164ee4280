"""One gateway's connection: uvicorn's HTTP/1.1, with each answer sent as one packet."""

from collections.abc import Sized

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from core.cork import CorkedConnection
from core.departure import WatchedConnection
from core.http import Scope

ARRIVED = "tidegate.arrived"


class GatewayConnection(CorkedConnection, WatchedConnection, HttpToolsProtocol):
    """Uvicorn's protocol behind the cork; what waits for a gateway that left is never computed.

    Each scope has a view of all requests that this server has and has not answered, at `ARRIVED`.
    """

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["extensions"][ARRIVED] = self.tasks


def is_alone(scope: Scope) -> bool:
    """Whether the server has this request and no other; False where nobody knows."""
    arrived: Sized = scope.get("extensions", {}).get(ARRIVED, ())
    return len(arrived) == 1
