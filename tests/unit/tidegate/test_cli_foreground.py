import os
import signal

import pytest

from core.errors import Unavailable
from tidegate.cli.foreground import interrupted_by_term, stay


def test_it_stays_until_it_is_interrupted() -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise KeyboardInterrupt

    stay(lambda: True, pause)
    assert len(pauses) == 3


def test_a_platform_that_ends_first_is_an_error() -> None:
    looks = iter([True, False])
    with pytest.raises(Unavailable, match="it has ended"):
        stay(lambda: next(looks), lambda _seconds: None)


def test_a_request_to_end_is_an_interrupt_inside_only() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_by_term():
        stay(lambda: True, lambda _seconds: os.kill(os.getpid(), signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is before
