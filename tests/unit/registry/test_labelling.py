"""Features and labels find their tensors."""

import pytest

from core.dtypes import DataType
from core.errors import InvalidSpec
from core.signature import Signature, TensorSpec
from registry.labelling import name_columns

TABLE = TensorSpec("table", DataType.FP32, (-1, 2))
FREE = TensorSpec("free", DataType.FP32, (-1, -1))
SCORES = TensorSpec("scores", DataType.FP32, (-1, 3))
LABEL = TensorSpec("label", DataType.INT64, (-1,))


def named(
    inputs: tuple[TensorSpec, ...],
    features: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
    outputs: tuple[TensorSpec, ...] = (SCORES,),
) -> Signature:
    return name_columns(Signature(inputs, outputs), features, labels)


def test_no_names_change_nothing() -> None:
    assert named((TABLE,)) == Signature((TABLE,), (SCORES,))


def test_features_go_to_the_input_of_that_width() -> None:
    signature = named((FREE, TABLE), ("a", "b"))
    assert [spec.features for spec in signature.inputs] == [(), ("a", "b")]


def test_features_go_to_a_free_width_where_no_other_fits() -> None:
    assert named((FREE,), ("a", "b", "c")).inputs[0].features == ("a", "b", "c")


def test_inputs_may_be_the_features_themselves() -> None:
    columns = (TensorSpec("a", DataType.FP32, (-1, 1)), TensorSpec("b", DataType.BYTES, (-1, 1)))
    assert named(columns, ("b", "a")).inputs == columns


@pytest.mark.parametrize(
    ("inputs", "features"),
    [((TABLE,), ("a", "b", "c")), ((TABLE, TensorSpec("t", DataType.FP32, (-1, 2))), ("a", "b"))],
)  # fmt: skip
def test_features_that_fit_none_or_two_are_refused(
    inputs: tuple[TensorSpec, ...], features: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidSpec, match="features"):
        named(inputs, features)


def test_labels_go_to_scores_and_to_indexes() -> None:
    signature = named((TABLE,), labels=("x", "y", "z"), outputs=(LABEL, SCORES, FREE))
    assert [spec.labels for spec in signature.outputs] == [("x", "y", "z"), ("x", "y", "z"), ()]


def test_labels_that_fit_nothing_are_refused() -> None:
    with pytest.raises(InvalidSpec, match="labels"):
        named((TABLE,), labels=("x", "y"))


@pytest.mark.parametrize("side", ["features", "labels"])
def test_a_name_stands_once(side: str) -> None:
    names = {"features": ("a", "a")} if side == "features" else {"labels": ("x", "x", "y")}
    with pytest.raises(InvalidSpec, match="twice"):
        named((TABLE,), **names)
