"""The control API as Python calls."""

from types import TracebackType
from typing import Self

import httpx

from tidegate.client.connection import Connection
from tidegate.client.endpoints import Endpoints
from tidegate.client.jobs import Jobs
from tidegate.client.keys import Keys
from tidegate.client.models import Models
from tidegate.client.monitors import Monitors
from tidegate.client.plans import Plans
from tidegate.client.pools import Pools
from tidegate.client.records import Records
from tidegate.client.routes import Routes
from tidegate.client.stages import Stages
from tidegate.client.waiting import Waiting
from tidegate.control.documents import StatusDocument
from tidegate.control.naming import ACTOR


class Client:
    """Calls the control API behind the private listener at `url` with the admin token.

    Answers are frozen pydantic values (`tidegate.control.documents`; `model_dump(mode="json")` gives
    plain JSON). Errors are the classes of `core.errors`, as the server raised them; Unavailable when
    it cannot be reached. Safe to share between threads; close it, or use it in a `with`.
    """

    models: Models
    endpoints: Endpoints
    pools: Pools
    routes: Routes
    stages: Stages
    plans: Plans
    records: Records
    keys: Keys
    jobs: Jobs
    monitors: Monitors

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        waiting: Waiting | None = None,
        actor: str = "",
    ) -> None:
        waiting = waiting or Waiting()
        self._connection = Connection(
            httpx.Client(
                base_url=url,
                headers={
                    "authorization": f"Bearer {token}",
                    # For the audit log; it gives no right.
                    **({ACTOR: actor} if actor else {}),
                },
                timeout=timeout_s,
                transport=transport,
                # The private listener is reached directly; a proxy must not see the token.
                trust_env=False,
            )
        )
        self.models = Models(self._connection)
        self.endpoints = Endpoints(self._connection, waiting)
        self.pools = Pools(self._connection)
        self.routes = Routes(self._connection)
        self.stages = Stages(self._connection)
        self.plans = Plans(self._connection)
        self.records = Records(self._connection)
        self.keys = Keys(self._connection)
        self.jobs = Jobs(self._connection, waiting)
        self.monitors = Monitors(self._connection)

    def status(self) -> StatusDocument:
        """How the platform stands."""
        return self._connection.get(StatusDocument, "status")

    def close(self) -> None:
        """Give the sockets back."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
