"""One call as its facade read it."""

from dataclasses import dataclass

from core.http import Headers
from gateway.caller import Caller


@dataclass(frozen=True, slots=True)
class Call:
    """The name and version asked for, and who asks.

    `version` is empty for whatever is live. `arrived_at` is in Unix seconds.
    """

    name: str
    version: str
    caller: Caller
    inference_id: str
    arrived_at: float

    @property
    def headers(self) -> Headers:
        """The caller's headers."""
        return self.caller.headers
