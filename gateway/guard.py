"""The guard: bad credentials from one address are limited, and a good one is not shut out with them."""

from collections import OrderedDict

from core.errors import RateLimited
from core.http import header
from gateway.caller import Caller

FAILURES = 30
# One failure is forgiven every so many seconds.
FORGIVEN_S = 2.0
_ADDRESSES = 20_000
_CREDENTIALS = 100_000


class Guard:
    """A bucket of failures for each address. Belongs to one event loop.

    Who has shown a good credential from an address goes on with it while the address is shut.
    """

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._good: set[int] = set()

    def check(self, caller: Caller, now: float) -> None:
        """Raise RateLimited for an address of too many failures."""
        if caller.address not in self._left:
            return
        left = self._refill(caller.address, now)
        if left < 1 and _mark(caller) not in self._good:
            wait_s = (1 - left) * FORGIVEN_S
            raise RateLimited("authentication", "rate of failures", wait_s)

    def fail(self, caller: Caller, now: float) -> None:
        """A credential was bad, or there was none."""
        left = self._refill(caller.address, now) - 1
        self._left[caller.address] = (max(0.0, left), now)
        self._left.move_to_end(caller.address)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)

    def succeed(self, caller: Caller) -> None:
        """A credential was good."""
        if len(self._good) >= _CREDENTIALS:
            self._good.clear()
        self._good.add(_mark(caller))

    def _refill(self, address: str, now: float) -> float:
        left, at = self._left.get(address, (float(FAILURES), now))
        return min(float(FAILURES), left + max(0.0, now - at) / FORGIVEN_S)


def _mark(caller: Caller) -> int:
    """A number for an address and its credential; Python's own hash is keyed anew for each process."""
    headers = caller.headers
    return hash((caller.address, header(headers, b"authorization"), header(headers, b"x-api-key")))
