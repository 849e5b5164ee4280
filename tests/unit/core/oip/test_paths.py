import pytest

from core.oip.paths import Call, Operation, parse_path


@pytest.mark.parametrize(
    ("path", "call"),
    [
        ("/v2", Call(Operation.SERVER_METADATA, "GET")),
        ("/v2/", Call(Operation.SERVER_METADATA, "GET")),
        ("/v2/health/live", Call(Operation.SERVER_LIVE, "GET")),
        ("/v2/models/iris", Call(Operation.MODEL_METADATA, "GET", "iris")),
        ("/v2/models/iris/infer", Call(Operation.INFER, "POST", "iris")),
        ("/v2/models/iris/versions/3/infer", Call(Operation.INFER, "POST", "iris", "3")),
        ("/v2/models/iris/versions/3", Call(Operation.MODEL_METADATA, "GET", "iris", "3")),
        ("/v2/models/stats", Call(Operation.STATISTICS, "GET")),
        ("/v2/models/iris/stats", Call(Operation.STATISTICS, "GET", "iris")),
        ("/v2/models/iris/generate", Call(Operation.GENERATE, "POST", "iris")),
        ("/v2/models/iris/generate_stream", Call(Operation.GENERATE_STREAM, "POST", "iris")),
        ("/v2/repository/index", Call(Operation.REPOSITORY_INDEX, "POST")),
        ("/v2/repository/models/iris/load", Call(Operation.LOAD, "POST", "iris")),
        ("/v2/repository/models/iris/unload", Call(Operation.UNLOAD, "POST", "iris")),
        ("/v2/repository/other/index", Call(Operation.REPOSITORY, "")),
        ("/v2/repository/other/models/iris/load", Call(Operation.REPOSITORY, "")),
        ("/v2/systemsharedmemory/region/x/register", Call(Operation.SHARED_MEMORY, "")),
    ],
)
def test_known_paths(path: str, call: Call) -> None:
    assert parse_path(path) == call


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v2/nope",
        "/v2/models",
        "/v2/repository",
        "/v2/models/iris/nope",
        "/v2/models//infer",
    ],
)
def test_unknown_paths(path: str) -> None:
    assert parse_path(path) is None
