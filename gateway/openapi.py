"""The OpenAPI 3.1 document of one route, from its model's signature. Pure."""

from collections.abc import Sequence
from dataclasses import asdict
from urllib.parse import quote

from core.dtypes import DataType
from core.signature import Signature, TensorSpec
from gateway.components import (
    INVOCATION,
    PLAIN,
    PROTOCOL,
    describe_components,
    describe_security,
    refer,
    refer_failures,
)
from gateway.forms import Json
from gateway.schema import DIALECT, sample_body, sample_tensors, speaks_json, takes_rows

# What the pages need beyond OpenAPI.
EXTENSION = "x-tidegate-route"
_JSON, _BINARY, _NPY = "application/json", "application/octet-stream", "application/x-npy"
_NPY_CANNOT = (DataType.BYTES, DataType.BF16)
_HEADER_LENGTH: Json = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "description": "Bytes of the JSON before the binary tensors; 0: a raw body of one tensor.",
    "schema": {"type": "integer", "minimum": 0},
}


def describe_route(
    name: str,
    signature: Signature,
    version: str,
    security: Sequence[str],
    server_url: str,
    operations: Sequence[str],
) -> Json:
    """The document; raises InvalidSpec for an unknown kind of security.

    `security`: ways in, any of which is enough. `operations`: those of the route.
    """
    schemes, ways = describe_security(security)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": DIALECT,
        "info": {"title": name, "version": version},
        "servers": [{"url": server_url}],
        "security": ways,
        "paths": _describe_paths(name, signature, operations),
        "components": describe_components(signature, schemes),
        EXTENSION: {
            "name": name,
            "version": version,
            "security": list(security),
            "inputs": [_describe_spec(spec) for spec in signature.inputs],
            "outputs": [_describe_spec(spec) for spec in signature.outputs],
            "body": sample_body(signature),
        },
    }


def find_path(document: Json, operation: str) -> str | None:
    """The path of an operation in a route's document; None where the route does not offer it."""
    for path, operations in document["paths"].items():
        if any(found["operationId"] == operation for found in operations.values()):
            return str(path)
    return None


def _describe_paths(name: str, signature: Signature, operations: Sequence[str]) -> Json:
    part = quote(name, safe="")
    paths: Json = {}
    if "infer" in operations:
        if speaks_json(signature):
            paths[f"/v1/endpoints/{part}:predict"] = {"post": _describe_predict(signature)}
        paths[f"/v2/models/{part}/infer"] = {"post": _describe_infer(signature)}
        forms = _describe_invocation_bodies(signature)
        if forms:
            paths[f"/endpoints/{part}/invocations"] = {"post": _describe_invocation(forms)}
    if "metadata" in operations:
        paths[f"/v2/models/{part}"] = {"get": _describe_metadata()}
    if "async" in operations:
        paths[f"/v1/async/{part}"] = {"post": _describe_async(signature)}
    return paths


def _describe_predict(signature: Signature) -> Json:
    return {
        "operationId": "predict",
        "summary": "Predict from plain JSON",
        "requestBody": _require({_JSON: _give("Rows", sample_body(signature))}),
        "responses": {"200": _answer("The predictions, row by row.", "Predictions"),
                      **refer_failures(PLAIN)},
    }  # fmt: skip


def _describe_infer(signature: Signature) -> Json:
    answered = _answer("The outputs.", "TensorsAnswer")
    answered["content"][_BINARY] = {}
    return {
        "operationId": "infer",
        "summary": "Infer by the Open Inference Protocol",
        "parameters": [_HEADER_LENGTH],
        "requestBody": _require(_describe_protocol_bodies(signature)),
        "responses": {"200": answered, **refer_failures(PROTOCOL)},
    }


def _describe_metadata() -> Json:
    return {
        "operationId": "describe",
        "summary": "Names, types and shapes of the inputs and outputs",
        "responses": {
            "200": _answer("The model's metadata.", "Metadata"),
            **refer_failures(PROTOCOL),
        },
    }


def _describe_invocation(forms: Json) -> Json:
    answered = _answer("The predictions.", "Predictions")
    return {
        "operationId": "invoke",
        "summary": "Predict as the SageMaker runtime's InvokeEndpoint does",
        "requestBody": _require(forms),
        "responses": {"200": answered, **refer_failures(INVOCATION)},
    }


def _describe_async(signature: Signature) -> Json:
    accepted = _answer("Accepted; where its state and its result will be.", "AsyncRequest")
    accepted["headers"] = {
        "Location": {"schema": {"type": "string"}, "description": "Where its state is."},
        "Retry-After": {"$ref": "#/components/headers/RetryAfter"},
    }
    return {
        "operationId": "submit",
        "summary": "Submit now, fetch the answer later",
        "parameters": [_HEADER_LENGTH],
        "requestBody": _require(_describe_protocol_bodies(signature)),
        "responses": {"202": accepted, **refer_failures(PROTOCOL)},
    }


def _describe_invocation_bodies(signature: Signature) -> Json:
    forms: Json = {}
    if speaks_json(signature):
        forms[_JSON] = _give("Rows", sample_body(signature))
    if takes_rows(signature):
        line = "A row a line, no head."
        forms["text/csv"] = {"schema": {"type": "string", "description": line}}
        line = "A row a line, each a JSON list or object."
        forms["application/jsonlines"] = {"schema": {"type": "string", "description": line}}
    if len(signature.inputs) == 1 and signature.inputs[0].datatype not in _NPY_CANNOT:
        forms[_NPY] = {}
    return forms


def _describe_protocol_bodies(signature: Signature) -> Json:
    return {_JSON: _give("Tensors", sample_tensors(signature)), _BINARY: {}}


def _describe_spec(spec: TensorSpec) -> Json:
    return {**asdict(spec), "datatype": spec.datatype.value, "shape": list(spec.shape),
            "features": list(spec.features), "labels": list(spec.labels)}  # fmt: skip


def _require(content: Json) -> Json:
    return {"required": True, "content": content}


def _give(schema: str, example: Json | None) -> Json:
    media: Json = {"schema": refer(schema)}
    return media if example is None else {**media, "example": example}


def _answer(description: str, schema: str) -> Json:
    return {"description": description, "content": {_JSON: {"schema": refer(schema)}}}
