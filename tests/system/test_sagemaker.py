"""SageMaker's runtime by unmodified boto3, against a real gateway process."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import numpy as np
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from core import sigv4
from core.exposure import Exposure
from registry.publishing import Authored
from tests.fakes.gateway import KEY_ID
from tests.fakes.gateway_process import MASTER, Running, run_gateway
from tests.fakes.replica import WEIGHTS
from tidegate.client.waiting import Waiting

ROWS = np.array([[1, 2], [3, -4]], np.float32)
EXPOSURE = Exposure.read(
    {
        "routes": [
            {"name": "signed", "endpoint": "iris", "auth": ["sigv4", "api_key"]},
            {"name": "later", "endpoint": "iris", "auth": "sigv4", "operations": ["async"]},
            {"name": "few", "endpoint": "iris", "auth": "sigv4", "plan": "three"},
        ],
        "plans": [{"name": "three", "rate": 0.001, "burst": 3}],
    }
)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, inputs: Path) -> Iterator[Running]:
    with run_gateway(tmp_path_factory.mktemp("home"), async_inputs=inputs) as running:
        running.platform.stages.publish("prod", lambda _: EXPOSURE, Authored(0.0))
        Waiting().until(
            lambda: status_of(running), lambda seen: seen == 403, subject="the route", timeout_s=10
        )
        yield running


def connect(running: Running, secret: str = "") -> Any:
    access_key = sigv4.write_access_key(KEY_ID)
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=f"http://{running.public}",
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret or sigv4.derive_secret(MASTER, access_key),
        config=Config(retries={"max_attempts": 0}),
    )


def status_of(running: Running) -> int:
    return refuse(connect(running, "wrong"), EndpointName="signed", Body=b"{")[0]


def refuse(client: Any, **call: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        client.invoke_endpoint(**call)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def test_every_form_of_body(running: Running) -> None:
    client = connect(running)
    array = io.BytesIO()
    np.save(array, ROWS)
    for kind, body in (
        ("application/json", json.dumps({"instances": ROWS.tolist()}).encode()),
        ("text/csv", b"1,2\n3,-4\n"),
        ("application/jsonlines", b"[1,2]\n[3,-4]\n"),
        ("application/x-npy", array.getvalue()),
    ):
        answer = client.invoke_endpoint(
            EndpointName="signed", ContentType=kind, Body=body, CustomAttributes="a=1"
        )
        found = json.loads(answer["Body"].read())["predictions"]
        scores = [list(row["scores"].values()) for row in found]
        np.testing.assert_allclose(scores, ROWS @ WEIGHTS, rtol=1e-6)
        assert (answer["InvokedProductionVariant"], answer["CustomAttributes"]) == ("main", "a=1")


def test_an_answer_as_a_stream(running: Running) -> None:
    answer = connect(running).invoke_endpoint_with_response_stream(
        EndpointName="signed", ContentType="text/csv", Accept="text/csv", Body=b"1,2\n"
    )
    parts = [event["PayloadPart"]["Bytes"] for event in answer["Body"]]
    assert len(parts) == 1
    assert parts[0].count(b"\n") == 1


def test_what_is_wrong_has_the_services_names(running: Running) -> None:
    client = connect(running)
    signed = {"EndpointName": "signed", "ContentType": "text/csv"}
    assert refuse(client, **signed, Body=b"1,2,3\n") == (400, "ValidationError")
    assert refuse(client, EndpointName="none", Body=b"1") == (400, "ValidationError")
    assert refuse(connect(running, "wrong"), **signed, Body=b"1,2\n") == (
        403,
        "AccessDeniedException",
    )
    assert refuse(client, **signed, Body=b"1,2\n", TargetVariant="main")[0] == 403


def test_a_plan_throttles(running: Running) -> None:
    client = connect(running)
    for _ in range(3):
        client.invoke_endpoint(EndpointName="few", ContentType="text/csv", Body=b"1,2\n")
    found = refuse(client, EndpointName="few", ContentType="text/csv", Body=b"1,2\n")
    assert found == (429, "ThrottlingException")


def test_an_answer_later_lies_where_it_was_said(running: Running, inputs: Path) -> None:
    (inputs / "rows.csv").write_text("1,2\n3,-4\n")
    client = connect(running)
    accepted = client.invoke_endpoint_async(
        EndpointName="later", ContentType="text/csv", InputLocation=str(inputs / "rows.csv")
    )
    assert accepted["InferenceId"]
    output = Path(accepted["OutputLocation"])
    Waiting().until(output.is_file, bool, subject="the answer", timeout_s=30)
    (scores,) = [
        one for one in json.loads(output.read_bytes())["outputs"] if one["name"] == "scores"
    ]
    np.testing.assert_allclose(scores["data"], (ROWS @ WEIGHTS).ravel(), rtol=1e-6)
    with pytest.raises(ClientError) as caught:
        client.invoke_endpoint_async(EndpointName="later", InputLocation="/etc/passwd")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
