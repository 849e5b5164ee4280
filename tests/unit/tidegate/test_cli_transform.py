from pathlib import Path
from typing import Any

from core.refs import JobId
from registry.records import JobState
from tests.fakes.command import read, run
from tests.fakes.control import FakeControl


def order(served: FakeControl, tmp_path: Path) -> tuple[str, ...]:
    served.publish()
    (tmp_path / "rows.csv").write_text("f0,f1,f2,f3\n1,2,3,4\n")
    places = ("--input", str(tmp_path / "rows.csv"), "--output", str(tmp_path / "out"))
    return ("jobs", "transform", "iris:1", *places)


def test_options_become_a_spec(served: FakeControl, tmp_path: Path) -> None:
    more = ("--workers", "2", "--keep", "f0", "--keep", "f1", "--output-format", "parquet")
    spec: Any = read(*order(served, tmp_path), *more)["spec"]
    assert (spec["workers"], spec["keep"], spec["output_format"]) == (2, ["f0", "f1"], "parquet")
    assert spec["resources"]["num_cpus"] == 1.0


def test_what_came_of_it_is_shown(served: FakeControl, tmp_path: Path) -> None:
    job = str(read(*order(served, tmp_path))["id"])
    served.platform.jobs.publish(JobId(job), {"rows": 7, "errors": 1, "output": "/out"}, 1.0)
    served.platform.jobs.mark(JobId(job), JobState.SUCCEEDED, "done", 1.0)
    text = run("jobs", "show", job).stdout
    assert "rows" in text
    assert "/out" in text
