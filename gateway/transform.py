"""What a route changes of the requests and answers that pass it."""

from dataclasses import replace

from core.errors import SignatureMismatch
from core.route import RouteSpec
from core.tensor import InferRequest, InferResponse


def apply_route(route: RouteSpec | None, request: InferRequest) -> InferRequest:
    """The request with the route's parameters and its priority, where it names none.

    Without a route it is as it came.

    Raises SignatureMismatch for an output that the route does not answer with.
    """
    if route is None:
        return request
    if route.outputs:
        for output in request.outputs:
            if output.name not in route.outputs:
                known = ", ".join(f"'{name}'" for name in route.outputs)
                raise SignatureMismatch(
                    output.name, f"one of the outputs {known}", "an unknown output"
                )
    if not route.parameters and route.priority is None:
        return request
    set_by_route = dict(route.parameters)
    if route.priority is not None and "priority" not in request.parameters:
        set_by_route["priority"] = route.priority
    return replace(request, parameters={**request.parameters, **set_by_route})


def hide_outputs(response: InferResponse, shown: tuple[str, ...]) -> InferResponse:
    """The response with these outputs alone."""
    kept = tuple(tensor for tensor in response.outputs if tensor.name in shown)
    return replace(response, outputs=kept)
