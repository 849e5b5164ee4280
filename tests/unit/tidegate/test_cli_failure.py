import pytest

from core.errors import Conflict, DeadlineExceeded, NoReplica, NotFound, TidegateError, Unavailable
from tidegate.cli.failure import explain


@pytest.mark.parametrize(
    ("error", "code", "advice"),
    [
        (Unavailable("control API", "refused"), 3, "tidegate up"),
        (DeadlineExceeded("control API", 60.0), 3, "tidegate up"),
        (Unavailable("iris", "no such runtime"), 1, "logs"),
        (NoReplica("iris"), 1, "logs"),
        (DeadlineExceeded("endpoint iris", 2.0), 1, "--timeout"),
        (NotFound("model", "iris"), 1, "list"),
        (Conflict("alias", "iris@live", "version 1", "version 2"), 1, "now"),
        (TidegateError("something new"), 1, ""),
    ],
)
def test_an_error_has_advice_and_a_code(error: TidegateError, code: int, advice: str) -> None:
    failure = explain(error)
    assert (failure.text, failure.code) == (str(error), code)
    assert advice in failure.advice
    assert bool(failure.advice) is bool(advice)


def test_a_file_that_cannot_be_used_is_told() -> None:
    failure = explain(FileNotFoundError(2, "No such file or directory", "a.onnx"))
    assert (failure.code, "a.onnx" in failure.text) == (1, True)
