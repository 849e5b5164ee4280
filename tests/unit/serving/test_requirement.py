import numpy as np
import pytest

from core.errors import RuntimeUnavailable
from serving.requirement import check_requirements


def test_what_is_there_is_fine() -> None:
    check_requirements(
        "python",
        (f"numpy=={np.__version__}", "pydantic>=2", "nothing-like-it; python_version < '3'"),
    )


@pytest.mark.parametrize(
    ("requirement", "says"),
    [
        ("nothing-like-it==1", "not installed"),
        ("numpy<1", "is installed"),
        ("-r file", "no requirement"),
    ],
)
def test_what_is_missing_is_named(requirement: str, says: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=says):
        check_requirements("python", (requirement,))
