"""The span spool: what is traced waits here for a thread that sends it; nobody waits for the thread."""

import logging
import threading
from collections import deque
from collections.abc import Sequence

from gateway.span_sink import SpanSink
from gateway.trace import Traced

log = logging.getLogger(__name__)
CAPACITY = 4096
_BATCH = 256
_PAUSE_S = 1.0
LEAVE_S = 3.0


class SpanSpool:
    """`counts` of traced requests by what became of them: `sent`, `dropped` for want of room, `failed`."""

    def __init__(self, sink: SpanSink, capacity: int = CAPACITY, leave_s: float = LEAVE_S) -> None:
        self._sink = sink
        self._capacity = capacity
        self._leave_s = leave_s
        self._waiting: deque[Traced] = deque()
        self._leaving = threading.Event()
        self._is_failing = False
        self.counts = {"sent": 0, "dropped": 0, "failed": 0}
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def offer(self, traced: Traced) -> None:
        """Take one, or drop it; never waits."""
        if len(self._waiting) >= self._capacity:
            self.counts["dropped"] += 1
        else:
            self._waiting.append(traced)

    def close(self) -> None:
        """Send what is left, for `leave_s` or little more; what is then left is lost."""
        self._leaving.set()
        self._thread.join(self._leave_s)
        self._sink.close()
        self._thread.join(self._leave_s)

    def _run(self) -> None:
        while not self._leaving.wait(_PAUSE_S):
            self._send()
        self._send()

    def _send(self) -> None:
        # One bounded effort a turn: those who come meanwhile have the next one.
        for _ in range(-(-len(self._waiting) // _BATCH)):
            batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
            arrived = self._hand_over(batch)
            self.counts["sent" if arrived else "failed"] += len(batch)
            self._say(arrived=arrived)

    def _hand_over(self, batch: Sequence[Traced]) -> bool:
        try:
            return self._sink.send(batch)
        except Exception:
            # One bad batch must not end the thread that sends the next ones.
            log.exception("spans could not be written")
            return False

    def _say(self, *, arrived: bool) -> None:
        if arrived is self._is_failing:
            self._is_failing = not arrived
            if arrived:
                log.info("the collector takes spans again")
            else:
                log.warning("the collector does not take spans; they are lost until it does")
