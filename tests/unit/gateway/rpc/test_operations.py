from collections.abc import AsyncIterator
from typing import Any

import pytest
import tritonclient.grpc.aio as triton
from tritonclient.utils import InferenceServerException

from gateway.authenticator import Trust
from gateway.entrance import PrivateEntrance, PublicEntrance
from tests.fakes.control_api import TOKEN
from tests.fakes.gateway import FakeGateway
from tests.fakes.rpc import listening

pytestmark = pytest.mark.anyio


@pytest.fixture
async def private() -> AsyncIterator[Any]:
    async with (
        listening(FakeGateway(), PrivateEntrance("open")) as address,
        triton.InferenceServerClient(address) as client,
    ):
        yield client


async def test_the_repository_is_listed(private: Any) -> None:
    (entry,) = (await private.get_model_repository_index()).models
    assert (entry.name, entry.version, entry.state) == ("iris", "1", "READY")


async def test_statistics_are_told_of_one_model_and_of_all(private: Any) -> None:
    (one,) = (await private.get_inference_statistics("iris")).model_stats
    (same,) = (await private.get_inference_statistics()).model_stats
    assert (one.name, one.version, one.inference_stats.HasField("success")) == ("iris", "1", True)
    assert one == same


async def test_what_is_there_is_advertised(private: Any) -> None:
    extensions = (await private.get_server_metadata()).extensions
    assert {"statistics", "model_repository"} <= set(extensions)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("load_model", {"config": "{}"}), ("get_inference_statistics", {"model_version": "9"})],
)
async def test_what_cannot_be_done_is_said(
    private: Any, name: str, arguments: dict[str, str]
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        await getattr(private, name)("iris", **arguments)
    assert any(one in str(caught.value.status()) for one in ("UNIMPLEMENTED", "NOT_FOUND"))


async def test_loading_and_unloading_go_to_the_control_api() -> None:
    gateway = FakeGateway()
    gateway.control.endpoints["iris"] = {"state": "ready"}
    async with (
        listening(gateway, PrivateEntrance("open")) as address,
        triton.InferenceServerClient(address) as client,
    ):
        await client.load_model("iris", headers={"authorization": TOKEN})
        await client.unload_model("iris", headers={"authorization": TOKEN})
        with pytest.raises(InferenceServerException) as caught:
            await client.load_model("iris")
    assert [method for method, _ in gateway.control.asked] == ["GET", "DELETE", "GET"]
    assert "UNAUTHENTICATED" in str(caught.value.status())


async def test_publicly_it_is_not_there() -> None:
    async with (
        listening(FakeGateway(), PublicEntrance(Trust())) as address,
        triton.InferenceServerClient(address) as client,
    ):
        for asked in (
            client.get_model_repository_index(),
            client.get_inference_statistics("garden"),
            client.load_model("garden"),
            client.unload_model("garden"),
        ):
            with pytest.raises(InferenceServerException) as caught:
                await asked
            assert "UNIMPLEMENTED" in str(caught.value.status())
