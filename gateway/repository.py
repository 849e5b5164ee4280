"""The protocol's model repository, which is our endpoints: listed, brought up, taken down.

`load` and `unload` go to the control API with the caller's own credential: this process holds none.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from core.clock import Clock
from core.errors import (
    Conflict,
    EndpointNotFound,
    Forbidden,
    MalformedRequest,
    NoReplica,
    RuntimeUnavailable,
    TidegateError,
    Unauthenticated,
    Unavailable,
    UnsupportedOperation,
)
from core.http import Headers, header
from gateway.directory import Directory
from gateway.follower import Follower

Json = dict[str, Any]
# Method, path, the caller's credential, a document; answers with a status and a document.
AskControl = Callable[[str, str, str, Json | None], Awaitable[tuple[int, Json]]]
ALIAS = "live"
# How long `load` waits for a replica: a cold package with requirements of its own takes minutes.
LOAD_S = 300.0
LOOK_S = 1.0
_FAILED = "failed"


class Repository:
    """Belongs to one event loop."""

    def __init__(self, ask: AskControl, follower: Follower, clock: Clock) -> None:
        self._ask = ask
        self._follower = follower
        self._clock = clock

    def index(self, *, ready_only: bool = False) -> list[Json]:
        """Each version of each endpoint with its state: READY once a replica answers, else UNAVAILABLE."""
        entries = list_entries(self._follower.directory)
        return [one for one in entries if not ready_only or one["state"] == "READY"]

    async def load(self, name: str, headers: Headers, wanted: Json) -> None:
        """Wait until the endpoint answers; one that is not there is made of the model's live version.

        Raises Unauthenticated, UnsupportedOperation for a configuration or files of the caller's own,
        EndpointNotFound for a model without a live version, RuntimeUnavailable with the reason when it
        cannot be loaded, and NoReplica when that takes too long.
        """
        if wanted:
            raise UnsupportedOperation("loading with a configuration or files of one's own")
        status, found = await self._call("GET", name, headers)
        if status == 404:
            spec = {"name": name, "variants": [{"model": f"{name}@{ALIAS}"}]}
            _, found = await self._call("PUT", name, headers, spec)
        ends_at = self._clock.monotonic() + LOAD_S
        while not self._answers(name):
            if found.get("state") == _FAILED:
                raise RuntimeUnavailable(name, str(found.get("reason")))
            if self._clock.monotonic() >= ends_at:
                raise NoReplica(name)
            await self._follower.wait_for_change(LOOK_S)
            _, found = await self._call("GET", name, headers)

    async def unload(self, name: str, headers: Headers) -> None:
        """Begin to take the endpoint down; raises as `load` does, and Conflict while routes lead to it."""
        await self._call("DELETE", name, headers)

    def _answers(self, name: str) -> bool:
        entries = list_entries(self._follower.directory)
        return any(one["name"] == name and one["state"] == "READY" for one in entries)

    async def _call(
        self, method: str, name: str, headers: Headers, document: Json | None = None
    ) -> tuple[int, Json]:
        credential = (header(headers, b"authorization") or b"").decode("latin-1")
        status, answer = await self._ask(method, find_path(name), credential, document)
        if status >= 400 and (status, method) != (404, "GET"):
            raise read_fault(status, answer, name)
        return status, answer


def find_path(name: str) -> str:
    """Where the control API has an endpoint, whatever its name is made of."""
    return f"/api/v1/endpoints/{quote(name, safe='')}"


def list_entries(directory: Directory) -> list[Json]:
    """The protocol's index entries, by name and version."""
    entries: list[Json] = []
    for name, served in sorted(directory.endpoints.items()):
        residents = (*served.residents, *served.others)
        if not residents:
            entries.append({"name": name, "state": "LOADING", "reason": ""})
        for resident in residents:
            is_ready = bool(directory.leases.get(resident.id))
            state, reason = ("READY", "") if is_ready else ("UNAVAILABLE", "no replica is ready")
            version = str(resident.version)
            entries.append({"name": name, "version": version, "state": state, "reason": reason})
    return entries


def read_fault(status: int, answer: Any, name: str) -> TidegateError:
    """The control API's error as one of ours; its text is kept."""
    try:
        text = str(answer["error"]["message"])
    except (KeyError, TypeError):
        text = "the control API refused"
    error: TidegateError
    match status:
        case 401:
            error = Unauthenticated(
                "load and unload need the admin token: Authorization: Bearer TOKEN"
            )
        case 403:
            error = Forbidden("the caller", text)
        case 404:
            error = EndpointNotFound(name)
        case 409:
            error = Conflict("endpoint", name, "one that can go", text)
        case 400 | 413 | 422:
            error = MalformedRequest(f"failed to load '{name}': {text}")
        case _:
            error = Unavailable("control API", text)
    return error
