"""What every authenticator must hold to."""

import pytest

from core.errors import Unauthenticated
from core.http import Headers
from gateway.authenticator import Authenticator
from gateway.directory import Directory
from tests.fakes.gateway import make_directory

NOW = 1_700_000_000.0


class AuthenticatorContract:
    """A subclass gives `authenticator`, `good` headers of a caller, and `bad` ones where there are any."""

    @pytest.fixture
    def authenticator(self) -> Authenticator:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def good(self) -> Headers:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def bad(self) -> list[Headers]:
        raise AssertionError("a subclass gives this")

    @pytest.fixture
    def directory(self) -> Directory:
        return make_directory()

    def test_a_good_caller_is_named(
        self, authenticator: Authenticator, good: Headers, directory: Directory
    ) -> None:
        assert authenticator.authenticate(good, directory, NOW).name

    def test_other_headers_do_not_matter(
        self, authenticator: Authenticator, good: Headers, directory: Directory
    ) -> None:
        noise = [(b"x-other", b"1"), *good, (b"cookie", b"a=b")]
        named = authenticator.authenticate(noise, directory, NOW)
        assert named == authenticator.authenticate(good, directory, NOW)

    def test_all_bad_callers_hear_the_same(
        self, authenticator: Authenticator, bad: list[Headers], directory: Directory
    ) -> None:
        texts = set()
        for headers in bad:
            with pytest.raises(Unauthenticated) as caught:
                authenticator.authenticate(headers, directory, NOW)
            texts.add(str(caught.value))
        assert len(texts) == (1 if bad else 0)
