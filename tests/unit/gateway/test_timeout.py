import pytest

from core.reserved import Reserved
from core.route import RouteSpec
from gateway.authenticator import Principal
from gateway.caller import PlainCaller
from gateway.entrance import Admitted
from gateway.timeout import find_timeout
from tests.fakes.gateway import make_directory


@pytest.mark.parametrize(
    ("of_route", "of_caller", "found"),
    [(None, 0.0, 5.0), (2.0, 0.0, 2.0), (9.0, 0.0, 5.0), (2.0, 1.0, 1.0), (None, 9.0, 5.0)],
)
def test_the_shortest_time_counts(of_route: float | None, of_caller: float, found: float) -> None:
    route = RouteSpec(name="flowers", endpoint="iris", timeout_s=of_route)
    served = make_directory().serve("iris")
    admitted = Admitted("flowers", served, Principal("ann"), PlainCaller(), route=route)
    assert find_timeout(admitted, Reserved(timeout_s=of_caller)) == found
    private = Admitted("iris", served, Principal("ann"), PlainCaller())
    assert find_timeout(private, Reserved()) == 5.0
