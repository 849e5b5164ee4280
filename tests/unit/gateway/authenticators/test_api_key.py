from dataclasses import replace

import pytest

from core.errors import Unauthenticated
from core.http import Headers
from gateway.authenticator import Authenticator
from gateway.authenticators.api_key import ApiKeyAuthenticator
from gateway.directory import Directory
from tests.contracts.authenticator import NOW, AuthenticatorContract
from tests.fakes.gateway import KEY, KEY_ID, OTHER_KEY, make_directory

UNKNOWN = KEY.replace(KEY_ID, "ffffffff")
WRONG = KEY[:-1] + ("A" if KEY[-1] != "A" else "B")


class TestApiKeyAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return ApiKeyAuthenticator()

    @pytest.fixture
    def good(self) -> Headers:
        return [(b"x-api-key", KEY.encode())]

    @pytest.fixture
    def bad(self) -> list[Headers]:
        keys = ["", "x", UNKNOWN, WRONG, KEY + "x", "tg_", "\x85"]
        return [[], *([(b"x-api-key", key.encode("latin-1"))] for key in keys)]


@pytest.mark.parametrize("text", [f"Bearer {KEY}", f"bearer  {KEY} ", f" Bearer {KEY}"])
def test_bearer_in_all_its_forms(text: str) -> None:
    headers = [(b"authorization", text.encode())]
    assert ApiKeyAuthenticator().authenticate(headers, make_directory(), NOW).routes is None


def test_a_basic_credential_is_passed_over_for_the_key() -> None:
    headers = [(b"authorization", b"Basic eA=="), (b"x-api-key", KEY.encode())]
    assert ApiKeyAuthenticator().authenticate(headers, make_directory(), NOW).name


def test_a_key_of_one_route_says_so() -> None:
    headers = [(b"x-api-key", OTHER_KEY.encode())]
    principal = ApiKeyAuthenticator().authenticate(headers, make_directory(), NOW)
    assert principal.routes == frozenset({"other"})


def change_key(directory: Directory, **changes: float) -> Directory:
    key = replace(directory.keys[KEY_ID], **changes)  # type: ignore[arg-type]  # times only
    return replace(directory, keys={KEY_ID: key})


@pytest.mark.parametrize("changes", [{"revoked_at": NOW - 9}, {"expires_at": NOW}])
def test_an_ended_key_is_not_good(changes: dict[str, float]) -> None:
    directory = change_key(make_directory(), **changes)
    with pytest.raises(Unauthenticated):
        ApiKeyAuthenticator().authenticate([(b"x-api-key", KEY.encode())], directory, NOW)


def test_a_key_is_good_until_it_ends() -> None:
    directory = change_key(make_directory(), expires_at=NOW + 1)
    principal = ApiKeyAuthenticator().authenticate([(b"x-api-key", KEY.encode())], directory, NOW)
    assert principal.routes is None
