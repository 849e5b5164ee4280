"""Every error that Tidegate raises on purpose.

TidegateError
├── InvalidInput            the caller can mend it
│   ├── MalformedRequest        bytes that are not of the protocol
│   ├── SignatureMismatch       a tensor that the model does not take
│   ├── InvalidName             a name or reference that cannot be one
│   ├── InvalidSpec             a specification with faults, all of them listed
│   ├── PayloadTooLarge         more bytes than the limit
│   ├── UnsupportedEncoding     a content encoding we do not speak
│   ├── UnsupportedMediaType    a content type that the facade does not read or write
│   ├── UnsupportedOperation    a protocol operation that is not built or not allowed here
│   └── UnsafePath              a path that leaves its folder
├── Unauthenticated         no credential, or not a good one
├── Forbidden               a good credential without this right
├── NotFound                the named thing is not there
│   └── EndpointNotFound        no endpoint of this name answers here
├── Conflict                the thing is not in the state that the caller expected
├── RateLimited             a plan's limit is reached; try again after `retry_after_s`
├── QueueFull               no room now; try again after `retry_after_s`
│   └── TooManyRequests         the same, where the caller is asked to send less
├── Unavailable             nobody can answer now
│   ├── NoReplica               the endpoint has no replica that answers
│   ├── ReplicaLost             the replica went away while it answered
│   ├── DeadlineExceeded        the time for the request ran out
│   └── NotCached               the caller wants no other answer than a kept one, and none is kept
└── ModelError              the model's side failed
    ├── PackageCorrupt          a file does not match its digest
    ├── RuntimeUnavailable      the runtime cannot hold this package here
    └── PredictionFailed        the model raised while it computed

An error carries fields, not a message: `args` are the constructor's arguments, so that it survives
pickling between processes, and `str()` builds the text. It knows nothing of HTTP: each facade maps
classes to its protocol's own form.
"""

from typing import ClassVar


class TidegateError(Exception):
    """Base of all: `code` is stable and documented in docs/errors.md."""

    code: ClassVar[str] = "internal"


class InvalidInput(TidegateError):
    """Base of what the caller can mend by sending something else."""

    code = "invalid_input"


class MalformedRequest(InvalidInput):
    """The bytes are not a request of the protocol."""

    code = "malformed_request"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class SignatureMismatch(InvalidInput):
    """A tensor does not fit the model's signature; names the tensor, what was expected and given."""

    code = "signature_mismatch"

    def __init__(self, tensor: str, expected: str, given: str) -> None:
        super().__init__(tensor, expected, given)
        self.tensor, self.expected, self.given = tensor, expected, given

    def __str__(self) -> str:
        return f"tensor '{self.tensor}': expected {self.expected}, given {self.given}"


class InvalidName(InvalidInput):
    """A name or reference that cannot be one."""

    code = "invalid_name"

    def __init__(self, kind: str, name: str, rule: str) -> None:
        super().__init__(kind, name, rule)
        self.kind, self.name, self.rule = kind, name, rule

    def __str__(self) -> str:
        return f"{self.name[:200]!r} is not a valid {self.kind}: {self.rule}"


class InvalidSpec(InvalidInput):
    """A specification with faults; `faults` maps each field's path to what is wrong with it."""

    code = "invalid_spec"

    def __init__(self, kind: str, faults: dict[str, str]) -> None:
        super().__init__(kind, faults)
        self.kind, self.faults = kind, faults

    def __str__(self) -> str:
        listed = "; ".join(f"{field}: {fault}" for field, fault in self.faults.items())
        return f"invalid {self.kind}: {listed}"


class PayloadTooLarge(InvalidInput):
    """A body, or what it inflates to, has more bytes than the limit."""

    code = "payload_too_large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes)
        self.limit_bytes = limit_bytes

    def __str__(self) -> str:
        return f"the body is larger than the limit of {self.limit_bytes} bytes"


class UnsupportedEncoding(InvalidInput):
    """A content encoding that is not spoken here."""

    code = "unsupported_encoding"

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding)
        self.encoding = encoding

    def __str__(self) -> str:
        return f"content encoding {self.encoding[:80]!r} is not supported; use gzip or deflate"


class UnsupportedMediaType(InvalidInput):
    """The facade does not read or write this content type."""

    code = "unsupported_media_type"

    def __init__(self, media_type: str) -> None:
        super().__init__(media_type)
        self.media_type = media_type

    def __str__(self) -> str:
        known = "application/json, text/csv, application/jsonlines or application/x-npy"
        return f"content type {self.media_type[:100]!r} is not supported; use {known}"


class UnsupportedOperation(InvalidInput):
    """An operation of the protocol that is not built, or not offered by this listener."""

    code = "unsupported_operation"

    def __init__(self, operation: str) -> None:
        super().__init__(operation)
        self.operation = operation

    def __str__(self) -> str:
        return f"{self.operation} is not supported here"


class UnsafePath(InvalidInput):
    """A path, in a name or an archive, that would leave its folder."""

    code = "unsafe_path"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    def __str__(self) -> str:
        return (
            f"the path {self.path[:200]!r} is refused: it leaves its folder or is not a plain file"
        )


class Unauthenticated(TidegateError):
    """No credential, or one that is not good; says no more, so that nothing can be probed."""

    code = "unauthenticated"

    def __init__(self, detail: str = "a valid API key is required") -> None:
        super().__init__(detail)
        self.detail = detail


class Forbidden(TidegateError):
    """A good credential without the right to do this."""

    code = "forbidden"

    def __init__(self, principal: str, action: str) -> None:
        super().__init__(principal, action)
        self.principal, self.action = principal, action

    def __str__(self) -> str:
        return f"{self.principal!r} may not {self.action}"


class NotFound(TidegateError):
    """The named thing is not there (or not for this caller: both look the same)."""

    code = "not_found"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind, self.name = kind, name

    def __str__(self) -> str:
        return f"unknown {self.kind} {self.name[:200]!r}"


class EndpointNotFound(NotFound):
    """No endpoint of this name answers on this listener; worded as inference clients expect."""

    code = "endpoint_not_found"

    def __init__(self, endpoint: str) -> None:
        super().__init__("endpoint", endpoint)
        self.args = (endpoint,)

    def __str__(self) -> str:
        return f"Request for unknown model: '{self.name[:200]}' is not found"


class Conflict(TidegateError):
    """The thing is not in the state that the caller expected; read it again, then decide."""

    code = "conflict"

    def __init__(self, kind: str, name: str, expected: str, actual: str) -> None:
        super().__init__(kind, name, expected, actual)
        self.kind, self.name, self.expected, self.actual = kind, name, expected, actual

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}: expected {self.expected}, found {self.actual}"


class RateLimited(TidegateError):
    """The caller has used what a plan gives it: `limit` says which of its limits."""

    code = "rate_limited"

    def __init__(self, plan: str, limit: str, retry_after_s: float) -> None:
        super().__init__(plan, limit, retry_after_s)
        self.plan, self.limit, self.retry_after_s = plan, limit, retry_after_s

    def __str__(self) -> str:
        return f"the {self.limit} of plan {self.plan!r} is reached; retry after {self.retry_after_s:.3g} s"


class QueueFull(TidegateError):
    """A bounded queue has no room; nothing of the request was done."""

    code = "queue_full"

    def __init__(self, queue: str, retry_after_s: float) -> None:
        super().__init__(queue, retry_after_s)
        self.queue, self.retry_after_s = queue, retry_after_s

    def __str__(self) -> str:
        return f"the queue of {self.queue!r} is full; retry after {self.retry_after_s:g} s"


class TooManyRequests(QueueFull):
    """A bounded queue has no room, and its owner chose to tell the callers that they send too much."""

    code = "too_many_requests"


class Unavailable(TidegateError):
    """Nobody can answer now; the same request may succeed later."""

    code = "unavailable"

    def __init__(self, subject: str, detail: str) -> None:
        super().__init__(subject, detail)
        self.subject, self.detail = subject, detail

    def __str__(self) -> str:
        return f"{self.subject!r} is unavailable: {self.detail}"


class NoReplica(Unavailable):
    """The endpoint is known and has no replica that answers."""

    code = "no_replica"

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint, "no replica is ready")
        self.args = (endpoint,)


class ReplicaLost(Unavailable):
    """The connection to the replica broke before its answer was whole."""

    code = "replica_lost"

    def __init__(self, endpoint: str, detail: str) -> None:
        super().__init__(endpoint, f"the replica went away ({detail})")
        self.args = (endpoint, detail)


class DeadlineExceeded(Unavailable):
    """The time that the caller or the route gave ran out."""

    code = "deadline_exceeded"

    def __init__(self, subject: str, timeout_s: float) -> None:
        super().__init__(subject, f"no answer within {timeout_s:g} s")
        self.args = (subject, timeout_s)
        self.timeout_s = timeout_s


class NotCached(Unavailable):
    """The caller said `only-if-cached`, and no answer is kept."""

    code = "not_cached"

    def __init__(self, subject: str) -> None:
        super().__init__(subject, "no answer to this is in the cache")
        self.args = (subject,)


class ModelError(TidegateError):
    """Base of what failed on the model's side."""

    code = "model_error"


class PackageCorrupt(ModelError):
    """A package's file is missing or does not match the digest in its manifest."""

    code = "package_corrupt"

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(path, detail)
        self.path, self.detail = path, detail

    def __str__(self) -> str:
        return f"package file {self.path!r}: {self.detail}"


class RuntimeUnavailable(ModelError):
    """The runtime cannot hold this package on this machine; `detail` says what to change."""

    code = "runtime_unavailable"

    def __init__(self, runtime: str, detail: str) -> None:
        super().__init__(runtime, detail)
        self.runtime, self.detail = runtime, detail

    def __str__(self) -> str:
        return f"failed to load with runtime {self.runtime!r}: {self.detail}"


class PredictionFailed(ModelError):
    """The model raised while it computed this request."""

    code = "prediction_failed"

    def __init__(self, model: str, detail: str) -> None:
        super().__init__(model, detail)
        self.model, self.detail = model, detail

    def __str__(self) -> str:
        return f"model {self.model!r} failed to predict: {self.detail}"
