"""Read windows of the capture log."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from capture.part import endpoint_folder, hours_between, midnight_of, variant_folder
from capture.record import RECORD_SCHEMA
from capture.store import Store, guard_storage, open_store
from core.refs import EndpointName, ModelName, VariantName

# The record, and which variant answered it.
WINDOW_SCHEMA = RECORD_SCHEMA.append(pa.field("variant", pa.string()))
_ROWS_PER_BATCH = 1_000_000


@dataclass(frozen=True, slots=True)
class WindowQuery:
    """Which records: captured from `start` up to, not with, `end` (Unix seconds).

    All variants, versions and models where none is named.
    """

    endpoint: EndpointName
    start: float
    end: float
    variant: VariantName | None = None
    version: int | None = None
    model: ModelName | None = None


def read_window(url: str, query: WindowQuery) -> pa.Table:
    """The records as a table of WINDOW_SCHEMA; empty where nothing was captured. Raises Unavailable."""
    with guard_storage(url):
        store = open_store(url)
        files = list(find_parts(store, query))
        return _read(store, files, query) if files else WINDOW_SCHEMA.empty_table()


def _read(store: Store, files: list[str], query: WindowQuery) -> pa.Table:
    columns = ", ".join(WINDOW_SCHEMA.names)
    with connect_reader(store) as connection:
        found = connection.sql(
            f"SELECT {columns} FROM read_parquet($files, hive_partitioning = true, "  # noqa: S608 - our own names
            "hive_types_autocast = false, union_by_name = true) "
            "WHERE captured_at >= $start AND captured_at < $end "
            "AND ($version IS NULL OR version = $version) AND ($model IS NULL OR model = $model)",
            params={
                "files": files,
                "start": datetime.fromtimestamp(query.start, UTC),
                "end": datetime.fromtimestamp(query.end, UTC),
                "version": query.version,
                "model": query.model,
            },
        ).to_arrow_table(_ROWS_PER_BATCH)
    return found.cast(WINDOW_SCHEMA)


def find_parts(store: Store, query: WindowQuery) -> Iterator[str]:
    """The files that may hold records of the query; folders of other hours are not even listed."""
    hours = hours_between(query.start, query.end)
    for variant in _find_variants(store, query):
        for date in store.folders(variant):
            midnight = midnight_of(date)
            if midnight is None or midnight >= hours.stop or midnight + 24 <= hours.start:
                continue
            for hour in store.folders(f"{variant}/{date}"):
                number = hour.removeprefix("hour=")
                if number.isdecimal() and midnight + int(number) in hours:
                    yield from store.files(f"{variant}/{date}/{hour}")


def connect_reader(store: Store) -> Any:
    """A DuckDB connection of its own, in memory, that reads what lies in the store."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    if not store.is_local:
        connection.register_filesystem(store.filesystem)
    return connection


def _find_variants(store: Store, query: WindowQuery) -> Iterator[str]:
    if query.variant is not None:
        yield variant_folder(query.endpoint, query.variant)
        return
    endpoint = endpoint_folder(query.endpoint)
    for folder in store.folders(endpoint):
        yield f"{endpoint}/{folder}"
