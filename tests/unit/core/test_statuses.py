import pytest

from core import errors
from core.statuses import STATUSES, headers_of, status_of
from tests.unit.core.test_errors import every_class, make


@pytest.mark.parametrize("kind", every_class())
def test_every_error_has_a_status_and_headers(kind: type[errors.TidegateError]) -> None:
    assert 400 <= status_of(kind) <= 504
    assert all(key == key.lower() for key, _ in headers_of(make(kind)))


def test_a_class_without_a_row_takes_its_parents() -> None:
    assert errors.SignatureMismatch not in STATUSES
    assert status_of(errors.SignatureMismatch) == 400
    assert status_of(errors.EndpointNotFound) == 404


def test_a_full_queue_says_when_to_come_back() -> None:
    assert headers_of(errors.QueueFull("iris", 2.4)) == [(b"retry-after", b"2")]
    assert headers_of(errors.QueueFull("iris", 0.01)) == [(b"retry-after", b"1")]
