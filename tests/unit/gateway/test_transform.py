import pytest

from core.errors import SignatureMismatch
from core.route import RouteSpec
from core.tensor import InferRequest, InferResponse, RequestedOutput, Tensor
from gateway.transform import apply_route, hide_outputs

REQUEST = InferRequest((Tensor.of("x", [1]),), parameters={"temperature": 2.0})


def make(**fields: object) -> RouteSpec:
    return RouteSpec.read({"name": "r", "endpoint": "e", **fields})


def test_a_plain_route_changes_nothing() -> None:
    assert apply_route(make(), REQUEST) is REQUEST


def test_a_routes_parameters_stand_in_place_of_the_callers() -> None:
    changed = apply_route(make(parameters={"temperature": 0.5}, priority=3), REQUEST)
    assert changed.parameters == {"temperature": 0.5, "priority": 3}
    urgent = InferRequest(REQUEST.inputs, parameters={"priority": 1})
    assert apply_route(make(priority=3), urgent).parameters == {"priority": 1}


def test_outputs_may_be_kept_back() -> None:
    response = InferResponse("m", "1", (Tensor.of("a", [1]), Tensor.of("b", [2])))
    assert [one.name for one in hide_outputs(response, ("b",)).outputs] == ["b"]
    asking = InferRequest(REQUEST.inputs, outputs=(RequestedOutput("a"),))
    with pytest.raises(SignatureMismatch, match="one of the outputs 'b'"):
        apply_route(make(outputs=["b"]), asking)
