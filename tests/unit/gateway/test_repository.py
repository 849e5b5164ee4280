import asyncio
from typing import Any

import pytest

from core.errors import (
    Conflict,
    EndpointNotFound,
    Forbidden,
    MalformedRequest,
    NoReplica,
    RuntimeUnavailable,
    TidegateError,
    Unauthenticated,
    Unavailable,
    UnsupportedOperation,
)
from gateway import repository as bounds
from gateway.directory import Directory
from gateway.repository import Repository, find_path, list_entries, read_fault
from tests.fakes.control_api import TOKEN
from tests.fakes.gateway import FakeGateway, make_directory, make_resident

pytestmark = pytest.mark.anyio
ADMIN = [(b"authorization", TOKEN.encode())]


def open_repository(gateway: FakeGateway) -> Repository:
    return Repository(gateway.control.ask, gateway.follower, gateway.clock)


def test_the_index_has_each_version_with_its_state() -> None:
    old, new = make_resident(1), make_resident(2, "second")
    entries = list_entries(make_directory(old, new, leases=[]))
    assert [(one["version"], one["state"]) for one in entries] == [
        ("1", "UNAVAILABLE"),
        ("2", "UNAVAILABLE"),
    ]
    assert list_entries(make_directory(old)) == [
        {"name": "iris", "version": "1", "state": "READY", "reason": ""}
    ]


def test_the_index_can_be_of_what_is_ready() -> None:
    gateway = FakeGateway()
    assert len(open_repository(gateway).index(ready_only=True)) == 1
    gateway.follower.adopt(make_directory(leases=[]))
    assert open_repository(gateway).index(ready_only=True) == []


async def test_what_answers_is_loaded() -> None:
    gateway = FakeGateway()
    gateway.control.endpoints["iris"] = {"state": "ready"}
    await open_repository(gateway).load("iris", ADMIN, {})
    assert gateway.control.asked == [("GET", "/api/v1/endpoints/iris")]


async def test_a_model_without_an_endpoint_gets_one_and_is_waited_for() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(Directory(generation=1))
    gateway.control.models.add("iris@live")
    loading = asyncio.create_task(open_repository(gateway).load("iris", ADMIN, {}))
    for _ in range(9):
        await asyncio.sleep(0)
    assert not loading.done()
    gateway.follower.adopt(make_directory())
    await loading
    assert gateway.control.asked[1] == ("PUT", "/api/v1/endpoints/iris")


async def test_a_model_that_cannot_be_loaded_says_why() -> None:
    gateway = FakeGateway()
    gateway.follower.adopt(Directory(generation=1))
    gateway.control.endpoints["iris"] = {"state": "failed", "reason": "no such file"}
    with pytest.raises(RuntimeUnavailable, match=r"failed to load .* no such file"):
        await open_repository(gateway).load("iris", ADMIN, {})


async def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LOAD_S", 0.0)
    gateway = FakeGateway()
    gateway.follower.adopt(make_directory(leases=[]))
    gateway.control.endpoints["iris"] = {"state": "creating"}
    with pytest.raises(NoReplica):
        await open_repository(gateway).load("iris", ADMIN, {})


async def test_a_configuration_of_ones_own_is_not_taken() -> None:
    gateway = FakeGateway()
    with pytest.raises(UnsupportedOperation):
        await open_repository(gateway).load("iris", ADMIN, {"config": "{}"})
    assert gateway.control.asked == []


async def test_nobody_loads_or_unloads_without_the_admin_token() -> None:
    repository = open_repository(FakeGateway())
    with pytest.raises(Unauthenticated, match="admin token"):
        await repository.load("iris", [], {})
    with pytest.raises(Unauthenticated, match="admin token"):
        await repository.unload("iris", [(b"authorization", b"Bearer guessed")])


async def test_unloading_takes_the_endpoint_down() -> None:
    gateway = FakeGateway()
    gateway.control.endpoints["iris"] = {"state": "ready"}
    await open_repository(gateway).unload("iris", ADMIN)
    assert gateway.control.asked == [("DELETE", "/api/v1/endpoints/iris")]
    with pytest.raises(EndpointNotFound):
        await open_repository(gateway).unload("nobody", ADMIN)


def test_a_name_stays_one_part_of_the_path() -> None:
    assert find_path("../keys?x") == "/api/v1/endpoints/..%2Fkeys%3Fx"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, Unauthenticated),
        (403, Forbidden),
        (404, EndpointNotFound),
        (409, Conflict),
        (422, MalformedRequest),
        (500, Unavailable),
    ],
)
@pytest.mark.parametrize("answer", [{"error": {"message": "why"}}, {"error": 1}, {}])
def test_a_fault_is_one_of_ours(status: int, kind: type[TidegateError], answer: Any) -> None:
    assert type(read_fault(status, answer, "iris")) is kind
