from pathlib import Path

import pytest

from tests.fakes.command import fail, read, tell
from tests.fakes.control import FakeControl

GATEWAY = """
stage: dev
note: the first
routes:
  - {name: flowers, endpoint: iris, plan: gold}
plans:
  - {name: gold, rate: 5}
"""


@pytest.fixture
def file(served: FakeControl, tmp_path: Path) -> str:
    served.publish()
    read("endpoints", "create", "iris", "--model", "iris:1")
    path = tmp_path / "gateway.yaml"
    path.write_text(GATEWAY)
    return str(path)


def test_a_file_is_applied_once(file: str) -> None:
    planned = read("apply", "-f", file, "--dry-run")
    assert planned["changes"] == [
        "+ route flowers (endpoint iris, auth api_key, plan gold)",
        "+ plan gold (rate 5.0)",
    ]
    assert planned["deployment"] is None
    assert "+ plan gold" in tell("apply", "-f", file)
    again = read("apply", "-f", file)
    assert (again["changes"], again["deployment"]) == ([], None)
    assert read("stages", "history")[0]["note"] == "the first"


def test_faults_are_told_by_their_place(served: FakeControl, tmp_path: Path) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text("routes: [{name: a, endpoint: b, colour: red}]")
    assert "routes.0.colour" in fail("apply", "-f", str(path)).text
    path.write_text("[]")
    assert "routes, plans and issuers" in fail("apply", "-f", str(path)).text
