import threading
from collections.abc import Sequence

import pytest

from gateway.span_spool import SpanSpool
from gateway.trace import Traced
from tests.fakes.traced import make_traced


class Sink:
    """Keeps what it is sent, after these failures; while `gate` is clear it waits, until it is closed."""

    def __init__(self, *failures: Exception | None) -> None:
        self.got: list[Traced] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self._failures = [*failures]

    def send(self, batch: Sequence[Traced]) -> bool:
        self.entered.set()
        self.gate.wait(10)
        if self._failures:
            failure = self._failures.pop(0)
            if failure is not None:
                raise failure
            return False
        self.got += batch
        return True

    def close(self) -> None:
        self.gate.set()


def test_what_waits_is_sent_at_the_end() -> None:
    sink = Sink()
    spool = SpanSpool(sink)
    spool.start()
    for _ in range(300):
        spool.offer(make_traced())
    spool.close()
    assert (len(sink.got), spool.counts) == (300, {"sent": 300, "dropped": 0, "failed": 0})


def test_more_than_fits_is_dropped_and_counted() -> None:
    sink = Sink()
    spool = SpanSpool(sink, capacity=2)
    for _ in range(5):
        spool.offer(make_traced())
    spool.start()
    spool.close()
    assert (len(sink.got), spool.counts) == (2, {"sent": 2, "dropped": 3, "failed": 0})


def test_a_sink_that_hangs_holds_nobody_up() -> None:
    sink = Sink()
    sink.gate.clear()
    spool = SpanSpool(sink, capacity=3, leave_s=0.2)
    spool.offer(make_traced())
    spool.start()
    assert sink.entered.wait(10)
    for _ in range(5):
        spool.offer(make_traced())
    assert spool.counts == {"sent": 0, "dropped": 2, "failed": 0}
    spool.close()
    assert spool.counts["sent"] == 4


@pytest.mark.parametrize("failure", [None, ValueError("bad")])
def test_what_fails_is_counted_and_the_next_is_sent(
    failure: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink(failure, failure)
    spool = SpanSpool(sink)
    for _ in range(3 * 256):
        spool.offer(make_traced())
    with caplog.at_level("INFO"):
        spool.start()
        spool.close()
    assert spool.counts == {"sent": 256, "dropped": 0, "failed": 512}
    said = [text for text in caplog.messages if "the collector" in text]
    assert said == [
        "the collector does not take spans; they are lost until it does",
        "the collector takes spans again",
    ]
