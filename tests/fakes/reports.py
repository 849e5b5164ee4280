"""A report of a real comparison, small enough to read."""

import numpy as np
import pyarrow as pa

from capture.columns import Columns
from capture.truth import IDS_SCHEMA
from core.tensor import Array
from monitor.report import Report
from monitor.run import compare_window
from monitor.spec import MonitorSpec

SPEC = MonitorSpec(name="watch", endpoint="shop")


def columns_of(features: dict[str, Array], outputs: dict[str, Array] | None = None) -> Columns:
    """A window of these columns."""
    table = pa.table(features)
    ids = [pa.nulls(table.num_rows, field.type) for field in IDS_SCHEMA]
    return Columns(pa.Table.from_arrays(ids, schema=IDS_SCHEMA), table, pa.table(outputs or {}), {})


def make_rows(rows: int, seed: int) -> dict[str, Array]:
    """Two numbers, a code and a text."""
    random = np.random.default_rng(seed)
    return {
        "amount": random.lognormal(size=rows).astype(np.float32),
        "age": random.normal(40, 10, rows).astype(np.float32),
        "code": random.integers(0, 3, rows).astype(np.float32),
        "<town>": random.choice(["Rome", "Bonn", "Oslo & more"], rows),
    }


def make_report() -> Report:
    """`amount` is in another unit, and a new `<town>` came."""
    window = make_rows(200, seed=2)
    window["amount"] *= 100
    window["<town>"][:60] = "Bergen"
    return compare_window(SPEC, pa.table(make_rows(400, seed=1)), columns_of(window), now=1.7e9)
