import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.batching import Padding
from serving.padding import pad, trim

RULE = Padding(input="x", lengths=(4, 8), value=-1.0, outputs=("y", "z:2"))


@given(st.integers(0, 12), st.integers(0, 3))
def test_padding_and_trimming_undo_each_other(length: int, rows: int) -> None:
    array = np.arange(rows * length, dtype=np.float32).reshape(rows, length)
    padded, cuts = pad({"x": array}, (RULE,))
    assert padded["x"].shape[1] in (4, 8, length)
    outputs = trim({"y": padded["x"], "z": padded["x"][:, None, :]}, cuts)
    np.testing.assert_array_equal(outputs["y"], array)
    assert outputs["z"].shape == (rows, 1, length)


def test_what_is_filled_has_the_value() -> None:
    padded, _ = pad({"x": np.ones((1, 3), np.int64)}, (RULE,))
    assert padded["x"].tolist() == [[1, 1, 1, -1]]
    assert padded["x"].dtype == np.int64


@pytest.mark.parametrize("array", [np.ones((1, 9)), np.ones((1, 4)), np.ones(1)])
def test_what_fits_no_rule_is_left_alone(
    array: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> None:
    padded, cuts = pad({"x": array}, (RULE,))
    assert padded["x"] is array
    assert cuts == ()


def test_text_is_filled_with_nothing() -> None:
    array = np.array([[b"a", b"b"]], np.object_)
    padded, _ = pad({"x": array}, (RULE,))
    assert padded["x"].tolist() == [[b"a", b"b", b"", b""]]
