"""Start and stop the platform from outside: what `tidegate up` and `tidegate down` call."""

from collections.abc import Callable, Mapping

from tidegate.settings import Settings
from tidegate.supervisor.state import State

Report = Callable[[str], None]


def start(settings: Settings, environ: Mapping[str, str], report: Report) -> State:
    """Start the platform and wait until it answers; the supervisor goes on without the caller.

    `environ` is what the processes inherit. Raises Conflict where it runs already, Unavailable
    where a port is taken or a process does not come up (with the end of its log).
    """
    raise NotImplementedError


def stop(settings: Settings, report: Report) -> bool:
    """Stop the platform and wait until every process of it is gone; False where nothing ran."""
    raise NotImplementedError
