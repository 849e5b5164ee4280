from typing import Any

import pytest

from core.errors import InvalidSpec
from core.route import RouteSpec

NAMED = {"name": "iris", "endpoint": "iris"}


def test_a_route_asks_for_a_key_unless_it_says_otherwise() -> None:
    assert RouteSpec.read(NAMED).auth == ("api_key",)
    assert RouteSpec.read({**NAMED, "auth": "jwt"}).auth == ("jwt",)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"operations": ["unload"]}, "operations"),
        ({"auth": ["anonymous", "api_key"]}, "name it alone"),
        ({"auth": "anonymous", "scopes": ["read"]}, "anonymous caller has none"),
        ({"variant": "main", "targeting": True}, "names the variant itself"),
        ({"path": "/v2/models/x"}, "no path"),
        ({"path": "relative"}, "no path"),
        ({"timing": "sometimes"}, "timing"),
        ({"hosts": ["a b"]}, "no host name"),
        ({"allow": ["10.0.0.0/99"]}, "allow"),
        ({"cache": {}}, "cache.ttl_s"),
        ({"cache": {"ttl_s": 0}}, "cache.ttl_s"),
        ({"cache": {"ttl_s": 86_401}}, "cache.ttl_s"),
        ({"cache": {"ttl_s": 1, "max_bytes": 1}}, "cache.max_bytes"),
        ({"cache": {"ttl_s": 1, "vary": "header"}}, "cache.vary"),
        ({"cache": {"ttl_s": 1}, "parameters": {"idempotent": False}}, "not idempotent"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidSpec, match=told):
        RouteSpec.read({**NAMED, **fields})


def test_a_route_may_be_reachable_by_some_hosts_only() -> None:
    route = RouteSpec.read({**NAMED, "hosts": ["API.example.com", "*.test.io"]})
    assert [route.takes(host) for host in ("api.example.com", "a.test.io", "test.io", "x")] == [
        True,
        True,
        False,
        False,
    ]
    assert RouteSpec.read(NAMED).takes("whatever")


def test_networks_are_written_in_one_form() -> None:
    route = RouteSpec.read({**NAMED, "allow": ["10.1.2.3/8"], "deny": ["::1"]})
    assert (route.allow, route.deny) == (("10.0.0.0/8",), ("::1/128",))


def test_nobody_is_told_where_the_time_went_unless_the_route_says_so() -> None:
    assert RouteSpec.read(NAMED).timing is False
    assert RouteSpec.read({**NAMED, "timing": True}).timing is True


def test_a_cache_keeps_callers_apart_unless_it_says_otherwise() -> None:
    cache = RouteSpec.read({**NAMED, "cache": {"ttl_s": 60}}).cache
    assert cache is not None
    assert (cache.vary, cache.max_bytes, cache.not_modified) == ("caller", 2**20, False)
