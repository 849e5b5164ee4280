import pytest

from core.http import Headers
from core.route import Cors
from gateway.cors import allow_origin, answer_preflight, find_name, is_preflight

APP = Cors(origins=("https://app.example.com",), max_age_s=60)
ASKING: Headers = [(b"origin", b"https://app.example.com")]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2/models/iris/infer", "iris"),
        ("/v2/models/iris", "iris"),
        ("/v1/endpoints/iris:predict", "iris"),
        ("/v1/async/iris", "iris"),
        ("/endpoints/iris/invocations", "iris"),
        ("/docs/iris", "iris"),
        ("/v2", ""),
        ("/other/path", ""),
    ],
)
def test_the_name_stands_in_the_path(path: str, name: str) -> None:
    assert find_name(path) == name


def test_a_page_of_the_origin_may_ask_and_read() -> None:
    reply = answer_preflight(APP, ASKING)
    found = dict(reply.headers)
    assert reply.status == 204
    assert found[b"access-control-allow-origin"] == b"https://app.example.com"
    assert (found[b"access-control-max-age"], found[b"vary"]) == (b"60", b"origin")
    assert b"authorization" in found[b"access-control-allow-headers"]
    assert dict(allow_origin(APP, ASKING))[b"vary"] == b"origin"


def test_another_origin_is_told_nothing() -> None:
    other: Headers = [(b"origin", b"https://evil.example.com")]
    assert allow_origin(APP, other) == []
    assert answer_preflight(APP, other).status == 403
    assert allow_origin(APP, []) == []


def test_everybody_may_be_allowed() -> None:
    found = dict(allow_origin(Cors(origins=("*",)), [(b"origin", b"null")]))
    assert found[b"access-control-allow-origin"] == b"*"


def test_options_alone_is_no_preflight() -> None:
    assert not is_preflight("OPTIONS", [])
    assert is_preflight("OPTIONS", [(b"access-control-request-method", b"POST")])
