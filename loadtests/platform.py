"""A Tidegate platform of its own for one benchmark: started, filled and stopped by its command."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "tabular"
_PORTS = (
    "PUBLIC_PORT",
    "PRIVATE_PORT",
    "PUBLIC_GRPC_PORT",
    "PRIVATE_GRPC_PORT",
    "CONTROL_PORT",
    "RAY_PORT",
    "RAY_DASHBOARD_PORT",
)


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform: its environment, and the ports of its listeners."""

    environment: Mapping[str, str]
    public_port: int

    def tidegate(self, *arguments: str) -> Any:
        """Run a `tidegate` command and read its JSON; raises CalledProcessError."""
        return run_tidegate(self.environment, *arguments, "--json")


@contextmanager
def start_platform() -> Iterator[Platform]:
    """A platform in a folder of its own, on free loopback ports; stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="tg-bench-") as home:
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        chosen = {f"TIDEGATE_{name}": str(port) for name, port in ports.items()}
        # A load test hands its own environment on, as a shell does.
        environment = {**os.environ, **chosen, "TIDEGATE_HOME": home}  # noqa: TID251
        try:
            run_tidegate(environment, "up", "--json")
            yield Platform(environment, ports["PUBLIC_PORT"])
        finally:
            run_tidegate(environment, "down", "--json")


def deploy(platform: Platform, model: Path, folder: Path) -> str:
    """Serve the model, capture all of its traffic, expose it; returns an API key."""
    serve_model(platform, NAME, model, folder, "--capture", "1.0")
    # A plan that nobody reaches: its counting is part of the gateway's cost.
    platform.tidegate("plans", "set", "bench", "--rate", "1000000", "--quota", "1000000000/day")
    platform.tidegate("routes", "expose", NAME, "--endpoint", NAME, "--plan", "bench")
    key: str = platform.tidegate("keys", "create", "bench")["key"]
    return key


def serve_model(platform: Platform, name: str, model: Path, folder: Path, *options: str) -> None:
    """Publish the model and wait for an endpoint of its name, created with `options`."""
    package = str(folder / f"{name}-package")
    platform.tidegate("models", "package", str(model), "--name", name, "--out", package)
    version = platform.tidegate("models", "publish", package)["version"]
    platform.tidegate("endpoints", "create", name, "--model", f"{name}:{version}", *options)
    platform.tidegate("endpoints", "wait", name)


def find_replica(platform: Platform, name: str = NAME) -> tuple[str, dict[str, str]]:
    """The address of the endpoint's one replica, and the header that opens it for ten minutes."""
    door = platform.tidegate("endpoints", "proof", name, "--ttl", "600")
    return door["replicas"][0], {door["header"]: door["proof"]}


def run_tidegate(environment: Mapping[str, str], *arguments: str) -> Any:
    """Run a `tidegate` command; what it says on standard error is shown."""
    command = [str(Path(sys.executable).with_name("tidegate")), *arguments]
    ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)  # noqa: S603 - our own command
    return json.loads(ran.stdout or b"null")


def free_ports(count: int) -> list[int]:
    """Different loopback ports that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]
