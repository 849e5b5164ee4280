import math

import numpy as np
import pytest

from core.agreement import Agreement, compare_outputs
from core.tensor import Tensor

LIVE = (
    Tensor.of("score", np.array([[1.0, 2.0], [3.0, np.nan]], "f4")),
    Tensor.of("label", np.array([1, 2])),
    Tensor.of("name", ["a", "b"]),
)


def compare(*other: Tensor) -> dict[str, Agreement]:
    return compare_outputs(LIVE, other, rtol=0.01, atol=0.0)


def test_the_same_answer_agrees_everywhere() -> None:
    assert set(compare(*LIVE).values()) == {Agreement(2, 2, 0.0)}


def test_numbers_agree_within_the_tolerance() -> None:
    other = Tensor.of("score", np.array([[1.005, 2.0], [3.5, np.nan]], "f4"))
    found = compare(other)["score"]
    assert (found.rows, found.agreed) == (2, 1)
    assert found.largest == pytest.approx(0.5)


def test_all_else_must_be_equal() -> None:
    found = compare(Tensor.of("label", np.array([1, 3])), Tensor.of("name", ["x", "b"]))
    assert found["label"].agreed == found["name"].agreed == 1


def test_what_is_missing_or_of_another_shape_agrees_nowhere() -> None:
    found = compare(Tensor.of("label", np.array([1])))
    assert found["score"] == found["label"] == Agreement(2, 0, math.inf)


def test_what_is_not_finite_cannot_be_compared() -> None:
    other = Tensor.of("score", np.array([[1.0, np.inf], [3.0, np.nan]], "f4"))
    assert compare(other)["score"] == Agreement(2, 1, math.inf)


def test_a_scalar_is_one_row() -> None:
    one = Tensor.of("s", np.array(1.5, "f4"))
    assert compare_outputs((one,), (one,), 0, 0)["s"] == Agreement(1, 1)


def test_agreements_add_up() -> None:
    assert Agreement(2, 1, 0.5) + Agreement(3, 3, 0.1) == Agreement(5, 4, 0.5)
