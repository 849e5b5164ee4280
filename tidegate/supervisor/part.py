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
    is called at each start. `grace_s` is how many seconds it may take to stop. `answers` says whether
    one that has been ready is still there, however unwell; None where nobody asks.
    """

    name: str
    after: tuple[str, ...]
    command: Callable[[], tuple[str, ...]]
    is_ready: Callable[[], bool]
    grace_s: float
    answers: Callable[[], bool] | None = None


# What the gateway may need to stop: 15 s for requests in flight, 30 s to write what was captured, and
# some more on a busy machine. It is mostly done in a second.
GATEWAY_GRACE_S = 60


def list_parts(settings: Settings) -> tuple[Part, ...]:
    """The parts, in the order of starting; they are stopped in the opposite order.

    Ray is not asked again: under a heavy job its dashboard is slow, and its end is that of every replica.
    """
    return (
        Part("ray", (), lambda: ray_command(settings), lambda: probe.sees_ray(settings), 25),
        Part(
            "control",
            ("ray",),
            lambda: (*PYTHON, "tidegate.control"),
            lambda: probe.sees_control(settings),
            10,
            lambda: probe.hears_control(settings),
        ),
        Part(
            "gateway",
            (),
            lambda: (*PYTHON, "gateway"),
            lambda: probe.sees_gateway(settings),
            GATEWAY_GRACE_S,
            lambda: probe.hears_gateway(settings),
        ),
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
