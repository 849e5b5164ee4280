import pytest

from core.errors import NotFound
from core.plugins import load


def test_a_name_leads_to_the_object_at_its_path() -> None:
    assert load("thing", {"loads": "json:loads"}, "loads")("1") == 1


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(NotFound, match=r"known: a, b"):
        load("thing", {"b": "json:loads", "a": "json:dumps"}, "c")
