from typing import Literal

import pytest

from core.errors import EndpointNotFound, Forbidden, Unauthenticated
from core.http import Headers
from gateway.entrance import Admitted, PrivateEntrance, PublicEntrance
from tests.fakes.gateway import KEY, OTHER_KEY, make_directory

GOOD: Headers = [(b"x-api-key", KEY.encode())]
OTHER: Headers = [(b"x-api-key", OTHER_KEY.encode())]


def enter(name: str, headers: Headers, right: Literal["infer", "metadata"] = "infer") -> Admitted:
    return PublicEntrance().admit(name, right, headers, make_directory(), 0.0)


def test_a_route_leads_to_its_endpoint() -> None:
    admitted = enter("flowers", GOOD)
    assert (admitted.name, admitted.served.spec.name) == ("flowers", "iris")


def test_a_name_without_a_route_is_not_found_even_without_a_key() -> None:
    for headers in ([], GOOD):
        with pytest.raises(EndpointNotFound):
            enter("iris", headers)


def test_a_route_asks_for_a_key() -> None:
    with pytest.raises(Unauthenticated):
        enter("flowers", [])


def test_an_open_route_asks_for_nothing() -> None:
    assert enter("garden", []).principal.name == "anonymous"


def test_a_key_of_another_route_is_forbidden() -> None:
    with pytest.raises(Forbidden, match="may not use route 'flowers'"):
        enter("flowers", OTHER)


def test_a_route_gives_only_its_operations() -> None:
    with pytest.raises(Forbidden, match="may not ask route 'garden' for metadata"):
        enter("garden", [], "metadata")


def test_privately_every_endpoint_is_there_by_its_own_name() -> None:
    admitted = PrivateEntrance("open").admit("iris", "metadata", [], make_directory(), 0.0)
    assert admitted.name == "iris"
    with pytest.raises(EndpointNotFound):
        PrivateEntrance("open").admit("flowers", "infer", [], make_directory(), 0.0)


def test_the_private_listener_can_ask_for_a_key() -> None:
    entrance = PrivateEntrance("api_key")
    assert entrance.admit("iris", "infer", GOOD, make_directory(), 0.0).name == "iris"
    with pytest.raises(Unauthenticated):
        entrance.admit("iris", "infer", [], make_directory(), 0.0)
