"""The edge to Ray: jobs through the Jobs REST API of the cluster's dashboard."""

import shlex
import sys
from pathlib import Path
from typing import Any

import httpx

from core.errors import NotFound, Unavailable
from core.refs import JobId
from training.runner import JobStatus, Phase, Submission

_TIMEOUT_S = 20.0


class RayJobRunner:
    """As `training.runner.JobRunner` says, over HTTP, so that the control process needs no Ray for it.

    `url` is the dashboard's, `token` the cluster's. The job's id is Ray's submission id too: Ray refuses
    the second of the same, so a repeated submission starts nothing.
    """

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_S,
            transport=transport,
            # The cluster is reached directly; a proxy must not see the token.
            trust_env=False,
        )

    def submit(self, submission: Submission) -> None:
        """As `JobRunner` says."""
        body = {
            "entrypoint": write_entrypoint(submission.module, submission.order),
            "submission_id": submission.job,
            "entrypoint_num_cpus": submission.num_cpus,
        }
        answer = self._ask("POST", "/api/jobs/", body)
        if not answer.is_success and "already exists" not in answer.text:
            raise _refused(answer)

    def status(self, job: JobId) -> JobStatus:
        """As `JobRunner` says."""
        found = self._read("GET", job)
        return JobStatus(Phase(found["status"]), str(found.get("message") or ""))

    def logs(self, job: JobId) -> str:
        """As `JobRunner` says."""
        return str(self._read("GET", job, "/logs").get("logs") or "")

    def stop(self, job: JobId) -> None:
        """As `JobRunner` says."""
        self._read("POST", job, "/stop")

    def _read(self, method: str, job: JobId, rest: str = "") -> dict[str, Any]:
        answer = self._ask(method, f"/api/jobs/{job}{rest}")
        if answer.status_code == 404:
            raise NotFound("submitted job", job)
        if not answer.is_success:
            raise _refused(answer)
        found: dict[str, Any] = answer.json()
        return found

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        try:
            return self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise Unavailable("Ray's Jobs API", f"{self._http.base_url}: {error}") from error


def write_entrypoint(module: str, order: Path) -> str:
    """The command of a job: its kind's module with the path of the order, quoted for the shell."""
    return f"{shlex.quote(sys.executable)} -P -m {shlex.quote(module)} {shlex.quote(str(order))}"


def _refused(answer: httpx.Response) -> Unavailable:
    return Unavailable("Ray's Jobs API", f"HTTP {answer.status_code}: {answer.text[-500:].strip()}")
