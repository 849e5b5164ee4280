from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sigv4
from core.http import header
from tests.fakes.signing import sign_request

AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
MASTER = b"m" * 32
ACCESS_KEY = sigv4.write_access_key("00010203")
SECRET = sigv4.derive_secret(MASTER, ACCESS_KEY)
SERVICES = frozenset({"sagemaker"})
PATHS = [
    "/endpoints/iris/invocations",
    "/endpoints/a%3Ab/invocations",
    "/dev/endpoints/with%20space/invocations",
    "/endpoints/%C3%BC/invocations",
]


def make(
    path: str, body: bytes, query: str = ""
) -> tuple[sigv4.Authorization, sigv4.SignedRequest]:
    url = f"http://host:8080{path}" + (f"?{query}" if query else "")
    headers = sign_request(ACCESS_KEY, SECRET, "POST", url, body, AT)
    said = sigv4.parse_authorization((header(headers, b"authorization") or b"").decode())
    assert said is not None
    return said, sigv4.SignedRequest("POST", path.encode(), query.encode(), headers)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", ["", "b=2&a=1", "a=%20x&a=&c"])
def test_what_amazons_library_signs_is_good(path: str, query: str) -> None:
    said, request = make(path, b"body", query)
    assert sigv4.is_signed(SECRET, said, request, b"body")
    assert sigv4.is_timely(said, request.headers, SERVICES, AT.timestamp())


@given(
    at=st.integers(0, 10**6), kind=st.sampled_from(["path", "query", "header", "body", "method"])
)
def test_no_byte_can_be_changed(at: int, kind: str) -> None:
    said, request = make("/endpoints/iris/invocations", b"body", "a=1&b=2")
    path, query, body, method = request.raw_path, request.query, b"body", "POST"
    headers = list(request.headers)
    if kind == "path":
        path = change(path, at)
    elif kind == "query":
        query = change(query, at)
    elif kind == "body":
        body = change(body, at)
    elif kind == "method":
        method = "PUT"
    else:
        signed = [i for i, (name, _) in enumerate(headers) if name.decode() in said.signed_headers]
        index = signed[at % len(signed)]
        headers[index] = (headers[index][0], change(headers[index][1], at))
    changed = sigv4.SignedRequest(method, path, query, headers)
    assert not sigv4.is_signed(SECRET, said, changed, body)


def change(text: bytes, at: int) -> bytes:
    index = at % len(text)
    return text[:index] + (b"x" if text[index : index + 1] != b"x" else b"y") + text[index + 1 :]


@pytest.mark.parametrize("seconds", [-400, 400])
def test_a_signature_is_good_for_minutes(seconds: int) -> None:
    said, request = make(PATHS[0], b"")
    assert not sigv4.is_timely(said, request.headers, SERVICES, AT.timestamp() + seconds)


def test_a_session_or_another_service_is_none_of_ours() -> None:
    said, request = make(PATHS[0], b"")
    with_token = [*request.headers, (b"x-amz-security-token", b"t")]
    assert not sigv4.is_timely(said, with_token, SERVICES, AT.timestamp())
    assert not sigv4.is_timely(said, request.headers, frozenset({"s3"}), AT.timestamp())


def test_a_digest_that_is_announced_must_be_the_bodys() -> None:
    said, request = make(PATHS[0], b"body")
    claimed = (b"x-amz-content-sha256", sha256(b"body").hexdigest().encode())
    unsigned = (b"x-amz-content-sha256", b"UNSIGNED-PAYLOAD")
    for pair, good in ((claimed, True), (unsigned, False)):
        one = sigv4.SignedRequest("POST", request.raw_path, b"", [*request.headers, pair])
        assert sigv4.is_signed(SECRET, said, one, b"body") is good


@pytest.mark.parametrize("text", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=", "A" * 5000])
def test_other_headers_are_none_of_it(text: str) -> None:
    assert sigv4.parse_authorization(text) is None


def test_keys_of_others_are_none_of_ours() -> None:
    assert sigv4.read_access_key(ACCESS_KEY) == "00010203"
    assert sigv4.read_access_key("AKIAIOSFODNN7EXAMPLE") == ""
    assert sigv4.derive_secret(b"other" * 8, ACCESS_KEY) != SECRET
