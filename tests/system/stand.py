"""A whole platform in a home of its own, worked by its command as people work it."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from registry.package import PackageDraft, build_package
from registry.records import ResidentState
from tests.samples import write_linear_model
from tidegate.client import Client
from tidegate.client.waiting import Waiting
from tidegate.control.documents import EndpointDocument, ReplicaDocument
from tidegate.settings import Settings
from tidegate.supervisor.port import choose_port
from tidegate.supervisor.process import find
from tidegate.supervisor.state import State, read_state

TIDEGATE = Path(sys.executable).with_name("tidegate")
FEATURES = ("f0", "f1", "f2", "f3")
_COMMAND_S = 280
_PORTS = ("PUBLIC", "PRIVATE", "PUBLIC_GRPC", "PRIVATE_GRPC", "CONTROL", "RAY", "RAY_DASHBOARD")


def choose_settings(home: Path) -> Settings:
    """Settings of a platform in `home` on free ports."""
    ports = {f"TIDEGATE_{name}_PORT": str(choose_port("127.0.0.1")) for name in _PORTS}
    return Settings.from_environ({"TIDEGATE_HOME": str(home), **ports})


@dataclass(frozen=True, slots=True)
class Stand:
    """One platform. `environ` is what its command runs with."""

    settings: Settings
    environ: Mapping[str, str]

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        """Run `tidegate` with these arguments, whatever comes of it."""
        return subprocess.run(
            [str(TIDEGATE), *argv],
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=_COMMAND_S,
            check=False,
        )

    def read(self, *argv: str) -> Any:
        """What `tidegate ... --json` writes; the command must end well."""
        ran = self.run(*argv, "--json")
        assert ran.returncode == 0, f"{argv}: {ran.stderr}"
        return json.loads(ran.stdout)

    @property
    def state(self) -> State:
        """What the supervisor has written down."""
        state = read_state(self.settings)
        assert state is not None, "the platform does not run"
        return state

    @property
    def public_host(self) -> str:
        """Host and port of the public listener."""
        return self.settings.public_url.removeprefix("http://")

    @property
    def private_host(self) -> str:
        """Host and port of the private listener."""
        return self.settings.private_url.removeprefix("http://")

    def connect(self) -> Client:
        """A client of the control API."""
        return Client(self.settings.private_url, self.settings.admin_token_file.read_text().strip())

    def publish(
        self, name: str, offset: float = 0.0, sample: Path | None = None
    ) -> tuple[int, Path]:
        """Publish the linear model as `name`; returns the version and where its package lies."""
        work = self.settings.home / "drafts" / f"{name}-{offset:g}"
        source = write_linear_model(work / "source" / "model.onnx", len(FEATURES), offset)
        return self.publish_file(name, source, sample)

    def publish_file(self, name: str, source: Path, sample: Path | None = None) -> tuple[int, Path]:
        """Publish a model file with the linear model's signature; returns as `publish` does."""
        package = source.parent.with_name("package")
        draft = PackageDraft(name=name, features=FEATURES, labels=("low", "high"), sample=sample)
        build_package(source, package, draft)
        version = self.read("models", "publish", str(package))
        return version["version"], Path(version["location"])

    def deploy(
        self, name: str, model: str, replicas: int = 1, capture: float = 0.0
    ) -> EndpointDocument:
        """Create an endpoint and wait until all its replicas answer."""
        options = ("--replicas", str(replicas), "--capture", str(capture))
        self.read("endpoints", "create", name, "--model", model, *options)
        return self.await_pool(name, replicas)

    def await_pool(self, name: str, replicas: int, without: str = "") -> EndpointDocument:
        """Wait until the endpoint is ready and has this many live replicas, none of them `without`."""
        with self.connect() as client:
            client.endpoints.wait(name, timeout_s=120)
            return Waiting().until(
                lambda: client.endpoints.get(name),
                lambda seen: (
                    len(pool := live_replicas(seen)) == replicas
                    and without not in {one.replica for one in pool}
                ),
                subject=f"{replicas} replicas of {name}",
                timeout_s=120,
            )

    def expose(self, name: str) -> "Exposed":
        """Give an endpoint a route of the same name and a key for it; waits until it answers."""
        self.read("routes", "expose", name, "--endpoint", name)
        minted = self.read("keys", "create", name, "--route", name)
        exposed = Exposed(self, name, minted["id"], minted["key"])
        exposed.await_status(200)
        return exposed


@dataclass(frozen=True, slots=True)
class Exposed:
    """An endpoint of the linear model behind a route with a key."""

    stand: Stand
    name: str
    key_id: str
    key: str

    @property
    def url(self) -> str:
        """Where it answers publicly."""
        return f"{self.stand.settings.public_url}/v2/models/{self.name}"

    @property
    def headers(self) -> dict[str, str]:
        """The header that carries the key."""
        return {"Authorization": f"Bearer {self.key}"}

    def infer(
        self, rows: Sequence[Sequence[float]], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Ask by JSON, with the key unless other headers are given."""
        sent = self.headers if headers is None else dict(headers)
        return httpx.post(f"{self.url}/infer", content=write_body(rows), headers=sent)

    def await_status(self, status: int, headers: Mapping[str, str] | None = None) -> None:
        """Wait until the metadata answers with this status: gateways follow by looking."""
        sent = self.headers if headers is None else dict(headers)
        Waiting(interval_s=0.05).until(
            lambda: httpx.get(self.url, headers=sent).status_code,
            lambda seen: seen == status,
            subject=f"{status} from {self.url}",
            timeout_s=15,
        )


def live_replicas(endpoint: EndpointDocument) -> list[ReplicaDocument]:
    """The replicas that answer now; a version that was live before may keep its own for a while."""
    live = {one.id for one in endpoint.residents if one.state is ResidentState.LIVE}
    return [one for one in endpoint.replicas if one.resident in live]


def write_body(
    rows: Sequence[Sequence[float]], datatype: str = "FP32", name: str = "features"
) -> str:
    """An Open Inference Protocol request as JSON."""
    tensor = {
        "name": name,
        "datatype": datatype,
        "shape": [len(rows), len(rows[0])],
        "data": [value for row in rows for value in row],
    }
    return json.dumps({"inputs": [tensor]})


def listening_on(state: State, address: str) -> psutil.Process:
    """The process of the platform that listens on `host:port`."""
    port = int(address.rpartition(":")[2])
    for child in state.list_processes():
        process = find(child)
        if process is not None and port in {one.laddr.port for one in listening(process)}:
            return process
    raise AssertionError(f"nobody of the platform listens on {address}")


def listening(process: psutil.Process) -> list[Any]:
    """The sockets on which a process listens."""
    try:
        found = process.net_connections(kind="inet")
    except psutil.NoSuchProcess:
        return []
    return [one for one in found if one.status == psutil.CONN_LISTEN]
