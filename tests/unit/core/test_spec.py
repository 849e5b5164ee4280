import pytest
from pydantic import Field

from core.errors import InvalidSpec
from core.spec import Named, Ref, Spec


class Group(Spec):
    members: tuple["Pair", ...] = Field(min_length=1)


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


def faults_of(kind: type[Spec], document: object) -> dict[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        kind.read(document)
    return caught.value.faults


def test_faults_are_told_in_our_words() -> None:
    found = faults_of(Pair, {"name": "a/b", "colour": 1})
    assert found["name"].startswith("'a/b' is not a valid name: ")
    assert (found["model"], found["colour"]) == ("is missing", "there is no such field")


def test_a_list_of_faults_is_not_called_empty() -> None:
    found = faults_of(Group, {"members": [{"name": "a", "model": "iris"}]})
    assert set(found) == {"members.0.model"}
    assert "at least 1 item" in faults_of(Group, {"members": []})["members"]
