"""Whether a process of the platform answers."""

import socket

import httpx
from pydantic import BaseModel, ValidationError

from tidegate.settings import Settings

TIMEOUT_S = 1.0


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
    return _ask(f"{settings.private_url}/v2/health/live") is not None


def _ask(url: str, token: str = "") -> bytes | None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        # trust_env: a proxy for the outer world must not be asked for our own machine.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            answer = client.get(url, headers=headers)
    except httpx.HTTPError:
        return None
    return answer.content if answer.status_code == httpx.codes.OK else None


class _Raylet(BaseModel):
    state: str = ""


class _Node(BaseModel):
    raylet: _Raylet = _Raylet()


class _Summary(BaseModel):
    summary: tuple[_Node, ...] = ()


class _Nodes(BaseModel):
    """What we read of the dashboard's list of nodes."""

    data: _Summary = _Summary()
