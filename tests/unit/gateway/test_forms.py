import pytest

from core.dtypes import DataType
from gateway.forms import Json, bound_items, close, describe_element, describe_tuple, nest


@pytest.mark.parametrize(
    ("datatype", "schema"),
    [
        (DataType.BOOL, {"type": "boolean"}),
        (DataType.UINT8, {"type": "integer", "minimum": 0, "maximum": 255}),
        (DataType.INT64, {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}),
        (DataType.FP64, {"type": "number"}),
        (DataType.BYTES, {"type": "string"}),
    ],
)
def test_elements_have_the_bounds_of_their_type(datatype: DataType, schema: Json) -> None:
    assert describe_element(datatype) == schema


def test_nothing_fits_what_json_cannot_carry() -> None:
    assert describe_element(DataType.BF16)["not"] == {}


def test_lists_and_objects() -> None:
    text = {"type": "string"}
    inner = {"type": "array", "items": text, **bound_items(2)}
    assert nest((-1, 2), text) == {"type": "array", "items": inner}
    assert nest((), text) is text
    assert describe_tuple([]) == {"type": "array", "minItems": 0, "maxItems": 0}
    assert describe_tuple([text])["prefixItems"] == [text]
    assert close({"a": text})["required"] == ["a"]
