"""The budget: how many bytes of bodies one gateway holds at once, over all its connections."""

from core.errors import QueueFull

_RETRY_AFTER_S = 1.0


class Budget:
    """Bytes are taken as they arrive, not as they are announced: who only announces holds nothing.

    Belongs to one event loop.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.held_bytes = 0

    def take(self, count: int) -> None:
        """Hold so many more; raises QueueFull when they do not fit."""
        if self.held_bytes + count > self._limit_bytes:
            raise QueueFull("gateway memory", _RETRY_AFTER_S)
        self.held_bytes += count

    def give(self, count: int) -> None:
        """Hold so many fewer."""
        self.held_bytes -= count
