"""Cross-origin requests: what a browser may be told of a route. Source: WHATWG Fetch, "CORS protocol"."""

from core.http import Headers, Reply, header
from core.route import Cors

# What pages may read beside the few headers that browsers always show.
_SHOWN = (
    b"x-request-id, x-tidegate-inference-id, ratelimit, ratelimit-policy, retry-after, server-timing, "
    b"etag, age, cache-status, inference-header-content-length"
)
_NAMED = {"v2": 2, "v1": 2, "endpoints": 1, "docs": 1}


def find_name(path: str) -> str:
    """The route's name in a path of any facade; empty where there is none."""
    parts = path.split("/")[1:]
    at = _NAMED.get(parts[0], len(parts))
    return parts[at].partition(":")[0] if at < len(parts) else ""


def is_preflight(method: str, headers: Headers) -> bool:
    """Whether a browser asks if it may ask."""
    return method == "OPTIONS" and header(headers, b"access-control-request-method") is not None


def answer_preflight(cors: Cors, headers: Headers) -> Reply:
    """What the browser may send; nothing of CORS for an origin that the route does not name."""
    allowed = allow_origin(cors, headers)
    if not allowed:
        return Reply(403, [(b"vary", b"origin")])
    replied = [
        *allowed,
        (b"access-control-allow-methods", b"GET, POST, DELETE"),
        (b"access-control-allow-headers", ", ".join(cors.headers).encode()),
        (b"access-control-max-age", b"%d" % cors.max_age_s),
    ]
    return Reply(204, replied)


def allow_origin(cors: Cors, headers: Headers) -> Headers:
    """The headers that let a page of an allowed origin read an answer."""
    origin = header(headers, b"origin")
    if origin is None:
        return []
    if "*" in cors.origins:
        return [(b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _SHOWN)]
    if origin.decode("latin-1") not in cors.origins:
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-expose-headers", _SHOWN),
        (b"vary", b"origin"),
    ]
