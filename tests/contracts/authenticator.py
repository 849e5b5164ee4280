"""What every authenticator must hold to."""

from dataclasses import replace

import pytest

from core.errors import Unauthenticated
from gateway.authenticator import Authenticator, Known, Principal
from gateway.caller import PlainCaller
from tests.fakes.gateway import make_directory

NOW = 1_700_000_000.0


def authenticate(
    authenticator: Authenticator, caller: PlainCaller, known: Known, body: bytes = b""
) -> Principal:
    """As the gateway does: the body is confirmed once it is there."""
    principal = authenticator.authenticate(caller, known)
    if principal.confirm is not None:
        principal.confirm(body)
    return replace(principal, confirm=None)


class AuthenticatorContract:
    """A subclass gives `authenticator`, a `good` caller, and `bad` ones where there are any."""

    @pytest.fixture
    def authenticator(self) -> Authenticator:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def good(self) -> PlainCaller:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def bad(self) -> list[PlainCaller]:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def known(self) -> Known:
        return Known(make_directory(), NOW)

    def test_a_good_caller_is_named(
        self, authenticator: Authenticator, good: PlainCaller, known: Known
    ) -> None:
        assert authenticator.is_shown(good)
        assert authenticate(authenticator, good, known).name

    def test_other_headers_do_not_matter(
        self, authenticator: Authenticator, good: PlainCaller, known: Known
    ) -> None:
        noise = [(b"x-other", b"1"), *good.headers, (b"cookie", b"a=b")]
        named = authenticate(authenticator, replace(good, headers=noise), known)
        assert named == authenticate(authenticator, good, known)

    def test_all_bad_callers_hear_the_same(
        self, authenticator: Authenticator, bad: list[PlainCaller], known: Known
    ) -> None:
        texts = set()
        for caller in bad:
            with pytest.raises(Unauthenticated) as caught:
                authenticate(authenticator, caller, known)
            texts.add(str(caught.value))
        assert len(texts) == (1 if bad else 0)
