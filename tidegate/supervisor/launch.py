"""Start and stop the platform from outside: what `tidegate up` and `tidegate down` call."""

import time
from collections.abc import Callable, Mapping

from core.clock import SystemClock
from core.errors import Conflict, Unavailable
from tidegate.settings import Settings
from tidegate.supervisor.command import PYTHON
from tidegate.supervisor.home import prepare_home
from tidegate.supervisor.log import read_tail
from tidegate.supervisor.part import list_parts
from tidegate.supervisor.port import check_ports
from tidegate.supervisor.process import Spawned, end_all, find, spawn
from tidegate.supervisor.state import (
    Child,
    State,
    erase_state,
    is_running,
    read_remains,
    read_state,
)

Report = Callable[[str], None]

COMMAND = (*PYTHON, "tidegate.supervisor")
START_S = 300.0
# More than the graces of all processes together, which stop one after the other.
STOP_S = 120.0
_POLL_S = 0.2
_SWEEP_S = 10.0


def start(settings: Settings, environ: Mapping[str, str], report: Report) -> State:
    """Start the platform and wait until it answers; it goes on without the caller.

    `environ` is what the processes inherit. Raises Conflict where it runs already, Unavailable
    where a port is taken or a process does not come up (with the end of its log); nothing of it
    runs then.
    """
    if is_running(settings):
        found = "running already; `tidegate status` tells how it stands, `tidegate down` stops it"
        raise Conflict("platform", str(settings.home), "stopped", found)
    prepare_home(settings, SystemClock().now())
    if _sweep(settings):
        report("stopped what an earlier run had left")
    check_ports(settings)
    supervisor = spawn(
        COMMAND,
        {**environ, **settings.to_environ()},
        settings.run,
        settings.logs / "supervisor.log",
    )
    try:
        return _await_ready(settings, supervisor, report)
    except BaseException:
        report("stopping")
        _end(settings, supervisor.child, report)
        raise


def stop(settings: Settings, report: Report) -> bool:
    """Stop the platform and wait until every process of it is gone; False where nothing ran.

    What an earlier, killed supervisor has left is stopped as well. Processes that are still there
    after two minutes are killed, which this waits for too.
    """
    state = read_state(settings)
    if state is None:
        return _sweep(settings)
    report("stopping the gateway, the control process and Ray")
    _end(settings, state.supervisor, report)
    return True


def _await_ready(settings: Settings, supervisor: Spawned, report: Report) -> State:
    names = {part.name for part in list_parts(settings)}
    ready: set[str] = set()
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if not supervisor.is_alive():
            raise _explain(settings, "supervisor", "it ended")
        state = read_state(settings)
        if state is not None and state.pid == supervisor.child.pid:
            for name in sorted(set(state.ready) - ready):
                report(f"{name} is ready")
            ready |= set(state.ready)
            if state.failing:
                raise _explain(settings, state.failing[0], "it dies again and again")
            if names <= set(state.ready):
                return state
        time.sleep(_POLL_S)
    raise _explain(settings, min(names - ready, default="platform"), f"not ready in {START_S:g} s")


def _explain(settings: Settings, name: str, what: str) -> Unavailable:
    file = settings.logs / f"{name}.log"
    tail = read_tail(file)
    return Unavailable(name, f"{what}; the end of {file}:\n{tail}" if tail else what)


def _end(settings: Settings, supervisor: Child, report: Report) -> None:
    process = find(supervisor)
    if process is not None:
        process.terminate()
        _await_end(supervisor)
        if find(supervisor) is not None:
            report(f"the supervisor did not stop within {STOP_S:g} s; killing what is left")
            process.kill()
            _await_end(supervisor)
    _sweep(settings)


def _await_end(supervisor: Child) -> None:
    deadline = time.monotonic() + STOP_S
    while find(supervisor) is not None and time.monotonic() < deadline:
        time.sleep(_POLL_S)


def _sweep(settings: Settings) -> bool:
    """End what the last written state still names; True where there was something."""
    remains = read_remains(settings)
    if remains is None:
        return False
    left = [child for child in remains.list_processes() if find(child) is not None]
    end_all(left, _SWEEP_S)
    erase_state(settings)
    return bool(left)
