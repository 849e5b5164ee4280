"""Work that is done later: asynchronous requests that outlive a gateway, and a batch transform."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from pyarrow import csv

from tests.system.stand import Exposed, Stand
from tests.system.test_restart import await_renewed, kill
from tidegate.client.waiting import Waiting

BODY = {
    "inputs": [
        {"name": "features", "shape": [2, 4], "datatype": "FP32", "data": [1, 2, 3, 4, 0, 0, 0, 1]},
    ]
}
SCORES = [40.0, 50.0, 6.0, 7.0]


@pytest.fixture(scope="module")
def later(scores: Exposed) -> str:
    """Where asynchronous requests to `scores` go publicly, by a route that offers them."""
    operations = ("--operation", "infer", "--operation", "metadata", "--operation", "async")
    scores.stand.read("routes", "expose", "scores", "--endpoint", "scores", *operations)
    return f"{scores.stand.settings.public_url}/v1/async/scores"


def submit(later: str, scores: Exposed) -> str:
    answer = Waiting().until(
        lambda: httpx.post(later, json=BODY, headers=scores.headers),
        lambda seen: seen.status_code == 202,
        subject="a route that offers it",
        timeout_s=10,
    )
    return str(answer.json()["result"])


def fetch(scores: Exposed, result: str) -> httpx.Response:
    url = scores.stand.settings.public_url + result

    def ask() -> httpx.Response | None:
        try:
            return httpx.get(url, headers=scores.headers)
        except httpx.TransportError:
            return None  # the gateway is on its way up

    found = Waiting().until(
        ask,
        lambda seen: seen is not None and seen.status_code != 202,
        subject=f"the answer at {result}",
        timeout_s=60,
    )
    assert found is not None
    return found


def test_an_answer_can_be_fetched_later(later: str, scores: Exposed) -> None:
    answer = fetch(scores, submit(later, scores))
    assert (answer.status_code, answer.json()["outputs"][0]["data"]) == (200, SCORES)


def test_what_was_accepted_outlives_the_gateway(later: str, scores: Exposed, stand: Stand) -> None:
    results = [submit(later, scores) for _ in range(20)]
    await_renewed(stand, "gateway", kill(stand, "gateway"))
    answers = [fetch(scores, result).json() for result in results]
    assert all(answer["outputs"][0]["data"] == SCORES for answer in answers)


def test_a_file_is_transformed_by_the_cluster(
    scores: Exposed, stand: Stand, tmp_path: Path
) -> None:
    lines = "".join(f"{n},0,0,0,row{n}\n" for n in range(30))
    (tmp_path / "in.csv").write_text("f0,f1,f2,f3,id\n" + lines + "oops,0,0,0,bad\n")
    places = ("--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out"))
    small = ("--part-rows", "10", "--cpus", "0.5", "--wait")
    job: Any = stand.read("jobs", "transform", "scores:1", *places, *small)
    assert (job["state"], job["result"]["rows"], job["result"]["errors"]) == ("succeeded", 30, 1)
    tables = [csv.read_csv(file) for file in sorted((tmp_path / "out").glob("part-*.csv"))]
    answered = {row["id"]: row["scores.high"] for table in tables for row in table.to_pylist()}
    assert answered == {f"row{n}": float(n) for n in range(30)}
