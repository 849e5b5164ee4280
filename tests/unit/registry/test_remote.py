import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import InvalidSpec
from registry.remote import RemoteModel


def test_the_url_says_how_to_ask(tmp_path: Path) -> None:
    file = tmp_path / "remote.json"
    file.write_text(json.dumps({"url": "https://host:8000/triton/", "model": "fraud"}))
    remote = RemoteModel.open(file)
    assert (remote.address, remote.is_grpc, remote.is_encrypted) == (
        "host:8000/triton",
        False,
        True,
    )
    assert (remote.version, remote.timeout_s, remote.headers) == ("", 30.0, {})
    assert remote.described == "'fraud' at https://host:8000/triton/"


def test_grpc_and_a_version() -> None:
    remote = RemoteModel(url="grpc://[::1]:8001", model="fraud", version="2")
    assert (remote.address, remote.is_grpc, remote.is_encrypted) == ("[::1]:8001", True, False)
    assert remote.described == "'fraud', version 2, at grpc://[::1]:8001"


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"url": "host:8000"}, "http://"),
        ({"url": "ftp://host"}, "grpcs://"),
        ({"url": "http://user:secret@host"}, "credentials go in"),
        ({"url": "http://host?x=1"}, "a scheme, a host"),
        ({"url": "http://host:99999999"}, "[Pp]ort"),
        ({"url": "grpc://host"}, "needs its port"),
        ({"url": "grpc://host:1/path"}, "no path"),
        ({"url": "http://[broken"}, "IPv6"),
        ({"timeout_s": 0}, "greater than 0"),
        ({"version": "../x"}, "version"),
        ({"headers": {"x\r\ny": "1"}}, "headers"),
        ({"headers": {"x": "1\r\ny: 2"}}, "headers"),
        ({"modle": "fraud"}, "no such field"),
    ],
)
def test_a_fault_is_named(fields: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        RemoteModel.read({"url": "http://host:8000", "model": "fraud", **fields})


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "remote.json").write_bytes(b"broken")
    with pytest.raises(InvalidSpec, match="cannot be read"):
        RemoteModel.open(tmp_path / "remote.json")
