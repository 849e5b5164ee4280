"""The response cache: answers that were given lately, the least used of them given up for new ones.

A pure store of one gateway process. What a key is made of decides who is answered with what
(`gateway.fingerprint`); whether a request may be answered from here is `gateway.recall`'s to say.
"""

from collections import OrderedDict
from dataclasses import dataclass

from core.dtypes import DataType
from core.tensor import InferResponse

MAX_ENTRIES = 100_000
# What an entry and each of its tensors hold beside the elements, as Python counts it.
_ENTRY_BYTES = 1536
_TENSOR_BYTES = 512
# A text is an object of its own: its header, and the reference to it.
_TEXT_BYTES = 48


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer; times by the monotonic clock, in seconds."""

    response: InferResponse
    size: int
    stored_at: float
    expires_at: float

    def age(self, now: float) -> float:
        """Seconds since it was computed."""
        return now - self.stored_at

    def left(self, now: float) -> float:
        """Seconds for which it is still good."""
        return self.expires_at - now


class ResponseCache:
    """Bounded by bytes and by entries. Belongs to one event loop; callers tell the time.

    `given_up` counts entries that had to make room, `expired` those that were found too old.
    """

    def __init__(self, limit_bytes: int, max_entries: int = MAX_ENTRIES) -> None:
        self._limit_bytes = limit_bytes
        self._max_entries = max_entries
        self._entries: OrderedDict[bytes, Entry] = OrderedDict()
        self.held_bytes = 0
        self.given_up = 0
        self.expired = 0

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def find(self, key: bytes, now: float) -> Entry | None:
        """The entry of this key that is still good; it becomes the one used last."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.expires_at <= now:
            self.forget(key)
            self.expired += 1
            return None
        self._entries.move_to_end(key)
        return entry

    def keep(
        self, key: bytes, response: InferResponse, now: float, ttl_s: float, most: int
    ) -> bool:
        """Keep an answer for so long, in place of an older one; False where it is larger than `most`."""
        size = measure(response)
        self.forget(key)
        if size > min(most, self._limit_bytes):
            return False
        while self.held_bytes + size > self._limit_bytes or len(self) >= self._max_entries:
            self.forget(next(iter(self._entries)))
            self.given_up += 1
        self._entries[key] = Entry(response, size, now, now + ttl_s)
        self.held_bytes += size
        return True

    def forget(self, key: bytes) -> None:
        """Keep nothing under this key."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.held_bytes -= entry.size

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.held_bytes = 0


def measure(response: InferResponse) -> int:
    """Bytes of memory that an answer holds, roughly and rather too many than too few."""
    size = _ENTRY_BYTES + 64 * len(response.parameters)
    for tensor in response.outputs:
        size += _TENSOR_BYTES + tensor.array.nbytes
        if tensor.datatype is DataType.BYTES:
            size += sum(_TEXT_BYTES + len(text) for text in tensor.array.ravel().tolist())
    for value in response.parameters.values():
        size += 4 * len(value) if isinstance(value, str) else 0
    return size
