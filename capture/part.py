"""Parts: Parquet files of records, one folder for each endpoint, variant and hour."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
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
        start = datetime.fromtimestamp(self.hour * 3600, UTC)
        return f"{variant_folder(self.endpoint, self.variant)}/{start:date=%Y-%m-%d/hour=%H}"

    @classmethod
    def of(cls, record: CaptureRecord) -> "Partition":
        """The partition of one record."""
        return cls(record.endpoint, record.variant, int(record.at // 3600))


def endpoint_folder(endpoint: EndpointName) -> str:
    """The folder of all records of an endpoint."""
    return f"endpoint={endpoint}"


def variant_folder(endpoint: EndpointName, variant: VariantName) -> str:
    """The folder of all records of a variant."""
    return f"endpoint={endpoint}/variant={variant}"


def group_records(
    records: Sequence[CaptureRecord],
) -> dict[Partition, list[CaptureRecord]]:
    """The records by partition, each in their order."""
    groups: dict[Partition, list[CaptureRecord]] = {}
    for record in records:
        groups.setdefault(Partition.of(record), []).append(record)
    return groups


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


def date_of(hour: int) -> str:
    """The folder name of an hour's day."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour):date=%Y-%m-%d}"
