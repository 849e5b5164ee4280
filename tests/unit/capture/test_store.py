from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.local import LocalFileSystem

from capture.store import Store, open_store


class FullDisk(LocalFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Writes half of a file, then has no room; keeps its name of the local disk."""

    def pipe_file(self, path: str, value: Any, **_: Any) -> None:
        super().pipe_file(path, bytes(value)[: len(value) // 2])
        raise OSError(28, "No space left on device")


@pytest.fixture(params=["disk", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "disk":
        return open_store(str(tmp_path))
    return open_store(f"memory://{tmp_path.name}")


def test_what_is_put_is_listed(store: Store) -> None:
    store.put("one/two/b.parquet", b"2")
    store.put("one/two/a.parquet", memoryview(b"1"))
    assert store.folders("one") == ("two",)
    assert [name.rpartition("/")[2] for name in store.files("one/two")] == [
        "a.parquet",
        "b.parquet",
    ]
    assert store.files("one") == ()


def test_a_folder_goes_with_all_in_it(store: Store) -> None:
    store.put("one/two/a.parquet", b"1")
    store.put("one/three/a.parquet", b"1")
    store.remove_folder("one/two")
    store.remove_folder("one/none")
    assert store.folders("one") == ("three",)


def test_nothing_lies_in_a_folder_that_is_not_there(store: Store) -> None:
    assert (store.folders("none"), store.files("none")) == ((), ())


def test_names_of_an_object_store_keep_their_protocol() -> None:
    store = open_store("memory://bucket/log")
    store.put("a.parquet", b"1")
    assert store.files("") == ("memory:///bucket/log/a.parquet",)


def test_hidden_files_are_not_listed(tmp_path: Path) -> None:
    (tmp_path / ".half.part").write_bytes(b"x")
    (tmp_path / ".git").mkdir()
    store = open_store(f"file://{tmp_path}")
    assert (store.files(""), store.folders("")) == ((), ())


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    store = Store(FullDisk(skip_instance_cache=True), str(tmp_path))
    with pytest.raises(OSError, match="No space left"):
        store.put("folder/a.parquet", b"1234")
    assert list((tmp_path / "folder").iterdir()) == []


def test_an_s3_url_opens_without_a_further_package() -> None:
    store = open_store("s3://bucket/prefix?region=eu-west-1")
    assert not store.is_local


def test_a_file_comes_back_until_it_is_removed(store: Store) -> None:
    store.put("a/one", b"bytes")
    assert store.get("a/one") == b"bytes"
    store.remove("a/one")
    store.remove("a/one")
    with pytest.raises(FileNotFoundError):
        store.get("a/one")
