"""Errors on the control API's wire: `{"error": {"code", "message", ...fields}}`, and back again."""

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import TidegateError


def write_error(error: TidegateError) -> dict[str, Any]:
    """The error as a JSON document; its fields are its constructor's arguments by name."""
    fields = dict(zip(_fields(type(error)), error.args, strict=False))
    return {"error": {"code": error.code, "message": str(error), **fields}}


def read_error(document: Any) -> TidegateError | None:
    """The error of a document, as the class of its code; None when it is not such a document.

    A code that this side does not know gives the base class with the message.
    """
    match document:
        case {"error": {"code": str(code), "message": str(message), **fields}}:
            return _rebuild(code, message, {str(name): value for name, value in fields.items()})
        case _:
            return None


def _rebuild(code: str, message: str, fields: Mapping[str, Any]) -> TidegateError:
    kind = _KINDS.get(code, TidegateError)
    names = _fields(kind)
    if not names or any(name not in fields for name in names):
        # A base class, or a server with other fields than ours: its words still count.
        return TidegateError(message) if names else kind(message)
    return kind(*(fields[name] for name in names))


def _fields(kind: type[TidegateError]) -> tuple[str, ...]:
    # Of `__init__`: an exception class that has none of its own shows no signature itself.
    _self, *parameters = inspect.signature(kind.__init__).parameters.values()
    return tuple(one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD)


def _all(kind: type[TidegateError]) -> Iterator[type[TidegateError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _all(child)


_KINDS = {kind.code: kind for kind in _all(TidegateError)}
