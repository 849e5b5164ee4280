import pytest

from gateway.authenticator import Authenticator, Known, Trust
from gateway.authenticators.mtls import CertificateAuthenticator
from gateway.caller import Certificate, PlainCaller
from tests.contracts.authenticator import NOW, AuthenticatorContract
from tests.fakes.gateway import make_directory


class TestCertificateAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return CertificateAuthenticator(Trust())

    @pytest.fixture
    def good(self) -> PlainCaller:
        return PlainCaller(certificate=Certificate("ann", "ab12"))

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        return [PlainCaller()]


def test_a_certificate_without_a_common_name_is_called_by_another_one() -> None:
    authenticator, known = CertificateAuthenticator(Trust()), Known(make_directory(), NOW)
    named = PlainCaller(certificate=Certificate("", "ab12", ("app.example.com",)))
    assert authenticator.authenticate(named, known).name == "cert/app.example.com"
    bare = PlainCaller(certificate=Certificate("", "ab12"))
    assert authenticator.authenticate(bare, known).name == "cert/ab12"
