import pytest

from core.errors import InvalidSpec
from serving.transform.spec import TransformSpec

ASKED = {"model": "iris@live", "input": "/data/in.csv", "output": "/data/out"}


def test_a_short_spec_is_enough() -> None:
    spec = TransformSpec.read(ASKED)
    assert (spec.kind, spec.format, spec.keep) == ("transform", "auto", None)
    assert TransformSpec.read(spec.document) == spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("input", "in.csv"),
        ("output", "out"),
        ("model", "iris"),
        ("part_rows", 0),
        ("format", "xls"),
    ],
)
def test_what_cannot_run_is_refused(field: str, value: object) -> None:
    with pytest.raises(InvalidSpec, match=field):
        TransformSpec.read({**ASKED, field: value})
