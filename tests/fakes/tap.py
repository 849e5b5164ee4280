"""A tap that keeps what it is offered."""

from capture.record import CaptureRecord
from capture.tap import CaptureCounts


class FakeTap:
    """Keeps records in `records`, up to `room` of them."""

    def __init__(self, room: int = 1_000_000) -> None:
        self.records: list[CaptureRecord] = []
        self.is_started = False
        self.is_closed = False
        self._room = room
        self._dropped = 0

    def offer(self, record: CaptureRecord) -> bool:
        if self.is_closed or len(self.records) >= self._room:
            self._dropped += 1
            return False
        self.records.append(record)
        return True

    @property
    def counts(self) -> CaptureCounts:
        taken = len(self.records)
        written = taken if self.is_closed else 0
        return CaptureCounts(taken + self._dropped, written, self._dropped, 0, taken - written)

    def start(self) -> None:
        self.is_started = True

    def close(self) -> None:
        self.is_closed = True
