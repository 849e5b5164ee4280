"""A job's folder: what the job is told, and what it leaves there."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.errors import PackageCorrupt
from core.refs import JobId, check_name
from core.spec import Spec
from training.spec import TrainingSpec

SPEC_FILE = "spec.json"
RESULT_FILE = "result.json"


class JobOrder(Spec):
    """What one job is told: its spec, and where the platform's stores are.

    The addresses may hold passwords, so the file is its owner's only and nothing of it stands on a
    command line.
    """

    job: str
    spec: TrainingSpec
    database_url: str
    mlflow_uri: str
    packages: Path


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder of one job."""

    path: Path

    @classmethod
    def of(cls, jobs: Path, job: JobId) -> "JobFolder":
        """The folder of this job under the folder of all jobs."""
        return cls(jobs.absolute() / check_name("job", job))

    @property
    def spec(self) -> Path:
        """The file that the job is told by."""
        return self.path / SPEC_FILE

    @property
    def held_out(self) -> Path:
        """Held-out rows with the column `label`, as Parquet."""
        return self.path / "held_out.parquet"

    def write_order(self, order: JobOrder) -> None:
        """Write the job's order; an earlier one of the same job is replaced."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self.spec, flags, 0o600), "w") as file:
            file.write(order.model_dump_json(indent=2))

    def write_result(self, result: dict[str, Any]) -> None:
        """Keep what the job made, for whoever looks into the folder."""
        (self.path / RESULT_FILE).write_text(json.dumps(result, indent=2) + "\n")


def read_order(file: Path) -> JobOrder:
    """Read a job's order; raises PackageCorrupt when there is none, InvalidSpec when it is broken."""
    try:
        document = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise PackageCorrupt(file.name, f"cannot be read: {error}") from error
    return JobOrder.read(document)
