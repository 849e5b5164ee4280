import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidName
from core.refs import AliasName, ModelName, ModelRef, check_name

valid_names = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,20}[A-Za-z0-9])?", fullmatch=True).filter(
    lambda name: name != "stats"
)
refs = st.builds(
    ModelRef, valid_names.map(ModelName), version=st.integers(1, 10**9 - 1)
) | st.builds(ModelRef, valid_names.map(ModelName), alias=valid_names.map(AliasName))


@given(refs)
def test_parse_undoes_print(ref: ModelRef) -> None:
    assert ModelRef.parse(str(ref)) == ref


@given(st.text(max_size=30))
def test_any_text_is_a_reference_or_an_invalid_name(text: str) -> None:
    try:
        assert str(ModelRef.parse(text)) == text
    except InvalidName:
        return


@pytest.mark.parametrize(
    "name", ["", ".", "..", "a/b", "../a", "a..b", "-a", "a-", "a b", "é", "a" * 64, "a\n", "stats"]
)
def test_names_that_could_harm_are_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_name("model name", name)


@pytest.mark.parametrize(
    "text", ["iris", "iris:", "iris:0", "iris:01", "iris:-1", "iris:1x", "iris@", "iris:٣"]
)
def test_half_a_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidName):
        ModelRef.parse(text)
