from collections.abc import Iterator
from typing import Any

import pytest

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from gateway.forms import Json
from gateway.openapi import EXTENSION, describe_route, find_path

OUT = (TensorSpec("y", DataType.FP32, (-1,)),)
IRIS = Signature((TensorSpec("x", DataType.FP32, (-1, 2), ("a", "b")),), OUT, batched=True)
ALL = ("infer", "metadata", "async")


def describe(signature: Signature = IRIS, name: str = "iris", operations: Any = ALL) -> Json:
    return describe_route(name, signature, "3", ["api_key"], "https://gw.example", operations)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def resolve(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def operation(document: Json, path: str) -> Any:
    (found,) = document["paths"][path].values()
    return found


def test_every_call_has_its_path() -> None:
    assert {path: set(calls) for path, calls in describe()["paths"].items()} == {
        "/v1/endpoints/iris:predict": {"post"},
        "/v2/models/iris/infer": {"post"},
        "/v2/models/iris": {"get"},
        "/endpoints/iris/invocations": {"post"},
        "/v1/async/iris": {"post"},
    }


@pytest.mark.parametrize(
    ("operations", "paths"),
    [((), 0), (("metadata",), 1), (("infer",), 3), (("infer", "metadata"), 4)],
)
def test_only_what_the_route_offers_is_described(operations: Any, paths: int) -> None:
    assert len(describe(operations=operations)["paths"]) == paths


def test_no_reference_dangles() -> None:
    document = describe()
    found = set(references(document))
    assert found
    for reference in found:
        assert isinstance(resolve(document, reference), dict)


def test_each_call_names_its_failures_in_its_facades_form() -> None:
    document = describe()
    for path, form in (
        ("/v1/endpoints/iris:predict", "Problem"),
        ("/v2/models/iris", "ProtocolError"),
        ("/endpoints/iris/invocations", "InvocationError"),
    ):
        responses = operation(document, path)["responses"]
        assert set(responses) == {"200", "400", "401", "403", "404", "413", "429", "503", "504"}
        failure = resolve(document, responses["429"]["$ref"])
        assert set(failure["headers"]) == {"Retry-After", "RateLimit", "RateLimit-Policy"}
        schema = failure["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{form}"}


def test_a_late_answer_says_where_it_will_be() -> None:
    accepted = operation(describe(), "/v1/async/iris")["responses"]["202"]
    assert set(accepted["headers"]) == {"Location", "Retry-After"}


def test_invocations_take_what_the_model_can_be_told_in() -> None:
    path = "/endpoints/iris/invocations"
    content = operation(describe(), path)["requestBody"]["content"]
    assert list(content) == [
        "application/json", "text/csv", "application/jsonlines", "application/x-npy",
    ]  # fmt: skip
    words = Signature((TensorSpec("x", DataType.BYTES, (-1, 1)),), OUT)
    assert "application/x-npy" not in operation(describe(words), path)["requestBody"]["content"]


def test_what_json_cannot_carry_has_no_plain_call() -> None:
    document = describe(Signature((TensorSpec("x", DataType.BF16, (-1, 2)),), OUT))
    assert find_path(document, "predict") is find_path(document, "invoke") is None
    assert find_path(document, "infer") == "/v2/models/iris/infer"
    assert set(references(document)) >= {"#/components/schemas/Tensors"}


def test_examples_fit_their_schemas() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    document = describe()
    for path in ("/v1/endpoints/iris:predict", "/v2/models/iris/infer"):
        media = operation(document, path)["requestBody"]["content"]["application/json"]
        schema = resolve(document, media["schema"]["$ref"])
        jsonschema.Draft202012Validator(schema).validate(media["example"])
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_a_name_stays_one_part_of_the_path() -> None:
    paths = describe(name="../{a}?#")["paths"]
    assert "/v2/models/..%2F%7Ba%7D%3F%23" in paths


def test_the_document_says_what_it_describes() -> None:
    document = describe()
    assert document["openapi"] == "3.1.0"
    assert document["info"] == {"title": "iris", "version": "3"}
    assert document["servers"] == [{"url": "https://gw.example"}]
    assert document["security"] == [{"api_key": []}, {"api_key_bearer": []}]
    assert document[EXTENSION]["inputs"][0]["features"] == ["a", "b"]
