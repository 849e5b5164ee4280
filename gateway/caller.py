"""Who is calling, as a facade's exchange shows it: headers, address, and how the request came."""

from dataclasses import dataclass, field
from typing import Protocol

from core.http import Headers
from gateway.freshness import Freshness
from gateway.spent import Spent
from gateway.trace import Trace


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client's certificate that the TLS listener has verified."""

    subject: str
    fingerprint: str
    names: tuple[str, ...] = ()


class Caller(Protocol):
    """One request's caller. `replied` are headers that go with the answer, `held_bytes` its body's size.

    `principal`, `rows` and `answered_by`, the variant that answers, are noted once they are known, and
    `freshness` where the route keeps answers. `spent` says where its time goes; `trace` is None where
    nothing is traced.
    """

    replied: Headers
    held_bytes: int
    principal: str
    rows: int
    answered_by: str
    freshness: Freshness | None
    spent: Spent
    trace: Trace | None

    @property
    def headers(self) -> Headers:
        """The request's headers, names in lower case."""
        ...

    @property
    def method(self) -> str:
        """The HTTP method."""
        ...

    @property
    def raw_path(self) -> bytes:
        """The path as it came, stage included."""
        ...

    @property
    def query(self) -> bytes:
        """What stands behind the question mark."""
        ...

    @property
    def address(self) -> str:
        """The IP address that the request came from; empty where there is none."""
        ...

    @property
    def host(self) -> str:
        """The host that was asked for, lower case and without its port."""
        ...

    @property
    def stage(self) -> str:
        """The stage that the path or a header names; empty where none does."""
        ...

    @property
    def certificate(self) -> Certificate | None:
        """The client's certificate; None without one."""
        ...


@dataclass(slots=True)
class PlainCaller:
    """A caller of whom only this is known: work of our own, and tests."""

    headers: Headers = field(default_factory=list)
    replied: Headers = field(default_factory=list)
    held_bytes: int = 0
    principal: str = ""
    rows: int = 0
    answered_by: str = ""
    freshness: Freshness | None = None
    spent: Spent = field(default_factory=Spent)
    trace: Trace | None = None
    arrived_at: float = 0.0
    method: str = "POST"
    raw_path: bytes = b""
    query: bytes = b""
    address: str = ""
    host: str = ""
    stage: str = ""
    certificate: Certificate | None = None
