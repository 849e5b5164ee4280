import pytest

from core.errors import InvalidSpec
from gateway.components import describe_security


def test_any_one_way_in_is_enough() -> None:
    schemes, ways = describe_security(["api_key", "jwt", "mtls", "sigv4"])
    assert ways == [
        {"api_key": []},
        {"api_key_bearer": []},
        {"jwt": []},
        {"mtls": []},
        {"sigv4": []},
    ]
    assert set(schemes) == {name for way in ways for name in way}
    assert schemes["api_key"] == {"type": "apiKey", "in": "header", "name": "x-api-key"}
    assert schemes["jwt"]["bearerFormat"] == "JWT"
    assert schemes["mtls"]["type"] == "mutualTLS"


@pytest.mark.parametrize("security", [[], ["anonymous"]])
def test_nobody_in_particular_needs_no_credential(security: list[str]) -> None:
    assert describe_security(security) == ({}, [])


def test_a_credential_may_be_left_out_where_anybody_may_come_in() -> None:
    assert describe_security(["anonymous", "jwt"])[1] == [{"jwt": []}, {}]


def test_an_unknown_way_in_is_named() -> None:
    with pytest.raises(InvalidSpec, match="guess"):
        describe_security(["guess"])
