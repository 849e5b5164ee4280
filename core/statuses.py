"""The HTTP status of each error, for every facade that speaks HTTP; looked up along the class tree."""

from math import ceil

from core import errors

STATUSES: dict[type[errors.TidegateError], int] = {
    errors.TidegateError: 500,
    errors.InvalidInput: 400,
    errors.PayloadTooLarge: 413,
    errors.UnsupportedEncoding: 501,
    errors.UnsupportedMediaType: 415,
    errors.UnsupportedOperation: 501,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.RateLimited: 429,
    errors.QueueFull: 503,
    errors.TooManyRequests: 429,
    errors.Unavailable: 503,
    errors.DeadlineExceeded: 504,
    errors.NotCached: 504,
    errors.ModelError: 500,
}


def status_of(kind: type[errors.TidegateError]) -> int:
    """The status of the nearest class in the tree."""
    return next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)


def headers_of(error: errors.TidegateError) -> list[tuple[bytes, bytes]]:
    """Headers that this error asks for: when to come back, how to authenticate, what we inflate."""
    match error:
        case errors.QueueFull(retry_after_s=after):
            return [(b"retry-after", b"%d" % max(1, round(after)))]
        case errors.RateLimited(retry_after_s=after):
            return [(b"retry-after", b"%d" % max(1, ceil(after)))]
        case errors.NoReplica():
            return [(b"retry-after", b"1")]
        case errors.Unauthenticated():
            return [(b"www-authenticate", b'Bearer realm="tidegate"')]
        case errors.UnsupportedEncoding():
            return [(b"accept-encoding", b"gzip, deflate")]
        case _:
            return []
