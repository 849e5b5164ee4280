"""Whether the platform's ports are free."""

import socket
from contextlib import closing

from core.errors import Unavailable
from tidegate.settings import Settings

# Ray 2.60 refuses a port of its own in the range that its workers take theirs from.
_RAY_WORKERS = range(10002, 20000)


def check_ports(settings: Settings) -> None:
    """Raise Unavailable, naming the variable to change, where a port is taken or given twice."""
    wanted = {
        "TIDEGATE_PUBLIC_PORT": (settings.public_host, settings.public_port),
        "TIDEGATE_PRIVATE_PORT": (settings.host, settings.private_port),
        "TIDEGATE_PUBLIC_GRPC_PORT": (settings.public_host, settings.public_grpc_port),
        "TIDEGATE_PRIVATE_GRPC_PORT": (settings.host, settings.private_grpc_port),
        # The control process is on loopback whatever the private interface is.
        "TIDEGATE_CONTROL_PORT": ("127.0.0.1", settings.control_port),
        "TIDEGATE_RAY_PORT": (settings.host, settings.ray_port),
        "TIDEGATE_RAY_DASHBOARD_PORT": (settings.host, settings.ray_dashboard_port),
    }
    seen: dict[int, str] = {}
    for variable, (host, port) in wanted.items():
        if not port:
            continue  # 0 means that this one does not listen
        if port in seen:
            raise Unavailable(f"port {port}", f"{seen[port]} and {variable} are the same")
        seen[port] = variable
        if variable.startswith("TIDEGATE_RAY_") and port in _RAY_WORKERS:
            detail = f"Ray keeps 10002 to 19999 for its workers; set {variable} to another port"
            raise Unavailable(f"port {port}", detail)
        if not is_free(host, port):
            detail = f"another process listens there; set {variable} to a free port"
            raise Unavailable(f"port {port}", detail)


def choose_port(host: str) -> int:
    """A port of `host` that is free at this moment."""
    with closing(socket.create_server((host, 0), family=_family(host))) as opened:
        return int(opened.getsockname()[1])


def is_free(host: str, port: int) -> bool:
    """Whether nobody listens on the port at this moment."""
    try:
        # create_server sets SO_REUSEADDR, so old connections of the last run do no harm.
        socket.create_server((host, port), family=_family(host)).close()
    except OSError:
        return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
