from dataclasses import replace

import numpy as np
import pytest

from capture.record import OVERHEAD_BYTES, RECORD_SCHEMA, tabulate_records
from core.tensor import Tensor
from tests.fakes.captured import NOON, make_record


def test_a_record_becomes_one_row() -> None:
    row = tabulate_records([make_record(7, rows=2)]).to_pylist()[0]
    assert row["inference_id"] == "id-7"
    assert row["captured_at"].timestamp() == NOON
    assert (row["model"], row["version"], row["rows"]) == ("iris", 1, 2)
    assert row["latency_us"] == 2000
    assert row["request"] == [
        {
            "name": "features",
            "datatype": "FP32",
            "shape": [2, 2],
            "data": np.array([[7, 0], [7, 1]], np.float32).tobytes(),
        }
    ]
    assert [tensor["name"] for tensor in row["response"]] == ["label", "scores"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_schema_is_always_the_same(count: int) -> None:
    table = tabulate_records([make_record(number) for number in range(count)])
    assert table.schema == RECORD_SCHEMA
    assert table.num_rows == count


def test_a_side_that_is_not_captured_is_empty() -> None:
    table = tabulate_records([replace(make_record(), request=()), make_record(1)])
    assert [len(request) for request in table.column("request").to_pylist()] == [0, 1]


def test_a_record_weighs_its_elements() -> None:
    record = make_record(rows=10)
    elements = 10 * (2 * 4 + 8 + 2 * 4)
    assert record.nbytes == OVERHEAD_BYTES + elements


def test_bytes_weigh_what_they_hold() -> None:
    record = replace(make_record(), request=(Tensor.of("text", ["x" * 5000]),), response=())
    assert 5000 < record.nbytes - OVERHEAD_BYTES < 5100
