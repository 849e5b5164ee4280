"""What a running platform writes down about itself: who runs, and where it listens."""

import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Self

from core.errors import Conflict
from tidegate.settings import Settings

_RETRY_S = 0.02


@dataclass(frozen=True, slots=True, order=True)
class Child:
    """A process that cannot be taken for another: pid and create time (Unix seconds)."""

    pid: int
    created_at: float


@dataclass(frozen=True, slots=True)
class State:
    """One running platform.

    `descendants` are the processes that its children made; `ready` names the children that
    answer, `failing` those that die again and again; `urls` maps listeners to their addresses.
    """

    supervisor: Child
    started_at: float
    children: Mapping[str, Child]
    descendants: tuple[Child, ...]
    ready: tuple[str, ...]
    failing: tuple[str, ...]
    urls: Mapping[str, str]

    @property
    def pid(self) -> int:
        """The supervisor's process id."""
        return self.supervisor.pid

    def to_json(self) -> str:
        """The text form; `from_json` reads it."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read the text form; raises ValueError, KeyError or TypeError for anything else."""
        found: dict[str, Any] = json.loads(text)
        return cls(
            supervisor=Child(**found["supervisor"]),
            started_at=found["started_at"],
            children={name: Child(**child) for name, child in found["children"].items()},
            descendants=tuple(Child(**child) for child in found["descendants"]),
            ready=tuple(found["ready"]),
            failing=tuple(found["failing"]),
            urls=found["urls"],
        )

    def list_processes(self) -> tuple[Child, ...]:
        """Every process of the platform, the supervisor first."""
        return (self.supervisor, *self.children.values(), *self.descendants)


def lock_file(settings: Settings) -> Path:
    """The file whose lock says that a supervisor runs."""
    return settings.run / "supervisor.lock"


def state_file(settings: Settings) -> Path:
    """The file that holds the state's text form."""
    return settings.run / "platform.json"


def urls_of(settings: Settings) -> dict[str, str]:
    """Where the platform's listeners are, by name; gRPC where it is on."""
    grpc = {
        "public_grpc": (settings.public_host, settings.public_grpc_port),
        "private_grpc": (settings.host, settings.private_grpc_port),
    }
    return {
        "public": settings.public_url,
        "private": settings.private_url,
        **{name: f"{host}:{port}" for name, (host, port) in grpc.items() if port},
        "control": settings.control_url,
        "ray": settings.ray_address,
        "dashboard": settings.dashboard_url,
    }


def read_state(settings: Settings) -> State | None:
    """The running platform's state; None where no supervisor holds the lock or it wrote none yet."""
    state = read_remains(settings)
    return state if state is not None and is_running(settings) else None


def read_remains(settings: Settings) -> State | None:
    """The last state that was written, of a running platform or of one that ended badly."""
    try:
        return State.from_json(state_file(settings).read_text())
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def write_state(settings: Settings, state: State) -> None:
    """Replace the state at once, so that a reader sees the old or the new one."""
    draft = state_file(settings).with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(state.to_json())
    draft.replace(state_file(settings))


def erase_state(settings: Settings) -> None:
    """Forget the state: nothing of the platform runs any more."""
    state_file(settings).unlink(missing_ok=True)


def is_running(settings: Settings) -> bool:
    """Whether a supervisor holds the lock of this home."""
    if not lock_file(settings).exists():
        return False
    try:
        with hold(settings):
            return False
    except Conflict:
        return True


@contextmanager
def hold(settings: Settings, patience_s: float = 0.0) -> Iterator[None]:
    """Hold the lock of this home; raises Conflict where another process keeps it.

    The lock ends with the process that holds it and is not handed to its children. A supervisor
    has some patience, since whoever only looks holds it for a moment.
    """
    deadline = time.monotonic() + patience_s
    with lock_file(settings).open("a") as held:
        while not _take(held):
            if time.monotonic() >= deadline:
                raise Conflict("platform", str(settings.home), "stopped", "running")
            time.sleep(_RETRY_S)
        yield


def _take(held: IO[str]) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
