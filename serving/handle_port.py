"""Keeps Ray Serve's port between deployments on the private interface.

Each Serve replica opens a gRPC port for handles of other deployments, on every interface and with no
option to say otherwise (Ray 2.60, `Replica._on_initialized`). It asks for Ray's token, and nobody here
uses it; still nothing of Ray shall be reachable from outside.
"""

from typing import Any

from ray.serve._private import replica as ray_replica


def keep_private(host: str) -> None:
    """Bind it to `host` in this process; called before Serve opens it, after our constructor."""
    module: Any = ray_replica
    bind = module.add_port_to_grpc_server

    def bind_privately(server: Any, address: str) -> int:
        port: int = bind(server, f"{host}:{address.rpartition(':')[2]}")
        return port

    module.add_port_to_grpc_server = bind_privately
