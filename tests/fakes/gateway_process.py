"""The real gateway process in front of a replica without Ray, with tables of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core.endpoint import EndpointSpec
from core.refs import ReplicaId
from core.route import RouteSpec
from registry.migration import migrate
from registry.platform import Platform, open_platform
from registry.records import Lease
from tests.fakes.gateway import DIGEST, KEY, KEY_ID, make_key, make_resident
from tests.fakes.replica import FakeReplica, serve_replica

RESIDENT = make_resident()
MASTER = b"m" * 32


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway process in front of one replica."""

    process: subprocess.Popen[bytes]
    platform: Platform
    lease: Lease
    public: str
    private: str
    grpc: str


@contextmanager
def run_gateway(home: Path, **settings: object) -> Iterator[Running]:
    """Start one in `home`, with these `TIDEGATE_` settings beside; stop it at the end."""
    platform = fill_tables(home)
    secret = platform.secrets.rotate(time.time())
    with ExitStack() as stack:
        replica = FakeReplica(RESIDENT.id, secret, time.time())
        port = stack.enter_context(serve_replica(replica))
        address = f"127.0.0.1:{port}"
        lease = Lease(ReplicaId("r1"), RESIDENT.id, address, time.time() + 600)
        platform.leases.take(lease)
        public, private, control, grpc, private_grpc = free_ports(5)
        chosen = {
            "HOME": home,
            "PUBLIC_PORT": public,
            "PRIVATE_PORT": private,
            "CONTROL_PORT": control,
            "PUBLIC_GRPC_PORT": grpc,
            "PRIVATE_GRPC_PORT": private_grpc,
            **{name.upper(): value for name, value in settings.items()},
        }
        environment = {f"TIDEGATE_{name}": str(value) for name, value in chosen.items()}
        command = [sys.executable, "-m", "gateway"]
        process = stack.enter_context(
            subprocess.Popen(command, env={**os.environ, **environment})  # noqa: TID251 - our own command, in this environment
        )
        stack.callback(process.terminate)
        wait_until_ready(f"http://127.0.0.1:{private}")
        addresses = (f"127.0.0.1:{port}" for port in (public, private, grpc))
        yield Running(process, platform, lease, *addresses)


def keyed() -> dict[str, str]:
    # Always a new one: the client writes its own headers into what it is given.
    return {"x-api-key": KEY}


def fill_tables(home: Path) -> Platform:
    url = f"sqlite:///{home}/platform.db"
    migrate(url)
    platform = open_platform(url)
    capture = {"share": 1.0}
    spec = EndpointSpec.read(
        {"name": "iris", "variants": [RESIDENT.spec.model_dump()], "capture": capture}
    )
    platform.endpoints.apply(spec, 0.0)
    platform.residents.add(RESIDENT)
    platform.routes.apply(RouteSpec(name="flowers", endpoint="iris"), 0.0)
    platform.keys.add(make_key(KEY_ID, DIGEST))
    (home / "signing.secret").write_text(MASTER.decode())
    return platform


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [held.getsockname()[1] for held in sockets]


def wait_until_ready(url: str) -> None:
    transport = httpx.HTTPTransport(retries=10)
    with httpx.Client(transport=transport) as client:
        assert client.get(f"{url}/v2/health/ready", timeout=60).status_code == 200
