import ast
import json
import shlex
from typing import Any

import pytest

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from gateway.examples import write_examples
from gateway.openapi import describe_route

HOSTILE = 'it\'s "$(touch x)" `id` \\ ${7}\n</script>'
OUT = (TensorSpec("y'", DataType.FP32, (-1,)),)
ODD = Signature((TensorSpec("x", DataType.FP32, (-1, 2), ("a", HOSTILE)),), OUT, batched=True)
BIG = Signature((TensorSpec("x", DataType.FP32, (-1, 3, 224, 224)),), OUT)
MIXED = Signature(
    (TensorSpec("t", DataType.BYTES, (-1,)), TensorSpec("b", DataType.BF16, (-1, 2))), OUT
)
WAYS = ["api_key", "jwt", "sigv4", "mtls", "anonymous"]
URL = "https://gw.example/v1/endpoints/iris:predict"


def examples(signature: Signature, *security: str, operations: Any = ("infer",)) -> dict[str, str]:
    base = "https://gw.example/"
    document = describe_route("iris", signature, "1", security, base, operations)
    return write_examples(document, base)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("signature", [ODD, BIG, MIXED])
def test_python_is_python(signature: Signature, way: str) -> None:
    for title, text in examples(signature, way).items():
        if title.startswith("Python"):
            ast.parse(text)


def test_a_hostile_name_stays_a_text() -> None:
    found = examples(ODD, "api_key")
    body = {"rows": [{"a": 0.0, HOSTILE: 0.0}]}
    words = shlex.split(found["curl"].replace("\\\n", ""))
    assert words[:2] == ["curl", URL]
    assert json.loads(words[-1]) == body
    assigned = {
        ast.unparse(node.targets[0]): node.value
        for node in ast.parse(found["Python (httpx)"]).body
        if isinstance(node, ast.Assign)
    }
    assert ast.literal_eval(assigned["body"]) == body
    (line,) = (line for line in found["JavaScript"].splitlines() if line.startswith("const body"))
    assert json.loads(line.removeprefix("const body = ").removesuffix(";")) == body


@pytest.mark.parametrize(
    ("way", "said"),
    [
        ("api_key", "x-api-key: $API_KEY"),
        ("jwt", "authorization: Bearer $TOKEN"),
        ("sigv4", "--aws-sigv4"),
        ("mtls", "--cert"),
    ],
)
def test_each_way_in_is_shown(way: str, said: str) -> None:
    assert said in examples(ODD, way)["curl"]
    assert said not in examples(ODD, "anonymous")["curl"]


def test_a_long_body_comes_from_a_file() -> None:
    found = examples(BIG, "api_key")
    assert all(len(text) < 1000 for text in found.values())
    assert "--data @body.json" in found["curl"]


def test_what_json_cannot_carry_has_the_binary_client_alone() -> None:
    (text,) = examples(MIXED, "api_key").values()
    assert 'np.full((1,), b"text", np.object_)' in text
    assert "np.zeros((1, 2), np.float32)" in text


def test_a_route_that_does_not_infer_has_no_examples() -> None:
    assert examples(ODD, "api_key", operations=("metadata",)) == {}
