"""How the platform in this home stands, from what runs and what answers."""

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from core.errors import TidegateError
from tidegate.cli.connection import connect, find_settings
from tidegate.settings import Settings

if TYPE_CHECKING:
    # psutil and httpx are loaded when somebody asks, not for `--help`.
    from tidegate.supervisor.state import State

# Nobody waits a minute to be told that a process hangs.
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Standing:
    """What `tidegate status` tells. `running`: some process of the platform is there.

    `endpoints` maps names to states, `trouble` a process or loop to what is wrong with it.
    """

    home: str
    running: bool = False
    state: Literal["ok", "degraded", "stopped", "unsupervised"] = "stopped"
    urls: dict[str, str] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)

    @property
    def document(self) -> dict[str, Any]:
        """The same as plain JSON values."""
        return asdict(self)


def read_standing() -> Standing:
    """What the supervisor and the control process say; asks each process for some seconds at most."""
    from tidegate.supervisor.state import is_running, read_remains  # noqa: PLC0415 - heavy

    settings = find_settings()
    state = read_remains(settings)
    supervised = is_running(settings)
    left = () if state is None or supervised else _find_left(state)
    if state is None or not (supervised or left):
        return Standing(str(settings.home))
    trouble = {name: f"keeps dying; see logs/{name}.log" for name in state.failing}
    if left:
        trouble["supervisor"] = (
            f"has ended, and {', '.join(left)} still run without it: `tidegate up` stops them "
            "and starts anew, `tidegate down` stops them"
        )
    known = Standing(str(settings.home), running=True, urls=dict(state.urls), trouble=trouble)
    found = _ask(settings, known)
    return replace(found, state="unsupervised") if left else found


def _ask(settings: Settings, known: Standing) -> Standing:
    try:
        with connect(TIMEOUT_S) as client:
            told = client.status()
    except TidegateError as error:
        trouble = {**known.trouble, **_blame(settings, error)}
        return replace(known, state="degraded", trouble=trouble)
    loops = {loop.name: loop.error for loop in told.loops if loop.error}
    return replace(
        known,
        state="degraded" if known.trouble else told.state,
        endpoints={name: state.value for name, state in told.endpoints.items()},
        trouble={**known.trouble, **loops},
    )


def _blame(settings: Settings, error: TidegateError) -> dict[str, str]:
    from tidegate.supervisor.probe import find_silent  # noqa: PLC0415 - heavy

    silent = find_silent(settings)
    if not silent:
        return {"control": str(error)}
    return {name: f"does not answer; see logs/{name}.log" for name in silent}


def _find_left(state: "State") -> tuple[str, ...]:
    from tidegate.supervisor.process import find  # noqa: PLC0415 - heavy

    return tuple(name for name, child in state.children.items() if find(child) is not None)
