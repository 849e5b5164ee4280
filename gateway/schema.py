"""JSON Schemas (2020-12) of what a model's callers send and get, from its signature. Pure."""

from collections.abc import Sequence
from math import prod
from typing import Any

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from core.wire import MAX_CLASSES
from gateway.forms import Json, bound_items, close, describe_element, describe_tuple, nest
from gateway.rows import MAX_ROWS

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# A longer sample is no example for people.
MAX_SAMPLE_ELEMENTS = 4096
_SCALAR = {"type": ["string", "number", "boolean"]}


def describe_rows(signature: Signature) -> Json:
    """The body of plain JSON: `{"rows": [...]}` or `{"inputs": {...}}`."""
    bodies = [close({"inputs": _describe_inputs(signature)})]
    if takes_rows(signature):
        bodies.insert(0, close({"rows": _describe_row_list(signature)}))
    return {"$schema": DIALECT, "type": "object", "oneOf": bodies}


def describe_tensors(signature: Signature) -> Json:
    """The JSON body of the Open Inference Protocol."""
    properties = {
        "id": {"type": "string"},
        "parameters": {
            "type": "object",
            "properties": {"binary_data_output": {"type": "boolean"}},
            "propertyNames": {"not": {"pattern": "^triton_"}},
            "additionalProperties": _SCALAR,
        },
        "inputs": {
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [_describe_tensor(spec) for spec in signature.inputs]},
            "allOf": [_once(spec) for spec in signature.inputs],
        },
        "outputs": {"type": "array", "items": _describe_wanted(signature.outputs)},
    }
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": properties,
        "required": ["inputs"],
    }


def describe_predictions(signature: Signature) -> Json:
    """The answer of plain JSON: one object for each row, and which version made them."""
    values = {spec.name: _describe_prediction(spec) for spec in signature.outputs}
    row = {"type": "object", "properties": values, "additionalProperties": False}
    text = {"type": "string"}
    body = {"predictions": {"type": "array", "items": row}, "model": text, "version": text}
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": body,
        "required": list(body),
    }


def speaks_json(signature: Signature) -> bool:
    """Whether plain JSON can carry every input that must be there."""
    return all(spec.datatype.in_json for spec in signature.inputs if not spec.optional)


def takes_rows(signature: Signature) -> bool:
    """Whether the inputs can be written as rows; if not, plain JSON takes `inputs` only."""
    inputs = signature.inputs
    if not inputs or not all(spec.datatype.in_json for spec in inputs):
        return False
    return _is_table(signature) or all(
        len(spec.shape) in (1, 2) and all(dim in (-1, 1) for dim in spec.shape[1:])
        for spec in inputs
    )


def sample_rows(signature: Signature) -> list[Any]:
    """A small valid list of rows, named where features have names; empty if no rows are taken."""
    if not takes_rows(signature):
        return []
    first = signature.inputs[0]
    count = max((spec.shape[0] for spec in signature.inputs), default=1)
    if not _is_table(signature):
        row: Any = {spec.name: _zero(spec.datatype) for spec in signature.inputs}
    elif _is_named(first):
        row = dict.fromkeys(first.features, _zero(first.datatype))
    else:
        row = _fill(first.shape[1:], first.datatype)
    return [row for _ in range(abs(count))]


def sample_inputs(signature: Signature) -> dict[str, Any]:
    """Small valid nested lists of the inputs that must be there; free lengths become 1."""
    return {spec.name: _fill(spec.shape, spec.datatype) for spec in _demanded(signature)}


def sample_body(signature: Signature) -> Json | None:
    """A valid body of plain JSON; None where JSON cannot carry one or it is too long to show."""
    sizes = (prod(map(abs, spec.shape)) for spec in _demanded(signature))
    if not speaks_json(signature) or sum(sizes) > MAX_SAMPLE_ELEMENTS:
        return None
    rows = sample_rows(signature)
    return {"rows": rows} if rows else {"inputs": sample_inputs(signature)}


def sample_tensors(signature: Signature) -> Json | None:
    """A valid JSON body of the Open Inference Protocol; None as `sample_body` says."""
    if sample_body(signature) is None:
        return None
    tensors = [
        {
            "name": spec.name,
            "datatype": spec.datatype.value,
            "shape": [abs(dim) for dim in spec.shape],
            "data": [_zero(spec.datatype)] * prod(map(abs, spec.shape)),
        }
        for spec in _demanded(signature)
    ]
    return {"inputs": tensors}


def _demanded(signature: Signature) -> tuple[TensorSpec, ...]:
    # Where every input is optional, a request still names one.
    return tuple(spec for spec in signature.inputs if not spec.optional) or signature.inputs[:1]


def _is_table(signature: Signature) -> bool:
    return len(signature.inputs) == 1 and len(signature.inputs[0].shape) >= 2


def _is_named(spec: TensorSpec) -> bool:
    return (
        len(spec.shape) == 2 and bool(spec.features) and spec.shape[1] in (-1, len(spec.features))
    )


def _describe_row_list(signature: Signature) -> Json:
    first = signature.inputs[0]
    forms: list[Json] = []
    if not _is_table(signature):
        columns = {spec.name: describe_element(spec.datatype) for spec in signature.inputs}
        forms = [close(columns), describe_tuple(list(columns.values()))]
    else:
        if _is_named(first):
            element = describe_element(first.datatype)
            forms.append(close(dict.fromkeys(first.features, element)))
        forms.append(nest(first.shape[1:], describe_element(first.datatype)))
    fixed = max((spec.shape[0] for spec in signature.inputs), default=-1)
    bounds = bound_items(fixed) if fixed >= 0 else {"minItems": 1, "maxItems": MAX_ROWS}
    lists = [{"items": form} for form in forms]
    return {"type": "array", **bounds, **(lists[0] if len(lists) == 1 else {"anyOf": lists})}


def _describe_inputs(signature: Signature) -> Json:
    properties = {
        spec.name: nest(spec.shape, describe_element(spec.datatype)) for spec in signature.inputs
    }
    needed = [spec.name for spec in signature.inputs if not spec.optional]
    return {**close(properties), "required": needed, "minProperties": 1}


def _describe_tensor(spec: TensorSpec) -> Json:
    dims = [{"const": dim} if dim >= 0 else {"type": "integer", "minimum": 0} for dim in spec.shape]
    properties: Json = {
        "name": {"const": spec.name},
        "datatype": {"const": spec.datatype.value},
        "shape": describe_tuple(dims),
        "parameters": {"type": "object", "additionalProperties": _SCALAR},
    }
    if not spec.datatype.in_json:
        size = {"binary_data_size": {"type": "integer", "minimum": 0}}
        properties["parameters"] |= {"properties": size, "required": ["binary_data_size"]}
        return {"type": "object", "properties": properties, "required": list(properties)}
    element = describe_element(spec.datatype)
    flat = nest((prod(spec.shape) if all(dim >= 0 for dim in spec.shape) else -1,), element)
    nested = nest(spec.shape, element)
    forms = [flat, nested] if len(spec.shape) > 1 else [flat]
    properties["data"] = flat if len(forms) == 1 else {"anyOf": forms}
    needed = ["name", "datatype", "shape", "data"]
    return {"type": "object", "properties": properties, "required": needed}


def _once(spec: TensorSpec) -> Json:
    named = {"properties": {"name": {"const": spec.name}}, "required": ["name"]}
    return {"contains": named, "minContains": 0 if spec.optional else 1, "maxContains": 1}


def _describe_wanted(outputs: Sequence[TensorSpec]) -> Json:
    parameters = {
        "binary_data": {"type": "boolean"},
        "classification": {"type": "integer", "minimum": 0, "maximum": MAX_CLASSES},
    }
    properties = {
        "name": {"enum": [spec.name for spec in outputs]},
        "parameters": {"type": "object", "properties": parameters, "additionalProperties": _SCALAR},
    }
    return {"type": "object", "properties": properties, "required": ["name"]}


def _describe_prediction(spec: TensorSpec) -> Json:
    is_float = spec.datatype.numpy.kind not in "biuO"
    # NaN and infinities are written as null.
    element: Json = {"type": ["number", "null"]} if is_float else describe_element(spec.datatype)
    inner = spec.shape[1:]
    if not spec.labels:
        return nest(inner, element)
    if not inner:
        return {"anyOf": [{"enum": list(spec.labels)}, element]}
    by_label = close(dict.fromkeys(spec.labels, nest(inner[1:], element)))
    if inner[0] == len(spec.labels):
        return by_label
    return {"anyOf": [by_label, nest(inner, element)]} if inner[0] < 0 else nest(inner, element)


def _fill(shape: tuple[int, ...], datatype: DataType) -> Any:
    if not shape:
        return _zero(datatype)
    return [_fill(shape[1:], datatype) for _ in range(abs(shape[0]))]


def _zero(datatype: DataType) -> Any:
    kind = datatype.numpy.kind
    return {"b": False, "O": "text", "i": 0, "u": 0}.get(kind, 0.0)
