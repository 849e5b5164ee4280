"""A platform that lives as long as the command that started it: for containers and service units."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import sleep

from core.errors import Unavailable

_LOOK_S = 0.5


def stay(is_up: Callable[[], bool], pause: Callable[[float], None] = sleep) -> None:
    """Return when the command is interrupted; raises Unavailable when the platform ends first."""
    with suppress(KeyboardInterrupt):
        while is_up():
            pause(_LOOK_S)
        raise Unavailable("supervisor", "it has ended: by `tidegate down`, or its log tells why")


@contextmanager
def interrupted_by_term() -> Iterator[None]:
    """Inside, SIGTERM is what Ctrl-C is, so that whoever runs the command can end it in order."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
