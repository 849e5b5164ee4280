import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Unauthenticated
from core.signing import Secret, sign, verify

SECRET = Secret("k1", b"s" * 32)
KNOWN = {"k1": SECRET}


def test_a_good_proof_says_when_it_ends() -> None:
    assert verify(sign(SECRET, "iris-main-1", 1010), KNOWN, "iris-main-1", now=1000) == 1010


@pytest.mark.parametrize(
    ("audience", "now", "secrets"),
    [
        ("other", 1000, KNOWN),
        ("iris", 1010, KNOWN),
        ("iris", 1000, {}),
        ("iris", 1000, {"k1": Secret("k1", b"other")}),
    ],
)
def test_a_proof_for_another_time_or_place_is_refused(
    audience: str, now: float, secrets: dict[str, Secret]
) -> None:
    with pytest.raises(Unauthenticated):
        verify(sign(SECRET, "iris", 1010), secrets, audience, now)


@given(st.text(max_size=60))
def test_any_other_text_is_refused(proof: str) -> None:
    with pytest.raises(Unauthenticated):
        verify(proof, KNOWN, "iris", now=0)


def test_a_later_end_cannot_be_written_in() -> None:
    proof = sign(SECRET, "iris", 1010).replace("1010", "9999")
    with pytest.raises(Unauthenticated):
        verify(proof, KNOWN, "iris", now=1000)


def test_a_secret_is_never_shown() -> None:
    assert "ssss" not in repr(SECRET)
