from grpc import StatusCode

from core import errors
from gateway.rpc.status import STATUSES, code_of


def list_kinds(kind: type[errors.TidegateError]) -> list[type[errors.TidegateError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in list_kinds(child))]


def test_every_error_has_a_status_and_none_is_ok() -> None:
    assert all(code_of(kind) is not StatusCode.OK for kind in list_kinds(errors.TidegateError))


def test_the_nearest_class_decides() -> None:
    assert code_of(errors.NoReplica) is StatusCode.UNAVAILABLE
    assert code_of(errors.DeadlineExceeded) is STATUSES[errors.DeadlineExceeded]
    assert code_of(errors.SignatureMismatch) is StatusCode.INVALID_ARGUMENT
