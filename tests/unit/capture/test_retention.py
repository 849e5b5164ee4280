from datetime import UTC, datetime
from pathlib import Path

import pytest

from capture.retention import forget_days
from capture.store import Store, open_store
from core.errors import Unavailable

MAIN = "endpoint=iris/variant=main"
TRUTH = "truth/endpoint=iris"


def at(hour: int) -> float:
    return datetime(2025, 3, 10, hour, 30, tzinfo=UTC).timestamp()


def put(store: Store, *folders: str) -> None:
    for folder in folders:
        store.put(f"{folder}/hour=07/part-1.parquet", b"1")
        store.put(f"{folder}/hour=23/.half.part", b"1")


def test_days_that_had_ended_go_with_their_truth(tmp_path: Path) -> None:
    log = open_store(str(tmp_path))
    for holder in (MAIN, "endpoint=iris/variant=canary", TRUTH):
        put(log, *(f"{holder}/date=2025-03-{day:02}" for day in (8, 9, 10)))
    assert forget_days(str(tmp_path), at(0)) == 6
    for holder in (MAIN, TRUTH):
        assert log.folders(holder) == ("date=2025-03-10",)
    assert forget_days(str(tmp_path), at(23)) == 0


def test_what_is_not_of_the_log_stays(tmp_path: Path) -> None:
    log = open_store(str(tmp_path))
    put(log, "other/variant=main/date=2025-01-01", f"{MAIN}/date=of-old", f"{MAIN}/notes")
    assert forget_days(str(tmp_path), at(0)) == 0
    assert log.folders(MAIN) == ("date=of-old", "notes")


def test_an_object_store_is_swept_alike(tmp_path: Path) -> None:
    url = f"memory://{tmp_path.name}"
    put(open_store(url), f"{MAIN}/date=2025-03-01", f"{MAIN}/date=2025-03-10")
    assert forget_days(url, at(0)) == 1
    assert open_store(url).folders(MAIN) == ("date=2025-03-10",)


def test_a_log_that_is_not_there_has_nothing_to_forget(tmp_path: Path) -> None:
    assert forget_days(str(tmp_path / "none"), at(0)) == 0


def test_a_storage_that_fails_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Store, path: str = "") -> tuple[str, ...]:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Store, "folders", refuse)
    with pytest.raises(Unavailable, match="Input/output"):
        forget_days(str(tmp_path), at(0))
