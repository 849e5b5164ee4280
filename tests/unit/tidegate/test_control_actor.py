import pytest

from tidegate.control.actor import name_actor


@pytest.mark.parametrize(
    ("said", "named"),
    [
        (None, "admin"),
        ("ann@laptop", "admin (ann@laptop)"),
        ("", "admin"),
        ("a\nb", "admin"),
        ("x" * 200, "admin"),
    ],
)
def test_who_somebody_says_to_be_stands_beside_the_token(said: str | None, named: str) -> None:
    assert name_actor(said) == named
