"""Every command against the real control API on a socket, its cluster a fake."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from typer.main import get_command
from typer.testing import CliRunner, Result

from core.refs import JobId
from registry.records import JobState
from tests.fakes.control import TOKEN, FakeControl
from tests.house.source import DOCS
from tests.samples import make_package, write_linear_model
from tidegate.cli import app as command
from tidegate.supervisor.port import choose_port

Run = Callable[..., Result]


@pytest.fixture
def run(control: FakeControl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in the home of a control process that is served on a free port."""
    port = choose_port("127.0.0.1")
    config = uvicorn.Config(control.app, port=port, lifespan="off", log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    monkeypatch.setenv("TIDEGATE_HOME", str(control.home))
    monkeypatch.setenv("TIDEGATE_PRIVATE_PORT", str(port))
    (control.home / "admin.token").write_text(TOKEN)
    while not server.started:
        thread.join(0.01)
    yield lambda *arguments: CliRunner().invoke(command.app, list(arguments))
    server.should_exit = True
    thread.join()


def read(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def publish(run: Run, folder: Path, name: str = "iris") -> None:
    model = write_linear_model(folder / "model.onnx")
    package = str(folder / "package")
    read(run("models", "package", str(model), "--name", name, "--out", package, "--json"))
    assert read(run("models", "publish", package, "--json"))["version"] == 1


def test_models(run: Run, tmp_path: Path) -> None:
    publish(run, tmp_path)
    moved = read(run("models", "alias", "iris", "live", "1", "--json"))
    assert (moved["version"], moved["previous"]) == (1, None)
    assert read(run("models", "list", "--json"))[0]["aliases"] == {"live": 1}
    shown = run("models", "show", "iris")
    assert "live" in shown.stdout
    make_package(tmp_path / "second", "iris", offset=1)
    read(run("models", "publish", str(tmp_path / "second"), "--json"))
    read(run("models", "alias", "iris", "live", "2", "--expected", "1", "--json"))
    assert read(run("models", "rollback", "iris", "live", "--json"))["version"] == 1


def test_packaging_tells_the_signature(run: Run, tmp_path: Path) -> None:
    model = write_linear_model(tmp_path / "model.onnx")
    told = run("models", "package", str(model), "--name", "iris", "--out", str(tmp_path / "p"))
    assert "FP32[-1, 4]" in told.stdout
    assert "batched" in told.stdout


def test_endpoints(run: Run, control: FakeControl, tmp_path: Path) -> None:
    publish(run, tmp_path)
    created = read(
        run("endpoints", "create", "iris", "--model", "iris:1", "--capture", "0.5", "--json")
    )
    assert created["spec"]["capture"]["share"] == 0.5
    spec = tmp_path / "spec.yaml"
    spec.write_text("name: iris\nvariants:\n  - model: iris:1\n    replicas: 2\n")
    assert (
        read(run("endpoints", "apply", "-f", str(spec), "--json"))["spec"]["variants"][0][
            "replicas"
        ]
        == 2
    )
    assert "iris" in run("endpoints", "list").stdout
    assert "updating" in run("endpoints", "show", "iris").stdout
    assert read(run("endpoints", "events", "iris", "--json"))[0]["message"] == "spec applied"
    read(run("endpoints", "delete", "iris", "--json"))
    assert read(run("endpoints", "show", "iris", "--json"))["state"] == "deleting"


def test_routes_and_keys(run: Run, tmp_path: Path) -> None:
    publish(run, tmp_path)
    read(run("endpoints", "create", "iris", "--model", "iris:1", "--json"))
    exposed = read(run("routes", "expose", "iris", "--endpoint", "iris", "--json"))
    assert exposed["spec"]["auth"] == "api_key"
    assert "api_key" in run("routes", "list").stdout
    key = read(run("keys", "create", "me", "--route", "iris", "--days", "1", "--json"))
    assert key["key"].startswith(f"tg_{key['id']}_")
    listed = run("keys", "list")
    assert key["id"] in listed.stdout
    assert key["key"] not in listed.stdout
    read(run("keys", "revoke", key["id"], "--json"))
    read(run("routes", "delete", "iris", "--json"))
    assert read(run("routes", "list", "--json")) == []


def test_jobs(run: Run, control: FakeControl) -> None:
    arguments = ("--data", "sklearn:iris", "--model", "flowers", "--param", "c=0.5", "--json")
    job = read(run("jobs", "train", *arguments))
    assert job["spec"]["hyperparameters"]["c"] == 0.5
    assert job["id"] in run("jobs", "list").stdout
    assert "state" in run("jobs", "show", job["id"]).stdout
    assert read(run("jobs", "logs", job["id"], "--json"))["job"] == job["id"]
    control.platform.jobs.mark(JobId(job["id"]), JobState.FAILED, "no such column", 1.0)
    waited = run("jobs", "wait", job["id"])
    assert waited.exit_code == 1
    assert "no such column" in waited.output


def test_monitors(run: Run, tmp_path: Path) -> None:
    publish(run, tmp_path)
    read(run("endpoints", "create", "iris", "--model", "iris:1", "--json"))
    read(run("monitors", "create", "drift", "--endpoint", "iris", "--every-s", "60", "--json"))
    spec = tmp_path / "monitor.yaml"
    spec.write_text("name: drift\nendpoint: iris\nwindow_s: 10\n")
    assert read(run("monitors", "apply", "-f", str(spec), "--json"))["spec"]["window_s"] == 10
    assert "drift" in run("monitors", "list").stdout
    assert read(run("monitors", "runs", "drift", "--json")) == []
    read(run("monitors", "delete", "drift", "--json"))


def test_status_of_a_home_where_nothing_runs(run: Run) -> None:
    result = run("status", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["running"] is False


def leaves(group: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, found in group.commands.items():
        if hasattr(found, "commands"):
            yield from leaves(found, *path, name)
        else:
            yield (*path, name), found


COMMANDS = dict(leaves(get_command(command.app)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_writes_json_and_has_its_row(path: tuple[str, ...]) -> None:
    options = [option for parameter in COMMANDS[path].params for option in parameter.opts]
    assert "--json" in options
    assert COMMANDS[path].help
    assert f"`tidegate {' '.join(path)}" in (DOCS / "cli.md").read_text()


@pytest.mark.parametrize(
    ("home", "code", "says"),
    [("empty", 3, "tidegate up"), ("full", 3, "tidegate status")],
)
def test_an_error_is_one_line_and_what_to_do(
    tmp_path: Path, home: str, code: int, says: str
) -> None:
    folder = tmp_path / home
    folder.mkdir()
    if home == "full":
        (folder / "admin.token").write_text(TOKEN)
    port = str(choose_port("127.0.0.1"))
    environ = {"TIDEGATE_HOME": str(folder), "TIDEGATE_PRIVATE_PORT": port, "PATH": ""}
    ran = subprocess.run(
        [sys.executable, "-c", "from tidegate.cli import main; main()", "models", "list"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code
    assert ran.stderr.startswith("error: ")
    assert says in ran.stderr
    assert "Traceback" not in ran.stderr


def test_help_loads_nothing_heavy() -> None:
    heavy = {"ray", "mlflow", "onnx", "fastapi", "httpx", "pyarrow"}
    program = f"import sys; from tidegate.cli import app; print(sorted({heavy} & set(sys.modules)))"
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[]"
