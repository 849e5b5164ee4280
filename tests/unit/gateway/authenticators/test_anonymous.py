import pytest

from gateway.authenticator import Authenticator, Trust
from gateway.authenticators.anonymous import Anonymous
from gateway.caller import PlainCaller
from tests.contracts.authenticator import AuthenticatorContract


class TestAnonymous(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return Anonymous(Trust())

    @pytest.fixture
    def good(self) -> PlainCaller:
        return PlainCaller()

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        return []
