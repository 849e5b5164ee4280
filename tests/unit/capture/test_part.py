from pathlib import Path

import pytest
from pyarrow import parquet

from capture.part import (
    Partition,
    group_records,
    hours_between,
    midnight_of,
    write_part,
)
from capture.record import RECORD_SCHEMA, tabulate_records
from capture.store import open_store
from tests.fakes.captured import ENDPOINT, MAIN, NOON, make_record


def test_a_partition_is_a_folder_for_each_hour() -> None:
    (partition,) = group_records([make_record(at=NOON + 3599.9)])
    assert partition.folder == "endpoint=flowers/variant=main/date=2023-11-15/hour=12"


def test_records_are_grouped_in_their_order() -> None:
    records = [make_record(0), make_record(1, at=NOON + 3600), make_record(2)]
    groups = group_records(records)
    assert groups[Partition(ENDPOINT, MAIN, int(NOON // 3600))] == [records[0], records[2]]
    assert len(groups) == 2


def test_parts_never_meet(tmp_path: Path) -> None:
    store, table = open_store(str(tmp_path)), tabulate_records([make_record()])
    paths = [write_part(store, "folder", table, NOON) for _ in range(3)]
    assert len(set(paths)) == 3
    assert parquet.read_schema(tmp_path / paths[0]) == RECORD_SCHEMA


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [(0, 3600, [0]), (0, 3600.5, [0, 1]), (3599, 3601, [0, 1]), (10, 10, []), (20, 10, [])],
)
def test_the_end_is_not_within(start: float, end: float, hours: list[int]) -> None:
    assert list(hours_between(start, end)) == hours


def test_a_date_begins_at_midnight() -> None:
    assert midnight_of("date=1970-01-02") == 24
    assert midnight_of("date=yesterday") is None
