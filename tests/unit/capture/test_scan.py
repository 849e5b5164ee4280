from pathlib import Path

import pytest

from capture.record import CaptureRecord
from capture.scan import WINDOW_SCHEMA, WindowQuery, find_parts, read_window
from capture.store import open_store
from capture.tap import CaptureLog
from core.errors import Unavailable
from core.refs import EndpointName, ModelName, VariantName
from tests.fakes.captured import ENDPOINT, NOON, make_record
from tests.fakes.clock import FakeClock


def capture(url: str, *records: CaptureRecord) -> str:
    log = CaptureLog(url, 3600, 1 << 30, 1 << 30, FakeClock(NOON))
    for record in records:
        log.offer(record)
    log.close()
    return url


def ids(url: str, query: WindowQuery) -> list[str]:
    return sorted(read_window(url, query).column("inference_id").to_pylist())


def test_the_span_holds_its_start_and_not_its_end(tmp_path: Path) -> None:
    moments = (NOON - 1e-6, NOON, NOON + 1.5, NOON + 2)
    url = capture(str(tmp_path), *(make_record(n, at=at) for n, at in enumerate(moments)))
    assert ids(url, WindowQuery(ENDPOINT, NOON, NOON + 2)) == ["id-1", "id-2"]


def test_a_span_reaches_over_hours_and_days(tmp_path: Path) -> None:
    moments = (NOON - 86_400, NOON, NOON + 3600, NOON + 86_400)
    url = capture(str(tmp_path), *(make_record(n, at=at) for n, at in enumerate(moments)))
    assert ids(url, WindowQuery(ENDPOINT, NOON - 86_400, NOON + 86_400)) == ["id-0", "id-1", "id-2"]
    assert len(ids(url, WindowQuery(ENDPOINT, 0, 4e9))) == 4


@pytest.mark.parametrize("url", ["disk", "memory://scan"])
def test_variant_version_and_endpoint_choose(url: str, tmp_path: Path) -> None:
    root = capture(
        str(tmp_path) if url == "disk" else f"{url}-{tmp_path.name}",
        make_record(0, variant="1.0"),
        make_record(1, variant="1.0", version=2),
        make_record(2, variant="canary"),
        make_record(3, endpoint="other"),
    )
    span = (ENDPOINT, NOON, NOON + 1)
    assert ids(root, WindowQuery(*span)) == ["id-0", "id-1", "id-2"]
    assert ids(root, WindowQuery(*span, variant=VariantName("1.0"))) == ["id-0", "id-1"]
    assert ids(root, WindowQuery(*span, version=2)) == ["id-1"]
    assert ids(root, WindowQuery(*span, model=ModelName("other"))) == []
    table = read_window(root, WindowQuery(*span, variant=VariantName("1.0")))
    assert set(table.column("variant").to_pylist()) == {"1.0"}


@pytest.mark.parametrize("endpoint", ["flowers", "unknown"])
def test_nothing_captured_is_an_empty_window(endpoint: str, tmp_path: Path) -> None:
    url = capture(str(tmp_path), make_record())
    window = read_window(url, WindowQuery(EndpointName(endpoint), NOON + 60, NOON + 61))
    assert window.schema == WINDOW_SCHEMA
    assert window.num_rows == 0
    assert read_window(str(tmp_path / "none"), WindowQuery(ENDPOINT, 0, 4e9)).num_rows == 0


def test_a_window_holds_what_was_captured(tmp_path: Path) -> None:
    url = capture(str(tmp_path), make_record(5, rows=2))
    row = read_window(url, WindowQuery(ENDPOINT, NOON, NOON + 1)).to_pylist()[0]
    assert row["request"][0]["shape"] == [2, 2]
    assert row["variant"] == "main"
    assert row["captured_at"].timestamp() == NOON


def test_only_the_hours_asked_for_are_read(tmp_path: Path) -> None:
    url = capture(str(tmp_path), make_record(0), make_record(1, at=NOON + 7200))
    (tmp_path / "endpoint=flowers/variant=main/date=2023-11-15/hour=later").mkdir()
    (tmp_path / "endpoint=flowers/variant=main/notes").mkdir()
    found = list(find_parts(open_store(url), WindowQuery(ENDPOINT, NOON, NOON + 7200)))
    assert len(found) == 1
    assert "hour=12" in found[0]


def test_a_part_that_cannot_be_read_makes_the_log_unavailable(tmp_path: Path) -> None:
    url = capture(str(tmp_path), make_record())
    next(tmp_path.rglob("*.parquet")).write_bytes(b"not a part")
    with pytest.raises(Unavailable, match="capture log"):
        read_window(url, WindowQuery(ENDPOINT, NOON, NOON + 1))
