import pytest

from monitor.selection import FeatureChoice


@pytest.mark.parametrize(
    ("choice", "taken"),
    [
        (FeatureChoice(), "abc"),
        (FeatureChoice(include=("a", "b")), "ab"),
        (FeatureChoice(exclude=("b",)), "ac"),
        (FeatureChoice(include=("a", "b"), exclude=("b",)), "a"),
    ],
)
def test_features_are_chosen(choice: FeatureChoice, taken: str) -> None:
    assert "".join(name for name in "abc" if choice.takes(name)) == taken
