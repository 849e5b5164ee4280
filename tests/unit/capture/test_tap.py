import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from capture.tap import CaptureCounts, CaptureLog, NullTap, Tap
from tests.fakes.captured import NOON, make_record
from tests.fakes.clock import FakeClock
from tests.fakes.tap import FakeTap

MB = 1 << 20


def open_log(
    url: object, *, rotate_s: float = 3600, rotate: int = MB, room: int = MB
) -> CaptureLog:
    return CaptureLog(str(url), rotate_s, rotate, room, FakeClock(NOON))


def captured(root: Path) -> list[str]:
    parts = sorted(root.rglob("*.parquet"))
    return sorted(
        row for part in parts for row in parquet.read_table(part).column("inference_id").to_pylist()
    )


def check_balance(counts: CaptureCounts) -> None:
    assert counts.offered == counts.written + counts.dropped + counts.failed + counts.pending


@pytest.mark.parametrize("kind", ["log", "null", "fake"])
def test_every_tap_balances_and_ends(kind: str, tmp_path: Path) -> None:
    taps: dict[str, Tap] = {"log": open_log(tmp_path), "null": NullTap(), "fake": FakeTap()}
    tap = taps[kind]
    tap.start()
    tap.offer(make_record())
    tap.close()
    assert tap.offer(make_record(1)) is False
    check_balance(tap.counts)
    assert tap.counts.pending == 0


def test_closing_writes_everything(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.start()
    assert all(log.offer(make_record(number)) for number in range(600))
    log.close()
    assert captured(tmp_path) == sorted(f"id-{number}" for number in range(600))
    assert log.counts == CaptureCounts(offered=600, written=600)


def test_a_log_that_never_started_is_written_on_close(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.offer(make_record())
    log.close()
    assert captured(tmp_path) == ["id-0"]


def test_a_full_buffer_drops_and_counts(tmp_path: Path) -> None:
    record = make_record()
    log = open_log(tmp_path, room=3 * record.nbytes)
    assert [log.offer(record) for _ in range(5)] == [True, True, True, False, False]
    log.flush()
    assert log.offer(record)
    assert log.counts == CaptureCounts(offered=6, written=3, dropped=2, pending=1)


class Watched(CaptureLog):
    """Says when a flush is over."""

    def __init__(self, url: Path, rotate_s: float, rotate_bytes: int) -> None:
        super().__init__(str(url), rotate_s, rotate_bytes, MB, FakeClock(NOON))
        self.wrote = threading.Event()

    def flush(self) -> None:
        super().flush()
        if self.counts.written:
            self.wrote.set()


@pytest.mark.parametrize(("rotate_s", "rotate_bytes"), [(3600, 1), (0.01, MB)])
def test_parts_are_written_by_size_and_by_time(
    rotate_s: float, rotate_bytes: int, tmp_path: Path
) -> None:
    log = Watched(tmp_path, rotate_s, rotate_bytes)
    log.start()
    log.offer(make_record())
    assert log.wrote.wait(10)
    assert captured(tmp_path) == ["id-0"]
    log.close()


def test_storage_that_fails_costs_records_only(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    log = open_log(blocked)
    for number in range(3):
        assert log.offer(make_record(number))
        log.flush()
    assert log.counts == CaptureCounts(offered=3, failed=3)
    assert len(caplog.records) == 1


def test_a_fault_that_comes_back_is_logged_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = tmp_path / "log"
    log = open_log(root)
    for is_blocked in (True, False, True):
        if is_blocked:
            root.rename(tmp_path / "aside") if root.exists() else None
            root.write_text("not a folder")
        elif root.is_file():
            root.unlink()
        log.offer(make_record())
        log.flush()
    assert (log.counts.failed, log.counts.written, len(caplog.records)) == (2, 1, 2)


def test_one_bad_record_costs_its_neighbours_only(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.offer(make_record(version=2**40))  # more than its column can hold
    log.offer(make_record(1, variant="other"))
    log.flush()
    assert captured(tmp_path) == ["id-1"]
    assert log.counts == CaptureCounts(offered=2, written=1, failed=1)


@given(st.lists(st.sampled_from(["small", "large", "flush", "broken"]), max_size=30))
def test_every_record_is_counted_once(steps: list[str]) -> None:
    log = open_log("memory://balance", room=8000)
    for number, step in enumerate(steps):
        if step == "flush":
            log.flush()
        else:
            version = 2**40 if step == "broken" else 1
            log.offer(make_record(number, rows=100 if step == "large" else 1, version=version))
        check_balance(log.counts)
    log.close()
    check_balance(log.counts)
    assert log.counts.pending == 0


def test_offers_from_many_threads_all_count(tmp_path: Path) -> None:
    log = open_log(tmp_path, rotate=4096, room=64 * MB)
    log.start()
    threads = [
        threading.Thread(target=lambda: [log.offer(make_record(n)) for n in range(200)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert log.counts == CaptureCounts(offered=800, written=800)
    assert len(captured(tmp_path)) == 800
