"""Where the time of one request went: into which stage, and when."""

from dataclasses import dataclass

from core.headers import SPENT
from core.http import Headers, header

STAGES = ("auth", "queue", "compute", "upstream")
# What asks for the times, and says them.
ASKED = b"x-tidegate-timing"
TOLD = b"server-timing"
_SPENT = SPENT.encode()


@dataclass(slots=True)
class Spent:
    """Seconds, negative for a stage that a request did not come to; `..._at` are Unix seconds.

    `auth` is what letting the caller in took, `upstream` all tries at replicas, waits for one included;
    `queue` and `compute` are parts of it, as the replica measured them. `may_show`: the caller may ask.
    """

    auth_at: float = 0.0
    auth_s: float = -1.0
    upstream_at: float = 0.0
    upstream_s: float = -1.0
    queue_s: float = -1.0
    compute_s: float = -1.0
    may_show: bool = False

    def seconds(self) -> tuple[float, float, float, float]:
        """In the order of STAGES."""
        return self.auth_s, self.queue_s, self.compute_s, self.upstream_s

    def end_auth(self, now: float) -> None:
        """The caller is let in, or not."""
        # A clock that was set back makes no stage negative.
        self.auth_s = max(0.0, now - self.auth_at)

    def end_upstream(self, now: float) -> None:
        """The replica's answer is there, or none will be."""
        self.upstream_s = max(0.0, now - self.upstream_at)

    def read(self, headers: Headers) -> None:
        """Note what the replica says of its answer; replicas that say nothing sensible say nothing."""
        queue, comma, compute = (header(headers, _SPENT) or b"").partition(b",")
        if comma and queue.isdigit() and compute.isdigit():
            self.queue_s, self.compute_s = int(queue) / 1e9, int(compute) / 1e9

    def tell(self, asked: Headers, seconds: float) -> Headers:
        """The `Server-Timing` of an answer after so many seconds; none for who did not or may not ask."""
        if not self.may_show or header(asked, ASKED) != b"1":
            return []
        named = [*zip(STAGES, self.seconds(), strict=True), ("total", seconds)]
        said = [f"{name};dur={spent * 1000:.3f}" for name, spent in named if spent >= 0]
        return [(TOLD, ", ".join(said).encode())]
