"""Reserved request parameters: what a caller may ask of how its inference is answered.

Sources: Open Inference Protocol, parameters; Triton's "Parameters", "Sequence" and "Schedule Policy"
extensions. `idempotent` is ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import MalformedRequest
from core.tensor import Parameter

MAX_UINT64 = 2**64 - 1
MAX_SEQUENCE_CHARS = 256
_FLAGS = ("sequence_start", "sequence_end", "idempotent")


@dataclass(frozen=True, slots=True)
class Reserved:
    """The reserved parameters of one request.

    `timeout_s` is 0 where the caller set none, and `priority` 0 is the model's default (1 is the highest).
    `sequence_id` is 0 or empty for a request that belongs to no sequence. A request that is not
    `idempotent` may be computed once at most.
    """

    timeout_s: float = 0.0
    priority: int = 0
    sequence_id: int | str = 0
    sequence_start: bool = False
    sequence_end: bool = False
    idempotent: bool = True


_NONE = Reserved()


def read_reserved(parameters: Mapping[str, Parameter]) -> Reserved:
    """The reserved ones of a request's parameters; raises MalformedRequest for a wrong type or range.

    `timeout` travels in microseconds. Others of a caller's parameters are left alone.
    """
    if not parameters:
        return _NONE
    flags = {name: _flag(parameters, name) for name in _FLAGS if name in parameters}
    return Reserved(
        timeout_s=_count(parameters, "timeout") / 1e6,
        priority=_count(parameters, "priority"),
        sequence_id=_sequence(parameters),
        **flags,
    )


def _count(parameters: Mapping[str, Parameter], name: str) -> int:
    value = parameters.get(name, 0)
    if type(value) is not int or not 0 <= value <= MAX_UINT64:
        detail = "microseconds" if name == "timeout" else "levels"
        raise MalformedRequest(f"parameter '{name}' must be a whole number of {detail}, 0 or more")
    return value


def _flag(parameters: Mapping[str, Parameter], name: str) -> bool:
    value = parameters[name]
    if not isinstance(value, bool):
        raise MalformedRequest(f"parameter '{name}' must be a boolean")
    return value


def _sequence(parameters: Mapping[str, Parameter]) -> int | str:
    value = parameters.get("sequence_id", 0)
    if type(value) is int and 0 <= value <= MAX_UINT64:
        return value
    if isinstance(value, str) and len(value) <= MAX_SEQUENCE_CHARS:
        return value
    detail = f"a number of 64 bits or a string of at most {MAX_SEQUENCE_CHARS} characters"
    raise MalformedRequest(f"parameter 'sequence_id' must be {detail}")
