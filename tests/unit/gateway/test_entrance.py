from dataclasses import replace

import pytest

from core.errors import EndpointNotFound, Forbidden, RateLimited, Unauthenticated
from core.exposure import Exposure
from core.http import Headers
from gateway.authenticator import Trust
from gateway.call import Call
from gateway.caller import PlainCaller
from gateway.directory import Directory
from gateway.entrance import Admitted, PrivateEntrance, PublicEntrance, Right
from gateway.published import Published, StageView
from tests.fakes.gateway import KEY, OTHER_KEY, make_directory

GOOD: Headers = [(b"x-api-key", KEY.encode())]
OTHER: Headers = [(b"x-api-key", OTHER_KEY.encode())]


def make_call(name: str, headers: Headers | None = None, **caller: str) -> Call:
    shown = PlainCaller(list(headers or []), address="192.0.2.7")
    return Call(name, "", replace(shown, **caller), "i", 0.0)  # type: ignore[arg-type]  # texts only


def enter(name: str, headers: Headers, right: Right = "infer") -> Admitted:
    return PublicEntrance(Trust()).admit(make_call(name, headers), right, make_directory())


def expose(**fields: object) -> Directory:
    """The directory with one route `open` of these fields, anonymous unless they say."""
    document = {"name": "open", "endpoint": "iris", "auth": "anonymous", **fields}
    plans = [
        {"name": "gold", "rate": 5, "burst": 10},
        {"name": "all", "rate": 50},
        {"name": "mine", "concurrency": 2},
    ]
    exposure = Exposure.read({"routes": [document], "plans": plans})
    view = StageView("prod", Published.of(exposure, 1))
    return replace(make_directory(), stages={"prod": view}, hosts={"dev.example.com": "dev"})


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


def test_a_route_may_be_reachable_by_its_host_only() -> None:
    directory, entrance = expose(hosts=["api.example.com"]), PublicEntrance(Trust())
    assert entrance.admit(make_call("open", host="api.example.com"), "infer", directory).name
    for host in ("", "example.com", "dev.example.com"):
        with pytest.raises(EndpointNotFound):
            entrance.admit(make_call("open", host=host), "infer", directory)


def test_a_route_may_let_in_some_networks_only() -> None:
    directory = expose(allow=["192.0.2.0/24"], deny=["192.0.2.9"])
    entrance = PublicEntrance(Trust())
    assert entrance.admit(make_call("open"), "infer", directory).name
    assert entrance.admit(make_call("open", address="::ffff:192.0.2.7"), "infer", directory).name
    for address in ("192.0.2.9", "198.51.100.1", "", "nonsense"):
        with pytest.raises(Forbidden, match="this address"):
            entrance.admit(make_call("open", address=address), "infer", directory)


def test_a_request_reaches_the_stage_that_it_names() -> None:
    directory = expose()
    dev = replace(directory.stages["prod"], name="dev")
    other = make_directory().stages["prod"]
    directory = replace(directory, stages={"dev": dev, "prod": other})
    entrance = PublicEntrance(Trust())
    named = entrance.admit(make_call("open", stage="dev"), "infer", directory)
    hosted = entrance.admit(make_call("open", host="dev.example.com"), "infer", directory)
    assert (named.stage, hosted.stage) == ("dev", "dev")
    assert named.deployment == dev.live.number
    for stage in ("", "prod", "none"):
        with pytest.raises(EndpointNotFound):
            entrance.admit(make_call("open", stage=stage), "infer", directory)


def test_a_canary_takes_its_share() -> None:
    directory = expose()
    live = directory.stages["prod"].live
    view = StageView("prod", make_directory().stages["prod"].live, live, 0.25)
    directory, entrance = replace(directory, stages={"prod": view}), PublicEntrance(Trust())
    found = 0
    for _ in range(2000):
        try:
            entrance.admit(make_call("open"), "infer", directory)
        except EndpointNotFound:
            continue
        found += 1
    assert 400 < found < 600


def test_scopes_are_asked_for() -> None:
    directory = expose(auth="api_key", scopes=["read"])
    key = next(iter(directory.keys.values()))
    scoped = replace(directory, keys={key.id: replace(key, scopes=("read", "write"))})
    entrance = PublicEntrance(Trust())
    assert entrance.admit(make_call("open", GOOD), "infer", scoped).name
    with pytest.raises(Forbidden, match="scope 'read'"):
        entrance.admit(make_call("open", GOOD), "infer", directory)


def test_the_plans_of_a_request() -> None:
    entrance = PublicEntrance(Trust())
    directory = expose(plan="gold", total="all")
    mine, everybodys = entrance.admit(make_call("open"), "infer", directory).limits
    assert (mine.plan.name, mine.subject) == ("gold", "gold:prod/open:anonymous@192.0.2.7")
    assert (everybodys.plan.name, everybodys.subject) == ("all", "all:prod/open")
    directory = expose(auth="api_key", plan="gold")
    key = next(iter(directory.keys.values()))
    own = replace(directory, keys={key.id: replace(key, plan="mine")})
    (limit,) = entrance.admit(make_call("open", GOOD), "infer", own).limits
    assert (limit.plan.name, limit.subject) == ("mine", f"mine:{key.id}")
    assert entrance.admit(make_call("open"), "infer", expose()).limits == ()


def test_an_address_of_too_many_failures_is_shut_out_and_a_good_caller_there_is_not() -> None:
    directory, entrance = make_directory(), PublicEntrance(Trust())
    entrance.admit(make_call("flowers", GOOD), "infer", directory)
    for _ in range(30):
        with pytest.raises(Unauthenticated):
            entrance.admit(make_call("flowers"), "infer", directory)
    with pytest.raises(RateLimited, match="rate of failures"):
        entrance.admit(make_call("flowers"), "infer", directory)
    assert entrance.admit(make_call("flowers", GOOD), "infer", directory).name
    elsewhere = make_call("flowers", address="192.0.2.8")
    with pytest.raises(Unauthenticated):
        entrance.admit(elsewhere, "infer", directory)


def test_one_of_several_ways_in_is_enough() -> None:
    directory, entrance = expose(auth=["api_key", "sigv4", "mtls"]), PublicEntrance(Trust())
    assert entrance.admit(make_call("open", GOOD), "infer", directory).name
    with pytest.raises(Unauthenticated):
        entrance.admit(make_call("open"), "infer", directory)


def test_privately_every_endpoint_is_there_by_its_own_name() -> None:
    admitted = PrivateEntrance("open").admit(make_call("iris"), "metadata", make_directory())
    assert admitted.name == "iris"
    with pytest.raises(EndpointNotFound):
        PrivateEntrance("open").admit(make_call("flowers"), "infer", make_directory())


def test_the_private_listener_can_ask_for_a_key() -> None:
    entrance = PrivateEntrance("api_key")
    assert entrance.admit(make_call("iris", GOOD), "infer", make_directory()).name == "iris"
    with pytest.raises(Unauthenticated):
        entrance.admit(make_call("iris"), "infer", make_directory())
