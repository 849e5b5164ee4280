import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import PredictionFailed
from core.tensor import Array
from serving.batch import collate, split


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6), st.integers(0, 3))
def test_split_undoes_collate(rows: list[int], width: int) -> None:
    parts = [
        {"a": np.full((count, width), index), "b": np.full((count,), -index)}
        for index, count in enumerate(rows)
    ]
    for before, after in zip(parts, split(collate(parts), rows, "m"), strict=True):
        np.testing.assert_array_equal(before["a"], after["a"])
        np.testing.assert_array_equal(before["b"], after["b"])


def test_one_part_is_not_copied() -> None:
    part = {"a": np.zeros(3)}
    assert collate([part]) is part


@pytest.mark.parametrize("array", [np.zeros(3), np.zeros(())])
def test_an_output_without_a_row_for_each_row_is_refused(array: Array) -> None:
    with pytest.raises(PredictionFailed, match="for 2 rows"):
        split({"y": array}, [1, 1], "m")
