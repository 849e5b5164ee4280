"""The processes that a platform is made of: how each is started and how one sees it is ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tidegate.settings import Settings
from tidegate.supervisor import probe
from tidegate.supervisor.cluster import ray_command, ray_environ
from tidegate.supervisor.command import PYTHON


@dataclass(frozen=True, slots=True)
class Part:
    """One process. `after` names those that must be ready before it starts.

    When one of those is started anew, this one is too, once the other is ready again. `command`
    is called at each start. `grace_s` is how many seconds it may take to stop.
    """

    name: str
    after: tuple[str, ...]
    command: Callable[[], tuple[str, ...]]
    is_ready: Callable[[], bool]
    grace_s: float


def list_parts(settings: Settings) -> tuple[Part, ...]:
    """The parts, in the order of starting; they are stopped in the opposite order."""
    return (
        Part("ray", (), lambda: ray_command(settings), lambda: probe.sees_ray(settings), 25),
        Part(
            "control",
            ("ray",),
            lambda: (*PYTHON, "tidegate.control"),
            lambda: probe.sees_control(settings),
            10,
        ),
        Part("gateway", (), lambda: (*PYTHON, "gateway"), lambda: probe.sees_gateway(settings), 15),
    )


def environ_of(settings: Settings, inherited: Mapping[str, str]) -> dict[str, str]:
    """What the processes get as their environment: all settings resolved, and Ray's own."""
    kept = {name: value for name, value in inherited.items() if name != "RAY_ADDRESS"}
    return {
        **kept,
        **settings.to_environ(),
        **ray_environ(settings),
        "PYTHONUNBUFFERED": "1",
    }
