from dataclasses import replace

import pytest

from core.errors import Unauthenticated
from gateway.authenticator import Authenticator, Known, Trust
from gateway.authenticators.api_key import ApiKeyAuthenticator
from gateway.caller import PlainCaller
from gateway.directory import Directory
from tests.contracts.authenticator import NOW, AuthenticatorContract
from tests.fakes.gateway import KEY, KEY_ID, OTHER_ID, OTHER_KEY, make_directory

UNKNOWN = KEY.replace(KEY_ID, "ffffffff")
SHOWN = PlainCaller([(b"x-api-key", KEY.encode())])
WRONG = KEY[:-1] + ("A" if KEY[-1] != "A" else "B")


class TestApiKeyAuthenticator(AuthenticatorContract):
    @pytest.fixture
    def authenticator(self) -> Authenticator:
        return ApiKeyAuthenticator(Trust())

    @pytest.fixture
    def good(self) -> PlainCaller:
        return PlainCaller([(b"x-api-key", KEY.encode())])

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        keys = ["", "x", UNKNOWN, WRONG, KEY + "x", "tg_", "\x85"]
        shown = ([(b"x-api-key", key.encode("latin-1"))] for key in keys)
        return [PlainCaller(), *map(PlainCaller, shown)]


@pytest.mark.parametrize("text", [f"Bearer {KEY}", f"bearer  {KEY} ", f" Bearer {KEY}"])
def test_bearer_in_all_its_forms(text: str) -> None:
    headers = [(b"authorization", text.encode())]
    assert (
        ApiKeyAuthenticator(Trust())
        .authenticate(PlainCaller(headers), Known(make_directory(), NOW))
        .routes
        is None
    )


def test_a_basic_credential_is_passed_over_for_the_key() -> None:
    headers = [(b"authorization", b"Basic eA=="), (b"x-api-key", KEY.encode())]
    assert (
        ApiKeyAuthenticator(Trust())
        .authenticate(PlainCaller(headers), Known(make_directory(), NOW))
        .name
    )


def test_a_key_of_one_route_says_so() -> None:
    headers = [(b"x-api-key", OTHER_KEY.encode())]
    principal = ApiKeyAuthenticator(Trust()).authenticate(
        PlainCaller(headers), Known(make_directory(), NOW)
    )
    assert principal.routes == frozenset({"other"})


def change_key(directory: Directory, **changes: float) -> Directory:
    key = replace(directory.keys[KEY_ID], **changes)  # type: ignore[arg-type]  # times only
    return replace(directory, keys={KEY_ID: key})


@pytest.mark.parametrize("changes", [{"revoked_at": NOW - 9}, {"expires_at": NOW}])
def test_an_ended_key_is_not_good(changes: dict[str, float]) -> None:
    directory = change_key(make_directory(), **changes)
    with pytest.raises(Unauthenticated):
        ApiKeyAuthenticator(Trust()).authenticate(SHOWN, Known(directory, NOW))


def test_a_key_is_good_until_it_ends() -> None:
    directory = change_key(make_directory(), expires_at=NOW + 1)
    principal = ApiKeyAuthenticator(Trust()).authenticate(SHOWN, Known(directory, NOW))
    assert principal.routes is None


def test_a_rotated_key_pays_from_the_old_ones_account() -> None:
    directory = make_directory()
    old = directory.keys[KEY_ID]
    new = replace(old, replaces=OTHER_ID, plan="gold", scopes=("read",))
    known = Known(replace(directory, keys={KEY_ID: new}), NOW)
    principal = ApiKeyAuthenticator(Trust()).authenticate(SHOWN, known)
    assert (principal.account, principal.plan, principal.scopes) == (
        OTHER_ID,
        "gold",
        frozenset({"read"}),
    )
