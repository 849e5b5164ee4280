from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core import sigv4
from core.errors import Unauthenticated
from gateway.authenticator import Authenticator, Known, Trust
from gateway.authenticators.sigv4 import SignatureAuthenticator
from gateway.caller import PlainCaller
from tests.contracts.authenticator import NOW, AuthenticatorContract, authenticate
from tests.fakes.gateway import KEY_ID, OTHER_ID, make_directory
from tests.fakes.signing import sign_request

MASTER = b"m" * 32


def make_caller(body: bytes = b"", key: str = KEY_ID, at: float = NOW) -> PlainCaller:
    access_key = sigv4.write_access_key(key)
    secret = sigv4.derive_secret(MASTER, access_key)
    moment = datetime.fromtimestamp(at, UTC)
    path = "/endpoints/flowers/invocations"
    headers = sign_request(access_key, secret, "POST", f"http://host{path}", body, moment)
    return PlainCaller(headers, method="POST", raw_path=path.encode())


class TestSignatureAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return SignatureAuthenticator(Trust(MASTER))

    @pytest.fixture
    def good(self) -> PlainCaller:
        return make_caller()

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        return [
            PlainCaller(),
            make_caller(b"another body"),
            make_caller(key="ffffffff"),
            make_caller(at=NOW - 400),
            replace(make_caller(), raw_path=b"/endpoints/other/invocations"),
            replace(make_caller(), method="GET"),
            PlainCaller([(b"authorization", b"AWS4-HMAC-SHA256 nonsense")]),
        ]


def test_who_signs_has_the_keys_rights() -> None:
    known = Known(make_directory(), NOW)
    found = authenticate(SignatureAuthenticator(Trust(MASTER)), make_caller(key=OTHER_ID), known)
    assert found.routes == frozenset({"other"})


def test_without_a_master_secret_nobody_can_sign() -> None:
    with pytest.raises(Unauthenticated):
        SignatureAuthenticator(Trust()).authenticate(make_caller(), Known(make_directory(), NOW))
