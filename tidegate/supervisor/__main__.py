"""The supervisor: `python -m tidegate.supervisor`, started by `launch.start`."""

import logging
import os
import signal
import threading
from dataclasses import replace
from itertools import chain

import psutil

from core.clock import Clock, SystemClock
from tidegate.settings import Settings
from tidegate.supervisor.cluster import make_ray_folder
from tidegate.supervisor.part import Part, environ_of, list_parts
from tidegate.supervisor.process import Spawned, identify, spawn
from tidegate.supervisor.restart import RestartPolicy
from tidegate.supervisor.state import State, erase_state, hold, urls_of, write_state
from tidegate.supervisor.watch import Watch

_LOG = logging.getLogger(__name__)
_STEP_S = 0.25
_PATIENCE_S = 1.0


def describe(me: State, watch: Watch) -> State:
    """The state to write down: `me` with what runs now."""
    keepers = watch.keepers.items()
    running = {name: keeper.running for name, keeper in keepers if keeper.running is not None}
    below = chain.from_iterable(each.descendants for each in running.values())
    return replace(
        me,
        children={name: each.child for name, each in running.items()},
        descendants=tuple(sorted(below)),
        ready=tuple(name for name, keeper in keepers if keeper.ready),
        failing=tuple(name for name, keeper in keepers if keeper.failing),
    )


def supervise(settings: Settings, watch: Watch, clock: Clock, stopping: threading.Event) -> None:
    """Run the platform until `stopping` is set, then stop it; the caller holds the lock."""
    me = identify(os.getpid())
    written = State(me, clock.now(), {}, (), (), (), urls_of(settings))
    write_state(settings, written)
    try:
        while not stopping.is_set():
            written = _step(settings, watch, written)
            stopping.wait(_STEP_S)
    finally:
        watch.stop()
        erase_state(settings)


def _step(settings: Settings, watch: Watch, written: State) -> State:
    try:
        watch.step()
        state = describe(written, watch)
        if state != written:
            write_state(settings, state)
    except (OSError, psutil.Error):
        # A full disk, say, must not take down what runs well; the next step tries again.
        _LOG.exception("a step of the supervisor failed")
        return written
    else:
        return state


def main() -> None:
    """Supervise until SIGTERM or SIGINT."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # Its line for each readiness probe is no news.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    inherited = dict(os.environ)  # noqa: TID251 - a process's own entry
    settings = Settings.from_environ(inherited)
    environ = environ_of(settings, inherited)
    clock = SystemClock()

    def spawn_part(part: Part) -> Spawned:
        return spawn(part.command(), environ, settings.run, settings.logs / f"{part.name}.log")

    with hold(settings, _PATIENCE_S):
        make_ray_folder(settings)
        watch = Watch(list_parts(settings), spawn_part, clock, RestartPolicy())
        supervise(settings, watch, clock, stopping)


if __name__ == "__main__":
    main()
