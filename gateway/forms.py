"""The building blocks of JSON Schemas: elements by their type, and lists and objects of them. Pure."""

from typing import Any, cast

import numpy as np

from core.dtypes import DataType

Json = dict[str, Any]


def close(properties: Json) -> Json:
    """An object of these properties, all of them and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def describe_element(datatype: DataType) -> Json:
    """One element; for a type that JSON cannot carry, a schema that nothing fits."""
    if not datatype.in_json:
        return {"not": {}, "description": f"{datatype} travels in the binary format only"}
    kind = datatype.numpy.kind
    if kind in "iu":
        limits = np.iinfo(cast("np.dtype[np.integer[Any]]", datatype.numpy))
        return {"type": "integer", "minimum": int(limits.min), "maximum": int(limits.max)}
    return {"type": {"b": "boolean", "O": "string"}.get(kind, "number")}


def describe_tuple(items: list[Json]) -> Json:
    """A list of exactly these items."""
    bounds = bound_items(len(items))
    listed: Json = {"prefixItems": items, "items": False} if items else {}
    return {"type": "array", **listed, **bounds}


def bound_items(count: int) -> Json:
    """Bounds of a list that has exactly this many items."""
    return {"minItems": count, "maxItems": count}


def nest(shape: tuple[int, ...], element: Json) -> Json:
    """Nested lists of a shape; -1 is any length."""
    for dim in reversed(shape):
        element = {
            "type": "array",
            "items": element,
            **(bound_items(dim) if dim >= 0 else {}),
        }
    return element
