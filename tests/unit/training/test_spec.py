from typing import Any

import pytest

from core.errors import InvalidSpec
from training.spec import DataSpec, TrainingSpec

IRIS = {
    "algorithm": "sklearn_classifier",
    "data": {"source": "sklearn:iris"},
    "output": {"model": "iris"},
}


def test_the_shortest_spec_has_defaults() -> None:
    spec = TrainingSpec.read(IRIS)
    assert (spec.kind, spec.test_share, spec.seed, spec.resources.threads) == (
        "training",
        0.25,
        0,
        1,
    )


def test_a_spec_is_read_back_from_its_document() -> None:
    spec = TrainingSpec.read(IRIS)
    assert TrainingSpec.read(spec.document) == spec


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"source": "sklearn:no_such"}, "built-in sets are"),
        ({"source": "/data.xlsx", "target": "y"}, ".csv or .parquet"),
        ({"source": "data.csv", "target": "y"}, "absolute path"),
        ({"source": "/data.csv"}, "needs `target`"),
        ({"source": "sklearn:iris", "target": "y"}, "has its target"),
        ({"source": "/data.csv", "target": "y", "columns": ("x", "y")}, "or the target"),
        ({"source": "/data.csv", "target": "y", "columns": ("x", "x")}, "twice"),
    ],
)
def test_data_that_cannot_be_meant_are_refused(data: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidSpec, match=fault):
        DataSpec.read(data)


def test_a_built_in_set_has_a_name_and_a_file_none() -> None:
    assert DataSpec(source="sklearn:iris").built_in == "iris"
    assert DataSpec(source="/data.csv", target="y").built_in is None


@pytest.mark.parametrize(
    "wrong", [{"test_share": 1}, {"seed": -1}, {"time_limit_s": 0}, {"output": {"model": "../x"}}]
)
def test_values_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpec):
        TrainingSpec.read(IRIS | wrong)
