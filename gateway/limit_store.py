"""Limit stores: where buckets, quotas and concurrency are counted. One file each, chosen by settings."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.charge import Charge, Verdict

LIMIT_STORES: Mapping[str, str] = {
    "memory": "gateway.limit_stores.memory:MemoryStore",
    "redis": "gateway.limit_stores.redis:RedisStore",
}
# A request that never told its end stops counting for a concurrency after this long.
HELD_S = 3600.0


class LimitStore(Protocol):
    """Takes all charges of a request or none of them. Belongs to one event loop."""

    def __init__(self, url: str) -> None: ...

    async def take(self, charges: Sequence[Charge], holder: str, now: float) -> Verdict:
        """Take them for `holder`, who holds a place of each concurrency until `give`.

        Raises OSError when the store does not answer; nothing is known then.
        """
        ...

    async def give(self, charges: Sequence[Charge], holder: str) -> None:
        """Give the places of concurrency back; raises as `take` does."""
        ...

    async def close(self) -> None:
        """Let its connections go."""
        ...
