import pytest

from core.errors import MalformedRequest
from gateway.callback import MAX_ATTEMPTS, check_callback, next_call

HOSTS = frozenset({"example.org", "localhost:9000"})


@pytest.mark.parametrize(
    "url", ["https://example.org/done?x=1", "http://example.org:81/", "http://localhost:9000/"]
)
def test_hosts_that_the_operator_named_may_be_called(url: str) -> None:
    assert check_callback(url, HOSTS) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1/",
        "http://localhost:9001/",
        "http://localhost/",
        "ftp://example.org/",
        "http://user@example.org/",
        "http://example.org\r\nx: y/",
        "http://[::1",
        "https://example.org/" + "x" * 2000,
        "example.org",
    ],
)
def test_no_other_address_may_be_called(url: str) -> None:
    with pytest.raises(MalformedRequest):
        check_callback(url, HOSTS)


def test_calls_are_tried_again_ever_later_and_not_for_ever() -> None:
    pauses = [next_call(attempts, 0.0) for attempts in range(1, MAX_ATTEMPTS + 1)]
    assert pauses == [5.0, 20.0, 80.0, 320.0, None]
