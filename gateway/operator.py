"""What operators may ask of the protocol beside inference. Offered by the private listener alone."""

from typing import Any

from core.errors import EndpointNotFound
from core.plugins import load
from gateway.authenticator import AUTHENTICATORS, Authenticator, Known, Trust
from gateway.caller import Caller
from gateway.census import Census
from gateway.directory import Served
from gateway.follower import Follower
from gateway.repository import Repository

Json = dict[str, Any]
EXTENSIONS = ("model_repository", "statistics")


class Operator:
    """Statistics and the repository, for whoever the private listener lets in. Belongs to one loop."""

    def __init__(
        self, auth: str, follower: Follower, census: Census, repository: Repository
    ) -> None:
        name = "anonymous" if auth == "open" else auth
        self._authenticator: Authenticator = load("authenticator", AUTHENTICATORS, name)(Trust())
        self._follower = follower
        self._census = census
        self.repository = repository

    def authenticate(self, caller: Caller, now: float) -> None:
        """For what names no endpoint; raises Unauthenticated. `now` is in Unix seconds."""
        self._authenticator.authenticate(caller, Known(self._follower.directory, now))

    async def count(self, name: str, served: Served, version: str = "") -> list[Json]:
        """The protocol's statistics of an endpoint under this name, by version.

        Raises EndpointNotFound for a version that is not loaded.
        """
        counted = await self._census.count(served)
        if version and version not in counted:
            raise EndpointNotFound(f"{name}' version '{version}")
        return [
            counts.to_json(name, one)
            for one, counts in sorted(counted.items())
            if version in ("", one)
        ]

    async def count_all(self) -> list[Json]:
        """Those of every endpoint."""
        found: list[Json] = []
        for name, served in sorted(self._follower.directory.endpoints.items()):
            found += await self.count(name, served)
        return found
