import pytest

from core.errors import MalformedRequest
from core.reserved import MAX_UINT64, Reserved, read_reserved
from core.tensor import NO_PARAMETERS, Parameter


def test_none_is_the_default() -> None:
    assert read_reserved(NO_PARAMETERS) == read_reserved({"mine": "x"}) == Reserved()


def test_each_is_read() -> None:
    found = read_reserved(
        {
            "timeout": 1_500_000,
            "priority": 2,
            "sequence_id": "talk",
            "sequence_start": True,
            "sequence_end": False,
            "idempotent": False,
        }
    )
    assert found == Reserved(1.5, 2, "talk", sequence_start=True, idempotent=False)


@pytest.mark.parametrize("value", [0, 7, MAX_UINT64, "", "a" * 256])
def test_a_sequence_is_a_number_or_a_text(value: int | str) -> None:
    assert read_reserved({"sequence_id": value}).sequence_id == value


@pytest.mark.parametrize("name", ["timeout", "priority"])
@pytest.mark.parametrize("value", [-1, 1.0, "1", True, 2**64])
def test_a_count_of_another_kind_is_malformed(name: str, value: Parameter) -> None:
    with pytest.raises(MalformedRequest, match=name):
        read_reserved({name: value})


@pytest.mark.parametrize("name", ["sequence_start", "sequence_end", "idempotent"])
@pytest.mark.parametrize("value", [0, 1, "true"])
def test_a_flag_of_another_kind_is_malformed(name: str, value: Parameter) -> None:
    with pytest.raises(MalformedRequest, match=name):
        read_reserved({name: value})


@pytest.mark.parametrize("value", [-1, True, 2.5, 2**64, "a" * 257])
def test_an_odd_sequence_is_malformed(value: Parameter) -> None:
    with pytest.raises(MalformedRequest, match="sequence_id"):
        read_reserved({"sequence_id": value})
