from pathlib import Path

from tests.fakes.command import read, tell
from tests.fakes.control import FakeControl


def test_a_pool_is_created_shown_and_deleted(served: FakeControl) -> None:
    told = tell("pools", "create", "small", "--memory-mb", "64", "--replicas", "2")
    assert "64 MB" in told
    assert "0 of 2" in tell("pools", "show", "small")
    assert "small" in tell("pools", "list")
    assert read("pools", "list")[0]["spec"]["memory_mb"] == 64
    assert read("pools", "delete", "small") == {"deleted": "small"}
    assert served.client.pools.list() == ()


def test_a_pool_comes_from_a_file(served: FakeControl, tmp_path: Path) -> None:
    file = tmp_path / "pool.yaml"
    file.write_text("name: small\nmax_models: 3\n")
    assert read("pools", "apply", "-f", str(file))["spec"]["max_models"] == 3
    assert served.client.pools.get("small").spec.max_models == 3
