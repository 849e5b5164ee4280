"""Whether a process of the platform answers."""

import socket

import httpx

from tidegate.settings import Settings

TIMEOUT_S = 1.0


def sees_ray(settings: Settings) -> bool:
    """Whether Ray's control store takes connections and the dashboard finds it well."""
    try:
        socket.create_connection((settings.host, settings.ray_port), TIMEOUT_S).close()
    except OSError:
        return False
    token = settings.ray_token_file.read_text().strip()
    return _answers(f"{settings.dashboard_url}/api/gcs_healthz", token)


def sees_control(settings: Settings) -> bool:
    """Whether the control API answers its administrator."""
    token = settings.admin_token_file.read_text().strip()
    return _answers(f"{settings.control_url}/api/v1/status", token)


def sees_gateway(settings: Settings) -> bool:
    """Whether the gateway's private listener answers."""
    return _answers(f"{settings.private_url}/v2/health/live")


def _answers(url: str, token: str = "") -> bool:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        # trust_env: a proxy for the outer world must not be asked for our own machine.
        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            return client.get(url, headers=headers).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
