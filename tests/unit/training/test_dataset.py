from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InvalidSpec
from training.dataset import Dataset, load_dataset, split
from training.spec import DataSpec, Target


def write(folder: Path, table: pd.DataFrame, **extra: object) -> DataSpec:
    path = folder / "data.parquet"
    table.to_parquet(path)
    return DataSpec.read({"source": str(path), "target": "y", **extra})


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(12.0), "y": [0, 1] * 6, **columns})


def test_a_built_in_set_has_named_classes() -> None:
    data = load_dataset(DataSpec(source="sklearn:wine"), Target.CLASSES)
    assert data.labels == ("class_0", "class_1", "class_2")
    assert (data.rows, len(data.names), str(data.target.dtype)) == (178, 13, "int64")


def test_a_csv_file_reads_as_parquet_does(tmp_path: Path) -> None:
    table = frame(colour=["red", None] * 6)
    table.to_csv(tmp_path / "data.csv", index=False)
    csv = load_dataset(DataSpec(source=str(tmp_path / "data.csv"), target="y"), Target.CLASSES)
    parquet = load_dataset(write(tmp_path, table), Target.CLASSES)
    pd.testing.assert_frame_equal(csv.features, parquet.features)


def test_missing_numbers_are_nan_and_missing_texts_empty(tmp_path: Path) -> None:
    table = frame(k=pd.array([1, None] * 6, dtype="Int64"), colour=["red", None] * 6)
    data = load_dataset(write(tmp_path, table), Target.CLASSES)
    assert data.texts == ("colour",)
    assert np.isnan(data.features["k"].iloc[1])
    assert data.features["colour"].iloc[1] == ""


def test_numbers_alone_feed_one_matrix(tmp_path: Path) -> None:
    fed = load_dataset(write(tmp_path, frame()), Target.CLASSES).feed()
    assert set(fed) == {"features"}
    assert (fed["features"].shape, str(fed["features"].dtype)) == ((12, 1), "float32")


def test_texts_among_them_feed_one_input_a_column(tmp_path: Path) -> None:
    fed = load_dataset(write(tmp_path, frame(colour=["red"] * 12)), Target.CLASSES).feed()
    assert {name: (one.shape, one.dtype) for name, one in fed.items()} == {
        "x": ((12, 1), np.dtype(np.float32)),
        "colour": ((12, 1), np.dtype(object)),
    }


def test_rows_without_a_target_are_left_out(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(30.0), "y": [0.0, 1.0, None] * 10})
    data = load_dataset(write(tmp_path, table), Target.CLASSES)
    assert (data.rows, data.labels, str(data.target.dtype)) == (20, ("0", "1"), "int64")


@pytest.mark.parametrize("values", [[3, 7] * 6, [True, False] * 6, ["no", "yes"] * 6])
def test_classes_that_are_no_indexes_keep_their_names(values: list[object], tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(12.0), "y": values})
    data = load_dataset(write(tmp_path, table), Target.CLASSES)
    assert data.target.tolist() == [str(value) for value in values]
    assert data.labels == tuple(sorted({str(value) for value in values}))


def test_a_number_is_a_target_of_its_own(tmp_path: Path) -> None:
    data = load_dataset(write(tmp_path, frame()), Target.NUMBER)
    assert (data.labels, str(data.target.dtype)) == ((), "float64")


def test_only_the_chosen_columns_are_features(tmp_path: Path) -> None:
    spec = write(tmp_path, frame(z=np.ones(12), w=np.ones(12)), columns=("z", "x"))
    assert load_dataset(spec, Target.CLASSES).names == ("z", "x")


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ({"label": [1.0] * 12}, "kept for the target"),
        ({"when": pd.date_range("2024-01-01", periods=12)}, "times"),
        ({"big": [np.inf] * 12}, "not finite"),
        ({"id": [f"row {index}" for index in range(12)]}, "different texts"),
    ],
)
def test_columns_that_are_no_features_are_named(
    columns: dict[str, object], fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.dataset.MAX_TEXTS", 10)
    with pytest.raises(InvalidSpec, match=fault) as caught:
        load_dataset(write(tmp_path, frame(**columns)), Target.CLASSES)
    assert set(caught.value.faults) == set(columns)


@pytest.mark.parametrize(
    ("extra", "fault"),
    [({"target": "no"}, "no column 'no'"), ({"columns": ("no",)}, "no such column")],
)
def test_a_column_that_is_not_there_is_named(
    extra: dict[str, object], fault: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        load_dataset(write(tmp_path, frame(), **extra), Target.CLASSES)


def test_texts_are_no_target_of_a_regressor(tmp_path: Path) -> None:
    table = pd.DataFrame({"x": np.arange(12.0), "y": ["a", "b"] * 6})
    with pytest.raises(InvalidSpec, match="needs numbers"):
        load_dataset(write(tmp_path, table), Target.NUMBER)


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match="9 with a target"):
        load_dataset(write(tmp_path, frame().head(9)), Target.CLASSES)


def test_a_file_that_is_not_there_is_a_fault_of_the_data() -> None:
    with pytest.raises(InvalidSpec, match="cannot be read"):
        load_dataset(DataSpec(source="/no/such.csv", target="y"), Target.CLASSES)


def test_the_split_keeps_the_shares_of_the_classes() -> None:
    data = load_dataset(DataSpec(source="sklearn:iris"), Target.CLASSES)
    train, test = split(data, 0.2, seed=1)
    assert (train.rows, test.rows) == (120, 30)
    assert np.bincount(test.target).tolist() == [10, 10, 10]


def test_the_same_seed_splits_the_same_way() -> None:
    data = load_dataset(DataSpec(source="sklearn:iris"), Target.CLASSES)
    first, second = split(data, 0.2, seed=1)[1], split(data, 0.2, seed=1)[1]
    pd.testing.assert_frame_equal(first.features, second.features)


def test_a_share_that_leaves_nothing_is_refused() -> None:
    data = load_dataset(DataSpec(source="sklearn:iris"), Target.CLASSES)
    few = data.take(np.array([0, 50, 100]))
    with pytest.raises(InvalidSpec, match="test_share"):
        split(few, 0.999, seed=1)


def test_a_class_with_one_row_is_split_without_shares() -> None:
    rows = pd.DataFrame({"x": np.arange(10, dtype=np.float32)})
    data = Dataset(rows, np.array([0] * 9 + [1]), ("0", "1"))
    train, test = split(data, 0.3, seed=0)
    assert train.rows + test.rows == 10
