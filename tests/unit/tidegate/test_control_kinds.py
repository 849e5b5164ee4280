from importlib.util import find_spec

import pytest

from core.errors import InvalidSpec
from tests.contracts.recipe import ask
from tidegate.control.kinds import JOB_KINDS

TRANSFORM = {"model": "m:1", "input": "/in.csv", "output": "/out", "time_limit_s": 5}


def test_every_kind_has_a_module_to_run() -> None:
    assert all(find_spec(kind.module) is not None for kind in JOB_KINDS.values())


def test_limits_come_from_the_spec() -> None:
    training = ask("sklearn_classifier", "sklearn:iris", time_limit_s=7).document
    assert JOB_KINDS["training"].limits(training).time_limit_s == 7
    assert JOB_KINDS["transform"].limits(TRANSFORM).time_limit_s == 5


@pytest.mark.parametrize("kind", JOB_KINDS)
def test_a_document_of_another_kind_is_refused(kind: str) -> None:
    with pytest.raises(InvalidSpec):
        JOB_KINDS[kind].limits({"colour": 1})
