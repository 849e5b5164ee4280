"""A real Open Inference server on loopback: the project's own replica, without Ray."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.batching import Batching
from core.clock import SystemClock
from core.refs import EndpointName
from core.resources import Resources
from core.signing import Secret, sign
from registry.package import Package
from serving.door import Door
from serving.engine import Engine, Loaded
from serving.host import Host
from serving.runtime import Runtime, load_runtime
from serving.server import Served
from tests.samples import make_package

MODEL = "elsewhere"
_SECRET = Secret("k", b"s" * 32)


@dataclass(frozen=True, slots=True)
class OpenInference:
    """Where it listens, and the headers that open its door."""

    url: str
    headers: Mapping[str, str]

    def document(self, **fields: Any) -> dict[str, Any]:
        """`remote.json` for its model."""
        return {"url": self.url, "model": MODEL, "headers": dict(self.headers), **fields}


@contextmanager
def serve_linear(folder: Path) -> Iterator[OpenInference]:
    """The linear model behind a port."""
    package = make_package(folder / "linear", "linear")
    with serve_runtime(package, load_runtime(package, Resources())) as server:
        yield server


@contextmanager
def serve_runtime(package: Package, runtime: Runtime) -> Iterator[OpenInference]:
    """Any runtime with the package's signature behind a port."""
    clock = SystemClock()
    door = Door("r", lambda: (_SECRET,), clock)
    manifest = package.manifest
    served = Served(EndpointName(MODEL), "1", manifest.platform, manifest.signature, 64, 2**20)
    loaded = Loaded.of(served, [runtime], Batching())
    host = Host(MODEL, lambda: Engine(loaded, door, "0.1.0"))
    proof = sign(_SECRET, "r", clock.now() + 600)
    try:
        yield OpenInference(f"http://{host.start('127.0.0.1')}", {"x-tidegate-proof": proof})
    finally:
        host.stop()
        loaded.close()
