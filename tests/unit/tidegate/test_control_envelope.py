import pytest

from core import errors
from core.errors import Conflict, InvalidInput, TidegateError
from tidegate.control.envelope import read_error, write_error

ERRORS = [
    errors.MalformedRequest("noise"),
    errors.SignatureMismatch("x", "FP32", "INT8"),
    errors.InvalidSpec("EndpointSpec", {"name": "missing"}),
    errors.PayloadTooLarge(10),
    errors.Unauthenticated(),
    errors.EndpointNotFound("iris"),
    Conflict("alias", "iris@live", "version 1", "version 2"),
    errors.QueueFull("iris", 1.5),
    errors.NoReplica("iris"),
    errors.DeadlineExceeded("iris", 2.0),
    errors.PackageCorrupt("model.onnx", "missing"),
    InvalidInput("a base class has words only"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_is_read_back_as_it_was(error: TidegateError) -> None:
    found = read_error(write_error(error))
    assert type(found) is type(error)
    assert found.args == error.args
    assert str(found) == str(error)


def test_the_fields_stand_beside_code_and_message() -> None:
    assert write_error(Conflict("alias", "a", "version 1", "version 2"))["error"] == {
        "code": "conflict",
        "message": "alias 'a': expected version 1, found version 2",
        "kind": "alias",
        "name": "a",
        "expected": "version 1",
        "actual": "version 2",
    }


@pytest.mark.parametrize("code", ["of_the_future", "conflict"])
def test_words_count_where_the_code_or_the_fields_are_not_ours(code: str) -> None:
    found = read_error({"error": {"code": code, "message": "words"}})
    assert type(found) is TidegateError
    assert str(found) == "words"


@pytest.mark.parametrize("document", [None, [], {}, {"error": "text"}, {"error": {"code": 1}}])
def test_another_document_is_no_error(document: object) -> None:
    assert read_error(document) is None
