"""Ground truth: what an inference should have answered, known later and joined by its id."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from capture.part import endpoint_folder, hour_folder, write_part
from capture.scan import connect_reader
from capture.store import Store, guard_storage, open_store
from core.refs import EndpointName

TRUTH_SCHEMA = pa.schema(
    [
        pa.field("inference_id", pa.string()),
        pa.field("row", pa.int32()),
        pa.field("label", pa.string()),
        pa.field("at", pa.timestamp("us", tz="UTC")),
    ]
)
IDS_SCHEMA = pa.schema([pa.field("inference_id", pa.string()), pa.field("row", pa.int32())])
# Beside the folders of the endpoints.
TRUTH_FOLDER = "truth"


@dataclass(frozen=True, slots=True)
class TruthRecord:
    """The truth of one row of an inference: `label` is any JSON value, `at` Unix seconds."""

    inference_id: str
    label: Any
    at: float
    row: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """Labels as JSON text in the order of the ids that were asked for, null where unknown."""

    labels: pa.Array

    @property
    def known(self) -> int:
        """How many rows have a label."""
        return len(self.labels) - int(self.labels.null_count)

    @property
    def coverage(self) -> float:
        """The share of rows that have a label; 0 for no rows."""
        return self.known / len(self.labels) if len(self.labels) else 0.0


def append_truth(
    url: str, endpoint: EndpointName, records: Sequence[TruthRecord], now: float
) -> None:
    """Write the records as one new part; they are on disk when this returns. Raises Unavailable."""
    if not records:
        return
    columns = [
        pa.array([record.inference_id for record in records], pa.string()),
        pa.array([record.row for record in records], pa.int32()),
        pa.array([json.dumps(record.label) for record in records], pa.string()),
        pa.array([round(record.at * 1e6) for record in records], pa.timestamp("us", tz="UTC")),
    ]
    folder = f"{_folder(endpoint)}/{hour_folder(int(now // 3600))}"
    table = pa.Table.from_arrays(columns, schema=TRUTH_SCHEMA)
    with guard_storage(url):
        write_part(open_store(url), folder, table, now)


def join_truth(url: str, endpoint: EndpointName, ids: pa.Table) -> Truth:
    """The labels of `ids` (columns inference_id and row); of several for one row the latest counts.

    Raises Unavailable.
    """
    with guard_storage(url):
        store = open_store(url)
        files = _find_parts(store, endpoint)
        if not files or ids.num_rows == 0:
            return Truth(pa.nulls(ids.num_rows, pa.string()))
        return Truth(_join(store, files, ids))


def _join(store: Store, files: list[str], ids: pa.Table) -> pa.Array:
    asked = ids.append_column("place", pa.array(range(ids.num_rows), pa.int64()))
    with connect_reader(store) as connection:
        connection.register("asked", asked)
        found = connection.sql(
            'WITH latest AS (SELECT inference_id, "row", arg_max(label, "at") AS label '
            "FROM read_parquet($files, hive_partitioning = false) GROUP BY ALL) "
            'SELECT latest.label FROM asked LEFT JOIN latest USING (inference_id, "row") '
            "ORDER BY place",
            params={"files": files},
        ).to_arrow_table()
    labels: pa.Array = found.column("label").combine_chunks().cast(pa.string())
    return labels


def _folder(endpoint: EndpointName) -> str:
    return f"{TRUTH_FOLDER}/{endpoint_folder(endpoint)}"


def _find_parts(store: Store, endpoint: EndpointName) -> list[str]:
    # All of them: a label may come long after its inference.
    root = _folder(endpoint)
    hours = (
        f"{root}/{date}/{hour}"
        for date in store.folders(root)
        for hour in store.folders(f"{root}/{date}")
    )
    return [file for hour in hours for file in store.files(hour)]
