"""What callers and the cache tell each other in headers: `Cache-Control`, `Age`, `Cache-Status`.

Source: RFC 9111 (HTTP Caching) and RFC 9211 (Cache-Status). gRPC carries the same as metadata.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from core.http import Headers

_CONTROL = b"cache-control"
# A cache's name in `Cache-Status`, RFC 9211, 2.
_NAME = "tidegate"
_MAX_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Directives:
    """What a caller asks of the cache; ages in seconds."""

    no_store: bool = False
    no_cache: bool = False
    only_if_cached: bool = False
    max_age: float = inf
    min_fresh: float = 0.0


NONE = Directives()


@dataclass(frozen=True, slots=True)
class Freshness:
    """How an answer came about, for the caller: `status` as RFC 9211 has it.

    `left_s` says how long it is good; None for an answer that is not kept. `age_s` is that of an answer
    from the cache. `has_not_modified`: the route answers 304 where the caller has the same content.
    """

    status: str
    left_s: float | None = None
    age_s: float | None = None
    has_not_modified: bool = False

    def headers(self) -> Headers:
        """The headers that tell it."""
        written = [(b"cache-status", f"{_NAME}; {self.status}".encode())]
        if self.left_s is not None:
            written.append((_CONTROL, b"private, max-age=%d" % self.left_s))
        if self.age_s is not None:
            written.append((b"age", b"%d" % self.age_s))
        return written


def read_directives(headers: Headers) -> Directives:
    """What the headers ask for. A directive that we do not know is ignored, as RFC 9111, 5.2 asks."""
    found = [value for name, value in headers if name == _CONTROL]
    if not found:
        return NONE
    said = dict(_split(b",".join(found).decode("latin-1").lower()))
    return Directives(
        "no-store" in said,
        "no-cache" in said,
        "only-if-cached" in said,
        _seconds(said["max-age"]) if "max-age" in said else inf,
        # One that cannot be read asks for more than any entry has: rather computed than too old.
        _seconds(said["min-fresh"], inf) if "min-fresh" in said else 0.0,
    )


def _split(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split(","):
        name, _, value = part.partition("=")
        yield name.strip(), value.strip().strip('"')


def _seconds(text: str, otherwise: float = 0.0) -> float:
    """Whole seconds; an age that cannot be read allows no age at all, RFC 9111, 4.2.1."""
    if not (text.isascii() and text.isdigit()):
        return otherwise
    return float(text) if len(text) <= _MAX_DIGITS else inf
