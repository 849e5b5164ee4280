"""The command, with JSON for machines and words for people."""

import json
from typing import Any

import pytest

from tests.system.stand import Exposed, Stand

LISTS = ("models", "endpoints", "routes", "keys", "jobs", "monitors")


@pytest.mark.parametrize("noun", LISTS)
def test_each_list_is_one_json_document(stand: Stand, scores: Exposed, noun: str) -> None:
    found = stand.read(noun, "list")
    assert isinstance(found, list)
    if noun in ("models", "endpoints", "routes", "keys"):
        assert scores.name in json.dumps(found)


@pytest.mark.parametrize("noun", LISTS)
def test_each_list_is_a_table_for_people(stand: Stand, scores: Exposed, noun: str) -> None:
    ran = stand.run(noun, "list")
    assert (ran.returncode, ran.stderr) == (0, "")
    if noun in ("models", "endpoints", "routes"):
        assert scores.name in ran.stdout


def test_status_names_listeners_and_endpoints(stand: Stand, scores: Exposed) -> None:
    found = stand.read("status")
    assert (found["running"], found["state"]) == (True, "ok")
    assert found["endpoints"][scores.name] == "ready"
    assert found["urls"]["public"] == stand.settings.public_url


def test_a_model_is_trained_published_and_served(stand: Stand) -> None:
    source = ("--data", "sklearn:iris", "--algorithm", "sklearn_classifier")
    target = ("--model", "iris", "--alias", "live", "--param", "estimator=logistic_regression")
    job = stand.read("jobs", "train", *source, *target, "--wait")
    assert (job["state"], job["result"]["version"]) == ("succeeded", 1)
    assert stand.run("jobs", "logs", job["id"]).stdout
    stand.deploy("iris", "iris@live")
    exposed = stand.expose("iris")
    answer = exposed.infer([[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]])
    outputs = {one["name"]: one["data"] for one in answer.json()["outputs"]}
    assert outputs["label"] == ["setosa", "virginica"] or outputs["label"] == [0, 2]


@pytest.mark.parametrize(
    "argv",
    [
        ("models", "show", "nobody"),
        ("endpoints", "show", "nobody"),
        ("routes", "expose", "r", "--endpoint", "nobody"),
        ("keys", "revoke", "nobody"),
        ("jobs", "show", "nobody"),
        ("jobs", "train", "--data", "sklearn:nothing", "--model", "m"),
        ("endpoints", "create", "e", "--model", "not a reference"),
        ("monitors", "create", "m", "--endpoint", "nobody"),
    ],
    ids=" ".join,
)
def test_an_error_is_one_line_that_says_what_is_wrong(stand: Stand, argv: tuple[str, ...]) -> None:
    ran = stand.run(*argv)
    assert ran.returncode in (1, 2)
    assert ran.stdout == ""
    assert ran.stderr.startswith("error: ")
    assert "Traceback" not in ran.stderr


def test_another_home_has_nothing_running(stand: Stand, tmp_path: Any) -> None:
    stranger = Stand(stand.settings, {**stand.environ, "TIDEGATE_HOME": str(tmp_path / "empty")})
    assert stranger.run("status").returncode == 3
    assert stranger.run("models", "list").returncode == 3
    assert stranger.run("down").returncode == 0
