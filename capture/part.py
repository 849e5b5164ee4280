"""Parts: Parquet files of records, one folder for each endpoint, variant and hour."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet

from capture.record import CaptureRecord
from capture.store import Store
from core.refs import EndpointName, VariantName


class Partition(NamedTuple):
    """The folder that a record belongs to: endpoint, variant, and the hour of its capture (UTC)."""

    endpoint: EndpointName
    variant: VariantName
    hour: int  # since the epoch

    @property
    def folder(self) -> str:
        """The path below the log's root, in Hive's form."""
        return f"{variant_folder(self.endpoint, self.variant)}/{hour_folder(self.hour)}"


def endpoint_folder(endpoint: EndpointName) -> str:
    """The folder of all records of an endpoint."""
    return f"endpoint={endpoint}"


def variant_folder(endpoint: EndpointName, variant: VariantName) -> str:
    """The folder of all records of a variant."""
    return f"endpoint={endpoint}/variant={variant}"


def hour_folder(hour: int) -> str:
    """The folders of an hour since the epoch: `date=2025-01-31/hour=07`."""
    return f"{datetime.fromtimestamp(hour * 3600, UTC):date=%Y-%m-%d/hour=%H}"


def group_records(
    records: Sequence[CaptureRecord],
) -> dict[Partition, list[CaptureRecord]]:
    """The records by partition, each in their order."""
    # Plain tuples here, since this runs for each record: a named one takes three times as long.
    groups: dict[tuple[EndpointName, VariantName, int], list[CaptureRecord]] = {}
    for record in records:
        key = (record.endpoint, record.variant, int(record.at // 3600))
        groups.setdefault(key, []).append(record)
    return {Partition(*key): group for key, group in groups.items()}


def write_part(store: Store, folder: str, table: pa.Table, now: float) -> str:
    """Write the table as one new part of `folder`; returns its path. Raises OSError.

    Names sort by the time of writing and never meet, whoever else writes there.
    """
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    path = f"{folder}/part-{round(now * 1000):013d}-{uuid4().hex[:12]}.parquet"
    store.put(path, memoryview(sink.getvalue()))
    return path


def hours_between(start: float, end: float) -> range:
    """The hours (since the epoch) that a time span from `start` up to, not with, `end` touches."""
    if end <= start:
        return range(0)
    last = -int(-end // 3600)  # rounded up: an end on the hour does not touch that hour
    return range(int(start // 3600), last)


def midnight_of(folder: str) -> int | None:
    """The first hour (since the epoch) of a folder `date=2025-01-31`; None for another folder."""
    try:
        day = datetime.strptime(folder, "date=%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(day.timestamp() // 3600)
