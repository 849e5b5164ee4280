"""What the operations of a route's OpenAPI document share: schemas, error forms, credentials. Pure."""

from collections.abc import Sequence

from core.errors import InvalidSpec
from core.signature import Signature
from gateway.forms import Json
from gateway.schema import describe_predictions, describe_rows, describe_tensors

_TEXT = {"type": "string"}
_ERRORS = {
    400: "The request is malformed, or does not fit the model's signature.",
    401: "A credential is missing or not good.",
    403: "The credential is good and lacks the right to this.",
    404: "Nothing answers here under this name.",
    413: "The body is larger than the limit.",
    429: "Too many requests; come back after `Retry-After` seconds.",
    503: "Nobody can answer now; the same request may succeed later.",
    504: "The time for the request ran out.",
}
# The error forms of the facades, by the name of their schema.
PLAIN, PROTOCOL, INVOCATION = "Problem", "ProtocolError", "InvocationError"
_LATER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
_LIMITS = {
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}
_HEADERS: dict[int, Json] = {
    401: {"WWW-Authenticate": {"schema": _TEXT, "description": "How to authenticate."}},
    429: {**_LATER, **_LIMITS},
    503: _LATER,
}
_SCHEMES: dict[str, dict[str, Json]] = {
    "api_key": {
        "api_key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        "api_key_bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The API key as a bearer token.",
        },
    },
    "jwt": {"jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    "sigv4": {
        "sigv4": {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "AWS Signature Version 4.",
            "x-amazon-apigateway-authtype": "awsSigv4",
        }
    },
    "mtls": {"mtls": {"type": "mutualTLS", "description": "A client certificate."}},
    "anonymous": {},
}


def describe_security(security: Sequence[str]) -> tuple[Json, list[Json]]:
    """The schemes, and the ways in: any one is enough. Raises InvalidSpec for an unknown kind."""
    unknown = [kind for kind in security if kind not in _SCHEMES]
    if unknown:
        known = ", ".join(_SCHEMES)
        raise InvalidSpec("security", dict.fromkeys(unknown, f"not one of {known}"))
    schemes = {name: scheme for kind in security for name, scheme in _SCHEMES[kind].items()}
    ways: list[Json] = [{name: []} for name in schemes]
    return schemes, [*ways, {}] if ways and "anonymous" in security else ways


def describe_components(signature: Signature, schemes: Json) -> Json:
    """The document's `components`."""
    return {
        "schemas": {**_describe_bodies(signature), **_describe_errors()},
        "responses": {
            f"{form}{status}": _describe_failure(form, status)
            for form in (PLAIN, PROTOCOL, INVOCATION)
            for status in _ERRORS
        },
        "headers": {
            "RetryAfter": {
                "schema": {"type": "integer", "minimum": 1},
                "description": "Seconds to wait before the next try.",
            },
            "RateLimit": {"schema": _TEXT, "description": "What is left of the caller's quota."},
            "RateLimitPolicy": {"schema": _TEXT, "description": "The quotas that apply."},
        },
        "securitySchemes": schemes,
    }


def refer_failures(form: str) -> Json:
    """The failures of an operation, all in one form."""
    return {str(code): {"$ref": f"#/components/responses/{form}{code}"} for code in _ERRORS}


def refer(schema: str) -> Json:
    """A reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{schema}"}


def _describe_failure(form: str, status: int) -> Json:
    response: Json = {
        "description": _ERRORS[status],
        "content": {"application/json": {"schema": refer(form)}},
    }
    return {**response, "headers": _HEADERS[status]} if status in _HEADERS else response


def _describe_errors() -> Json:
    detail = {"type": "object", "properties": {"code": _TEXT, "message": _TEXT}}
    return {
        PLAIN: _demand({"error": {**detail, "required": ["code", "message"]}}),
        PROTOCOL: _demand({"error": _TEXT}),
        INVOCATION: _demand({"Message": _TEXT}),
    }


def _describe_bodies(signature: Signature) -> Json:
    described = {
        "Rows": describe_rows(signature),
        "Predictions": describe_predictions(signature),
        "Tensors": describe_tensors(signature),
    }
    for schema in described.values():
        del schema["$schema"]  # the document says it once
    tensor = {
        "name": {"enum": [spec.name for spec in signature.outputs]},
        "datatype": _TEXT,
        "shape": {"type": "array", "items": {"type": "integer"}},
    }
    answer = {"model_name": _TEXT, "model_version": _TEXT}
    outputs = {"type": "array", "items": _demand(tensor)}
    return {
        **described,
        "TensorsAnswer": _demand({**answer, "outputs": outputs}),
        "Metadata": _describe_metadata(),
        "AsyncRequest": _demand({"id": _TEXT, "state": _TEXT, "status": _TEXT, "result": _TEXT}),
    }


def _describe_metadata() -> Json:
    shape = {"type": "array", "items": {"type": "integer", "minimum": -1}}
    tensor = _demand({"name": _TEXT, "datatype": _TEXT, "shape": shape})
    tensors = {"type": "array", "items": tensor}
    versions = {"type": "array", "items": _TEXT}
    fields = {"name": _TEXT, "versions": versions, "platform": _TEXT}
    return _demand({**fields, "inputs": tensors, "outputs": tensors})


def _demand(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties)}
