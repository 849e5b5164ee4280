import pytest

from core.errors import InvalidSpec
from core.spec import Named, Ref, Spec


class Pair(Spec):
    name: Named
    model: Ref


def test_a_spec_reads_names_and_references() -> None:
    assert Pair.read({"name": "iris", "model": "iris@live"}).model == "iris@live"


def test_each_fault_stands_under_its_path() -> None:
    with pytest.raises(InvalidSpec) as caught:
        Pair.read({"name": "a/b", "model": "iris", "colour": 1})
    assert set(caught.value.faults) == {"name", "model", "colour"}


def test_a_document_that_is_no_object_is_a_fault_of_the_spec() -> None:
    with pytest.raises(InvalidSpec) as caught:
        Pair.read([1])
    assert set(caught.value.faults) == {"spec"}
