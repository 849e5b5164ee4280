import inspect
import pickle

import pytest

from core import errors
from core.errors import TidegateError

FIELDS: dict[str, object] = {
    "detail": "d", "tensor": "t", "expected": "e", "given": "g", "kind": "k", "name": "n", "rule": "r",
    "faults": {"a.b": "wrong"}, "limit_bytes": 10, "encoding": "br", "operation": "o", "path": "../p",
    "principal": "p", "action": "a", "endpoint": "x", "actual": "b", "queue": "q", "retry_after_s": 1.5,
    "subject": "s", "timeout_s": 2.0, "runtime": "onnx", "model": "m",
    "plan": "gold", "limit": "rate", "media_type": "text/x",
}  # fmt: skip


def every_class() -> list[type[TidegateError]]:
    members = [value for _, value in inspect.getmembers(errors, inspect.isclass)]
    return [kind for kind in members if issubclass(kind, TidegateError)]


def make(kind: type[TidegateError]) -> TidegateError:
    if kind.__init__ is Exception.__init__:
        return kind()
    return kind(*(FIELDS[name] for name in inspect.signature(kind).parameters))


@pytest.mark.parametrize("kind", every_class())
def test_pickling_keeps_class_fields_and_text(kind: type[TidegateError]) -> None:
    error = make(kind)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(copy) is kind
    assert copy.args == error.args
    assert vars(copy) == vars(error)
    assert str(copy) == str(error)


@pytest.mark.parametrize("kind", every_class())
def test_each_class_has_a_code_of_its_own_and_stands_in_the_tree(kind: type[TidegateError]) -> None:
    assert "code" in vars(kind)
    assert [other for other in every_class() if other.code == kind.code] == [kind]
    assert kind.__name__ in (errors.__doc__ or "")


def test_hostile_names_are_cut_in_texts() -> None:
    assert len(str(errors.NotFound("model", "x" * 10_000))) < 300
    assert len(str(errors.EndpointNotFound("x" * 10_000))) < 300
