"""Whether a process of the platform answers."""

import socket

import httpx
from pydantic import BaseModel, ValidationError

from tidegate.settings import Settings

TIMEOUT_S = 1.0
# One that has answered before gets more time: a busy machine is no fault of its own.
PATIENT_S = 3.0


def sees_ray(settings: Settings) -> bool:
    """Whether Ray's control store is well and its node has joined, which comes seconds later."""
    try:
        socket.create_connection((settings.host, settings.ray_port), TIMEOUT_S).close()
    except OSError:
        return False
    token = settings.ray_token_file.read_text().strip()
    body = _ask(f"{settings.dashboard_url}/nodes?view=summary", token)
    try:
        found = _Nodes.model_validate_json(body or b"{}")
    except ValidationError:
        return False
    return any(node.raylet.state == "ALIVE" for node in found.data.summary)


def sees_control(settings: Settings) -> bool:
    """Whether the control API answers its administrator."""
    token = settings.admin_token_file.read_text().strip()
    return _ask(f"{settings.control_url}/api/v1/status", token) is not None


def sees_gateway(settings: Settings) -> bool:
    """Whether the gateway's private listener answers."""
    return _ask(_health(settings)) is not None


def hears_control(settings: Settings) -> bool:
    """Whether the control process says anything at all, be it that its database is away."""
    return _get(settings.control_url, "", PATIENT_S) is not None


def hears_gateway(settings: Settings) -> bool:
    """Whether the gateway's private listener says anything at all."""
    return _get(_health(settings), "", PATIENT_S) is not None


def find_silent(settings: Settings) -> tuple[str, ...]:
    """Which of the processes that answer HTTP say nothing now; takes up to 3 s for each."""
    asked = {"gateway": hears_gateway, "control": hears_control}
    return tuple(name for name, hears in asked.items() if not hears(settings))


def _health(settings: Settings) -> str:
    return f"{settings.private_url}/v2/health/live"


def _ask(url: str, token: str = "") -> bytes | None:
    answer = _get(url, token, TIMEOUT_S)
    return answer.content if answer is not None and answer.is_success else None


def _get(url: str, token: str, timeout_s: float) -> httpx.Response | None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        # trust_env: a proxy for the outer world must not be asked for our own machine.
        with httpx.Client(timeout=timeout_s, trust_env=False) as client:
            return client.get(url, headers=headers)
    except httpx.HTTPError:
        return None


class _Raylet(BaseModel):
    state: str = ""


class _Node(BaseModel):
    raylet: _Raylet = _Raylet()


class _Summary(BaseModel):
    summary: tuple[_Node, ...] = ()


class _Nodes(BaseModel):
    """What we read of the dashboard's list of nodes."""

    data: _Summary = _Summary()
