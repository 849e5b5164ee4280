"""W3C trace context: what a request's `traceparent` and `tracestate` say, read strictly. Pure.

Source: https://www.w3.org/TR/trace-context/ (Recommendation of 23 November 2021).
"""

import re
from dataclasses import dataclass

from core.http import Headers

TRACEPARENT = b"traceparent"
TRACESTATE = b"tracestate"
MAX_STATE_CHARS = 512
_MAX_MEMBERS = 32
_SAMPLED = 1
_PARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_NO_TRACE, _NO_SPAN = b"0" * 32, b"0" * 16
_KEY = rb"[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13}"
_VALUE = rb"[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]"
_MEMBER = re.compile(rb"(%s)=%s" % (_KEY, _VALUE))


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The caller's span: ids in lower-case hex, 32 and 16 digits."""

    trace_id: str
    span_id: str
    is_sampled: bool


def read_traceparent(headers: Headers) -> TraceParent | None:
    """The one `traceparent` of the headers; None for none, several, or one that breaks any rule.

    A later version than 00 counts as far as it begins like 00.
    """
    found = [value for name, value in headers if name == TRACEPARENT]
    match = _PARENT.fullmatch(found[0]) if len(found) == 1 else None
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    if version == b"ff" or (version == b"00" and rest is not None):
        return None
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return TraceParent(trace_id.decode(), span_id.decode(), bool(int(flags, 16) & _SAMPLED))


def read_tracestate(headers: Headers) -> str:
    """The members of all `tracestate` headers, in their order; empty when any breaks a rule.

    What is longer than MAX_STATE_CHARS loses its long members, then its last ones.
    """
    found = [value for name, value in headers if name == TRACESTATE]
    if not found:
        return ""
    members = [part.strip(b" \t") for value in found for part in value.split(b",")]
    members = [member for member in members if member]
    matches = [_MEMBER.fullmatch(member) for member in members]
    keys = {match[1] for match in matches if match is not None}
    if len(members) > _MAX_MEMBERS or len(keys) < len(members):
        return ""
    return _shorten([member.decode() for member in members])


def write_traceparent(trace_id: str, span_id: str, *, is_sampled: bool) -> str:
    """The header's value, of version 00."""
    return f"00-{trace_id}-{span_id}-{'01' if is_sampled else '00'}"


def _shorten(members: list[str]) -> str:
    if len(",".join(members)) > MAX_STATE_CHARS:
        members = [member for member in members if len(member) <= 128]
    while len(text := ",".join(members)) > MAX_STATE_CHARS:
        members.pop()
    return text
