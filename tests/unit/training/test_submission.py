import json
import shlex
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from core.errors import NotFound, Unavailable
from core.refs import JobId
from training.runner import JobStatus, Phase, Submission
from training.submission import RayJobRunner, write_entrypoint

ONE = JobId("training-1")
SUBMISSION = Submission(ONE, "training.entry", Path("/home/jobs/training-1/spec.json"), 2.0)
Handler = Callable[[httpx.Request], httpx.Response]


def runner(handler: Handler) -> RayJobRunner:
    return RayJobRunner("http://ray:8265", "token", httpx.MockTransport(handler))


def answering(code: int, /, **document: object) -> RayJobRunner:
    return runner(lambda _request: httpx.Response(code, json=document))


def test_a_job_is_submitted_under_its_own_id() -> None:
    seen: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={})

    runner(keep).submit(SUBMISSION)
    (request,) = seen
    body = json.loads(request.content)
    assert (request.method, request.url.path) == ("POST", "/api/jobs/")
    assert request.headers["authorization"] == "Bearer token"
    assert (body["submission_id"], body["entrypoint_num_cpus"]) == (ONE, 2.0)


def test_the_command_is_one_fixed_module_and_a_quoted_path() -> None:
    path = Path("/home/of someone; rm -rf/spec.json")
    assert shlex.split(write_entrypoint("training.entry", path))[1:] == [
        "-P",
        "-m",
        "training.entry",
        str(path),
    ]


def test_a_job_that_is_there_already_is_submitted() -> None:
    answering(500, error=f"Job with submission_id {ONE} already exists.").submit(SUBMISSION)


def test_a_refused_submission_says_why() -> None:
    with pytest.raises(Unavailable, match="No available agent"):
        answering(500, error="No available agent").submit(SUBMISSION)


def test_the_status_is_read() -> None:
    found = answering(200, status="RUNNING", message=None).status(ONE)
    assert found == JobStatus(Phase.RUNNING, "")


def test_logs_are_read() -> None:
    assert answering(200, logs="a line\n").logs(ONE) == "a line\n"


def test_a_job_is_stopped_by_its_id() -> None:
    asked: list[tuple[str, str]] = []

    def keep(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path))
        return httpx.Response(200, json={"stopped": True})

    runner(keep).stop(ONE)
    assert asked == [("POST", f"/api/jobs/{ONE}/stop")]


def test_a_job_that_the_cluster_does_not_know_is_not_found() -> None:
    with pytest.raises(NotFound):
        answering(404).status(ONE)


def test_another_refusal_is_an_outage() -> None:
    with pytest.raises(Unavailable, match="HTTP 401"):
        answering(401).logs(ONE)


def test_a_cluster_that_cannot_be_reached_is_an_outage() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(Unavailable, match="refused"):
        runner(refuse).status(ONE)
