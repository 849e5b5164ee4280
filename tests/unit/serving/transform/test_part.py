import numpy as np
import pyarrow as pa

from serving.transform.part import Loaded, Part, PartResult, number_rows

PART = Part(3, "in.csv", 0, 9, first_row=30, rows=2)


def test_a_part_is_named_by_its_number() -> None:
    assert PART.name == "part-00003"


def test_rows_are_counted_over_the_whole_input() -> None:
    assert number_rows(PART, 2).tolist() == [30, 31]


def test_taking_rows_takes_them_everywhere() -> None:
    loaded = Loaded(pa.table({"a": [1, 2]}), {"x": np.array([[1.0], [2.0]])}, number_rows(PART, 2))
    taken = loaded.take(np.array([1]))
    assert (taken.kept["a"].to_pylist(), taken.inputs["x"].tolist()) == ([2], [[2.0]])
    assert taken.rows.tolist() == [31]


def test_a_result_survives_json() -> None:
    document = {"index": 1, "rows": 2, "faults": 0, "seconds": 0.5}
    assert PartResult.of(document) == PartResult(1, 2, 0, 0.5)
