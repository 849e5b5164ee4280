"""A clock that moves only when it is told to."""


class FakeClock:
    """Starts at a fixed time; `advance` moves both readings."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds
