"""What the replicas of an endpoint say, their models' own output too."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from core.refs import EndpointName
from registry.platform import Platform
from serving.logbook import read_logbooks


class LogOperations:
    """Reads the logbooks of the machine that the control process runs on."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._platform, self._folder = platform, folder

    def read(self, name: str, lines: Annotated[int, Query(ge=1, le=10_000)] = 200) -> str:
        """The last lines of each replica, those of failed and leaving ones too; oldest first."""
        endpoint = self._platform.endpoints.get(EndpointName(name)).name
        mine = [one for one in self._platform.residents.list() if one.endpoint == endpoint]
        return "".join(read_logbooks(self._folder, one.id, lines) for one in mine)


def build_router(operations: LogOperations) -> APIRouter:
    """The operations at their paths."""
    router = APIRouter(prefix="/endpoints", tags=["endpoints"])
    router.add_api_route(
        "/{name}/logs", operations.read, methods=["GET"], response_class=PlainTextResponse
    )
    return router
