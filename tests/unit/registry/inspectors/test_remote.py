import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidSpec
from registry.inspector import inspect_model
from tests.fakes.open_inference import serve_linear


def write(folder: Path, document: dict[str, Any]) -> Path:
    file = folder / "remote.json"
    file.write_text(json.dumps(document))
    return file


def test_the_server_says_what_the_model_takes(tmp_path: Path) -> None:
    with serve_linear(tmp_path) as server:
        found = inspect_model(write(tmp_path, server.document()))
    signature = found.sign()
    assert (found.runtime, signature.batched) == ("remote", True)
    assert [spec.described for spec in signature.inputs] == ["FP32[-1, 4]"]
    assert [spec.name for spec in signature.outputs] == ["scores"]


def test_a_server_that_does_not_answer_leaves_it_to_the_draft(tmp_path: Path) -> None:
    found = inspect_model(write(tmp_path, {"url": "http://127.0.0.1:9", "model": "m"}))
    assert found.signature is None
    with pytest.raises(InvalidSpec, match=r"127\.0\.0\.1:9.*add inputs and outputs"):
        found.sign()


def test_a_door_that_stays_shut_is_said(tmp_path: Path) -> None:
    with serve_linear(tmp_path) as server:
        found = inspect_model(write(tmp_path, server.document(headers={})))
    with pytest.raises(InvalidSpec, match="a signed request is required"):
        found.sign()
