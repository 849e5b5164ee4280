"""The control API as the gateway asks it: endpoints in a dictionary, behind one credential."""

from typing import Any

TOKEN = "Bearer admin"  # noqa: S105 - of a fake


class FakeControlApi:
    """`endpoints` by name; `models` can be loaded; `events` has what was asked."""

    def __init__(self) -> None:
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.models: set[str] = set()
        self.asked: list[tuple[str, str]] = []

    async def ask(
        self, method: str, path: str, credential: str, document: dict[str, Any] | None
    ) -> tuple[int, dict[str, Any]]:
        self.asked.append((method, path))
        if credential != TOKEN:
            return 401, _fault("the admin token is required")
        name = path.removeprefix("/api/v1/endpoints/")
        match method:
            case "PUT" if document is not None and document["variants"][0]["model"] in self.models:
                self.endpoints[name] = {"name": name, "state": "creating", "reason": ""}
            case "GET" | "DELETE" if name in self.endpoints:
                if self.endpoints[name].get("routes"):
                    return 409, _fault("routes lead to it")
            case _:
                return 404, _fault(f"unknown {name}")
        return 200, self.endpoints[name]


def _fault(message: str) -> dict[str, Any]:
    return {"error": {"code": "x", "message": message}}
