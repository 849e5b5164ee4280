import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import keys
from core.keys import ENTROPY_BYTES

ENTROPY = st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES)


@given(ENTROPY)
def test_what_is_minted_is_parsed_and_matches(entropy: bytes) -> None:
    key, text, digest = keys.mint(entropy)
    parsed = keys.parse(text)
    assert parsed is not None
    assert parsed[0] == key
    assert keys.matches(parsed[1], digest)


@given(ENTROPY, ENTROPY)
def test_another_keys_secret_does_not_match(one: bytes, other: bytes) -> None:
    parsed = keys.parse(keys.mint(one)[1])
    assert parsed is not None
    assert keys.matches(parsed[1], keys.mint(other)[2]) == (one[4:] == other[4:])


@given(ENTROPY)
def test_what_is_kept_holds_nothing_of_the_secret(entropy: bytes) -> None:
    _, text, digest = keys.mint(entropy)
    assert len(digest) == 64
    assert text[len("tg_01234567_") :] not in digest


@given(st.text())
def test_any_text_is_a_key_or_none(text: str) -> None:
    parsed = keys.parse(text)
    assert parsed is None or text == f"tg_{parsed[0]}_{parsed[1]}"


@pytest.mark.parametrize("change", [str.upper, lambda text: text + "x", lambda text: text + "\n"])
def test_a_changed_text_is_no_key(change: object) -> None:
    assert callable(change)
    assert keys.parse(change(keys.mint(bytes(36))[1])) is None


def test_too_little_entropy_is_refused() -> None:
    with pytest.raises(ValueError, match="36 random bytes"):
        keys.mint(b"short")
