import orjson
import pytest

from gateway.entrance import PublicEntrance
from gateway.facade import Facade
from gateway.facades.open_inference import OpenInferenceFacade
from tests.contracts.facade import FacadeContract
from tests.fakes.asgi import Answer, ask
from tests.fakes.gateway import KEY, FakeGateway, make_directory

pytestmark = pytest.mark.anyio
KEYED = {"x-api-key": KEY}


class TestOpenInferenceFacade(FacadeContract):
    @pytest.fixture
    def facade(self) -> Facade:
        return OpenInferenceFacade(*FakeGateway().parts(PublicEntrance()))

    @pytest.fixture
    def path(self) -> str:
        return "/v2/models/flowers/infer"

    @pytest.fixture
    def body(self) -> bytes:
        tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.5, 2]}
        return orjson.dumps({"inputs": [tensor]})


async def get(path: str, gateway: FakeGateway | None = None) -> Answer:
    return await ask((gateway or FakeGateway()).public, "GET", path, b"", KEYED)


async def test_health() -> None:
    assert (await get("/v2/health/live")).json == {"live": True}
    assert (await get("/v2/health/ready")).json == {"ready": True}


async def test_server_metadata_names_only_what_is_built() -> None:
    document = (await get("/v2")).json
    assert document["name"] == "tidegate"
    assert "statistics" not in document["extensions"]


@pytest.mark.parametrize("path", ["/v2/models/flowers", "/v2/models/flowers/versions/1"])
async def test_model_metadata_comes_from_the_directory(path: str) -> None:
    gateway = FakeGateway()
    document = (await get(path, gateway)).json
    assert (document["name"], document["versions"]) == ("flowers", ["1"])
    assert document["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]
    assert gateway.upstream.asked == []


async def test_model_config() -> None:
    document = (await get("/v2/models/flowers/config")).json
    assert document["max_batch_size"] == 64
    assert document["name"] == "flowers"


async def test_model_ready() -> None:
    gateway = FakeGateway()
    assert (await get("/v2/models/flowers/ready", gateway)).json["ready"] is True
    gateway.follower.adopt(make_directory(leases=[]))
    answer = await get("/v2/models/flowers/ready", gateway)
    assert (answer.status, answer.json["ready"]) == (503, False)


async def test_an_unknown_version_is_not_found() -> None:
    assert (await get("/v2/models/flowers/versions/9")).status == 404


async def test_a_route_without_metadata_is_forbidden_to_describe() -> None:
    answer = await get("/v2/models/garden")
    assert answer.status == 403
    assert "metadata" in answer.json["error"]


async def test_a_wrong_method_is_405() -> None:
    answer = await get("/v2/models/flowers/infer")
    assert (answer.status, answer.json) == (405, {"error": "Method Not Allowed"})


@pytest.mark.parametrize("path", ["/v2/models/stats", "/v2/models/flowers/stats", "/v2/logging"])
async def test_what_is_not_built_is_501(path: str) -> None:
    assert (await get(path)).status == 501


async def test_binary_in_and_out() -> None:
    header = orjson.dumps(
        {
            "parameters": {"binary_data_output": True},
            "inputs": [
                {
                    "name": "x",
                    "datatype": "FP32",
                    "shape": [1, 2],
                    "parameters": {"binary_data_size": 8},
                }
            ],
        }
    )
    headers = {**KEYED, "inference-header-content-length": str(len(header))}
    path = "/v2/models/flowers/infer"
    answer = await ask(FakeGateway().public, "POST", path, header + b"\0" * 8, headers)
    assert answer.header("content-type") == "application/octet-stream"
    assert answer.header("inference-header-content-length") == str(len(answer.body) - 16)
