"""Where the time of one request went: into which stage, and when."""

from dataclasses import dataclass

from core.headers import SPENT
from core.http import Headers, header

STAGES = ("auth", "queue", "compute", "upstream")
# What asks for the times, and says them.
ASKED = b"x-tidegate-timing"
TOLD = b"server-timing"
# The longest pair of nanoseconds that is sensible: a day each.
_LONGEST = 31
_SPENT = SPENT.encode()
_NEVER = -1.0


@dataclass(slots=True)
class Spent:
    """When a request came to each stage and left it, in Unix seconds, as it goes; read when it is over.

    `auth` is what letting the caller in took, `confirm_s` of it after the body was there; `upstream` all
    tries at replicas, waits for one included. `replied` are the headers of a replica's answer, which say
    what of that were `queue` and `compute`. `may_show`: the caller may ask.
    """

    auth_at: float = 0.0
    auth_end: float = 0.0
    confirm_s: float = 0.0
    upstream_at: float = 0.0
    upstream_end: float = 0.0
    replied: Headers | None = None
    may_show: bool = False

    @property
    def auth_s(self) -> float:
        """Seconds; negative where the request did not come to it, as are all."""
        # A clock that was set back makes no stage negative.
        took_s = max(0.0, self.auth_end - self.auth_at) + self.confirm_s
        return took_s if self.auth_at else _NEVER

    @property
    def upstream_s(self) -> float:
        """Seconds, negative while the answer is under way too."""
        took_s = max(0.0, self.upstream_end - self.upstream_at)
        return took_s if self.upstream_end else _NEVER

    def read(self) -> tuple[float, float]:
        """Seconds in the queue, and computed; replicas that say nothing sensible say nothing."""
        value = (header(self.replied, _SPENT) or b"") if self.replied else b""
        queue, comma, compute = value.partition(b",")
        if comma and queue.isdigit() and compute.isdigit() and len(value) <= _LONGEST:
            return int(queue) / 1e9, int(compute) / 1e9
        return _NEVER, _NEVER

    def seconds(self) -> tuple[float, float, float, float]:
        """In the order of STAGES."""
        return self.auth_s, *self.read(), self.upstream_s

    def tell(self, asked: Headers, seconds: float) -> Headers:
        """The `Server-Timing` of an answer after so many seconds; none for who did not or may not ask."""
        if not self.may_show or header(asked, ASKED) != b"1":
            return []
        named = [*zip(STAGES, self.seconds(), strict=True), ("total", seconds)]
        said = [f"{name};dur={spent * 1000:.3f}" for name, spent in named if spent >= 0]
        return [(TOLD, ", ".join(said).encode())]
