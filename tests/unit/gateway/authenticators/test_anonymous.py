import pytest

from core.http import Headers
from gateway.authenticator import Authenticator
from gateway.authenticators.anonymous import Anonymous
from tests.contracts.authenticator import AuthenticatorContract


class TestAnonymous(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return Anonymous()

    @pytest.fixture
    def good(self) -> Headers:
        return []

    @pytest.fixture
    def bad(self) -> list[Headers]:
        return []
