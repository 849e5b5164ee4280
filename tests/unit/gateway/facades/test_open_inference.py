import orjson
import pytest

from core.frames import CONTENT_TYPE, Frame, write_frame
from gateway.authenticator import Trust
from gateway.entrance import PublicEntrance
from gateway.facade import Facade
from gateway.facades.open_inference import OpenInferenceFacade
from tests.contracts.facade import FacadeContract
from tests.fakes.asgi import Answer, ask
from tests.fakes.control_api import TOKEN
from tests.fakes.gateway import KEY, FakeGateway, make_directory, make_reply

pytestmark = pytest.mark.anyio
KEYED = {"x-api-key": KEY}


class TestOpenInferenceFacade(FacadeContract):
    @pytest.fixture
    def facade(self) -> Facade:
        return OpenInferenceFacade(*FakeGateway().parts(PublicEntrance(Trust())))

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


async def post(path: str, body: bytes, gateway: FakeGateway | None = None, **more: str) -> Answer:
    headers = {**KEYED, **{name.replace("_", "-"): value for name, value in more.items()}}
    return await ask((gateway or FakeGateway()).public, "POST", path, body, headers)


async def test_a_raw_body_is_one_row_and_is_answered_in_binary() -> None:
    path = "/v2/models/flowers/infer"
    answer = await post(path, bytes(8), inference_header_content_length="0")
    assert (answer.status, answer.header("content-type")) == (200, "application/octet-stream")
    answer = await post(path, bytes(7), inference_header_content_length="0")
    assert (answer.status, "given 7" in answer.json["error"]) == (400, True)


async def test_generate() -> None:
    answer = await post("/v2/models/flowers/generate", b'{"x":[1,2],"id":"a","temperature":0.5}')
    assert answer.json == {
        "model_name": "flowers", "model_version": "1", "id": "a",
        "label": 1, "scores": [0.25, 0.75],
    }  # fmt: skip


async def test_generate_stream_sends_each_piece_as_an_event() -> None:
    gateway = FakeGateway()
    flow = gateway.upstream.flows["r1:80"] = gateway.upstream.make_flow(
        200, [(b"content-type", CONTENT_TYPE)]
    )
    for _ in range(3):
        flow.push(write_frame(Frame(make_reply().message)))
    flow.end()
    answer = await post("/v2/models/flowers/generate_stream", b'{"x":[1,2]}', gateway)
    assert answer.header("content-type") == "text/event-stream; charset=utf-8"
    assert answer.body.count(b'data: {"model_name":"flowers"') == 3


@pytest.mark.parametrize("verb", ["generate", "generate_stream"])
async def test_a_stream_that_cannot_begin_has_a_status(verb: str) -> None:
    answer = await post(f"/v2/models/flowers/{verb}", b'{"x":"text"}')
    assert answer.status == 400
    assert (await post(f"/v2/models/nobody/{verb}", b"{}")).status == 404


async def test_head_and_options() -> None:
    gateway = FakeGateway()
    path = "/v2/models/flowers"
    assert (await ask(gateway.public, "HEAD", path, b"", KEYED)).status == 200
    answer = await ask(gateway.public, "OPTIONS", path, b"", KEYED)
    assert (answer.status, answer.header("allow")) == (200, "GET, HEAD, OPTIONS")
    answer = await ask(gateway.public, "GET", f"{path}/infer", b"", KEYED)
    assert (answer.status, answer.header("allow")) == (405, "POST, OPTIONS")


@pytest.mark.parametrize(
    "parameters", [{"timeout": "1"}, {"priority": -1}, {"sequence_id": 1.5}, {"idempotent": 0}]
)
async def test_a_reserved_parameter_of_another_kind_is_400(parameters: dict[str, object]) -> None:
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.5, 2]}
    body = orjson.dumps({"inputs": [tensor], "parameters": parameters})
    answer = await post("/v2/models/flowers/infer", body)
    assert answer.status == 400
    assert next(iter(parameters)) in answer.json["error"]


async def test_priority_is_passed_on() -> None:
    gateway = FakeGateway()
    tensor = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1.5, 2]}
    body = orjson.dumps({"inputs": [tensor], "parameters": {"priority": 2}})
    await post("/v2/models/flowers/infer", body, gateway)
    assert b'"priority":2' in gateway.upstream.asked[0][1]


OPERATIONS = [
    ("GET", "/v2/models/stats"),
    ("GET", "/v2/models/flowers/stats"),
    ("POST", "/v2/repository/index"),
    ("POST", "/v2/repository/models/flowers/load"),
    ("POST", "/v2/repository/models/flowers/unload"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_what_operators_may_is_not_there_publicly(method: str, path: str) -> None:
    gateway = FakeGateway()
    assert (await ask(gateway.public, method, path, b"", KEYED)).status == 501
    assert gateway.control.asked == []


@pytest.mark.parametrize("path", ["/v2/models/stats", "/v2/models/iris/versions/1/stats"])
async def test_statistics_are_told_privately(path: str) -> None:
    answer = await ask(FakeGateway().private, "GET", path)
    (found,) = answer.json["model_stats"]
    assert (found["name"], found["version"]) == ("iris", "1")
    assert (await ask(FakeGateway().private, "GET", "/v2/models/no/stats")).status == 404


async def test_privately_more_extensions_are_named() -> None:
    named = (await ask(FakeGateway().private, "GET", "/v2")).json["extensions"]
    assert {"statistics", "model_repository"} <= set(named)


async def test_the_index_is_a_bare_list() -> None:
    gateway = FakeGateway()
    for body in (b"", b'{"ready":true}'):
        answer = await ask(gateway.private, "POST", "/v2/repository/index", body)
        assert [one["name"] for one in answer.json] == ["iris"]


async def test_load_and_unload() -> None:
    gateway = FakeGateway()
    gateway.control.endpoints["iris"] = {"state": "ready"}
    admin = {"authorization": TOKEN}
    for verb, body in (("load", b""), ("unload", b'{"parameters":{"unload_dependents":false}}')):
        path = f"/v2/repository/models/iris/{verb}"
        assert (await ask(gateway.private, "POST", path, body)).status == 401
        assert (await ask(gateway.private, "POST", path, body, admin)).status == 200


async def test_load_takes_no_configuration() -> None:
    path, body = "/v2/repository/models/iris/load", b'{"parameters":{"config":"{}"}}'
    assert (await ask(FakeGateway().private, "POST", path, body)).status == 501


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"parameters":[1]}'])
async def test_odd_options_are_malformed(body: bytes) -> None:
    path = "/v2/repository/models/iris/load"
    assert (await ask(FakeGateway().private, "POST", path, body)).status == 400
