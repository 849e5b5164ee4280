"""The gRPC status of each error, looked up along the class tree.

Source: Triton's own mapping of its errors, where it has such an error.
"""

from grpc import StatusCode

from core import errors

STATUSES: dict[type[errors.TidegateError], StatusCode] = {
    errors.TidegateError: StatusCode.INTERNAL,
    errors.InvalidInput: StatusCode.INVALID_ARGUMENT,
    errors.PayloadTooLarge: StatusCode.RESOURCE_EXHAUSTED,
    errors.UnsupportedOperation: StatusCode.UNIMPLEMENTED,
    errors.UnsupportedEncoding: StatusCode.UNIMPLEMENTED,
    errors.Unauthenticated: StatusCode.UNAUTHENTICATED,
    errors.Forbidden: StatusCode.PERMISSION_DENIED,
    errors.NotFound: StatusCode.NOT_FOUND,
    errors.Conflict: StatusCode.ABORTED,
    errors.RateLimited: StatusCode.RESOURCE_EXHAUSTED,
    errors.QueueFull: StatusCode.UNAVAILABLE,
    errors.TooManyRequests: StatusCode.RESOURCE_EXHAUSTED,
    errors.Unavailable: StatusCode.UNAVAILABLE,
    errors.DeadlineExceeded: StatusCode.DEADLINE_EXCEEDED,
    # Not UNAVAILABLE, after which clients try again by themselves.
    errors.NotCached: StatusCode.FAILED_PRECONDITION,
    errors.ModelError: StatusCode.INTERNAL,
}


def code_of(kind: type[errors.TidegateError]) -> StatusCode:
    """The status of the nearest class in the tree."""
    return next(STATUSES[base] for base in kind.__mro__ if base in STATUSES)
